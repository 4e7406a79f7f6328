//! What the paths answer.

use seaworthy_engine::Order;
use serde_json::Value;

use crate::fake::Running;
use crate::http::{get, post};

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn reads() {
    let server = Running::start();
    let app = get(server.port, "/api/v1/app").await;
    assert_eq!((app.status, app.header("content-type")), (200, Some("application/json")));
    assert_eq!(app.header("cache-control"), Some("no-store"));
    assert_eq!(json(&app.body)["name"], "shop");
    assert_eq!(json(&get(server.port, "/api/v1/metrics?seconds=7").await.body)["members"][0]["cpu"][0], 7.0);
    assert_eq!(
        json(&get(server.port, "/api/v1/metrics?seconds=99999").await.body)["members"][0]["cpu"][0],
        3600.0
    );
    assert_eq!(get(server.port, "/api/v1/saves").await.body, "[]");
    assert_eq!(get(server.port, "/api/v1/steps").await.body, "[]");
    assert_eq!(json(&get(server.port, "/api/v1/mails").await.body)[0]["subject"], "Hello");
    assert_eq!(json(&get(server.port, "/api/v1/openapi.json").await.body)["openapi"], "3.1.0");
}

#[tokio::test]
async fn orders_reach_the_app() {
    let server = Running::start();
    for (path, order) in [("start", Order::Start), ("stop", Order::Stop), ("restart", Order::Restart)] {
        let answer = post(server.port, &format!("/api/v1/services/web/{path}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""));
        assert_eq!(server.fake.orders.lock().unwrap().pop(), Some(("web".to_owned(), order)));
    }
    let unknown = post(server.port, "/api/v1/services/wbe/stop").await;
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "unknown-member"));
    assert!(json(&unknown.body)["detail"].as_str().unwrap().contains("did you mean web?"));
    assert_eq!(json(&unknown.body)["next"], "sea status");
    let inside = post(server.port, "/api/v1/services/db/stop").await;
    assert_eq!((inside.status, inside.problem().as_str()), (409, "not-a-process"));
    assert!(server.fake.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn log_pages_are_filtered_and_bounded() {
    let server = Running::start();
    server.fake.write((0..12_000).map(|number| format!("line {number}")));
    let lines = |body: &str| json(body)["lines"].as_array().unwrap().len();
    assert_eq!(lines(&get(server.port, "/api/v1/logs").await.body), 1000);
    assert_eq!(lines(&get(server.port, "/api/v1/logs?limit=999999").await.body), 10_000);
    assert_eq!(lines(&get(server.port, "/api/v1/logs?limit=0").await.body), 1);
    assert_eq!(lines(&get(server.port, "/api/v1/logs?grep=line%207%5Cd%3F%24").await.body), 11);
    assert_eq!(lines(&get(server.port, "/api/v1/logs?member=db").await.body), 0);
    assert_eq!(lines(&get(server.port, "/api/v1/logs?member=db&member=web&after=11995").await.body), 5);
    let page = json(&get(server.port, "/api/v1/logs?limit=2").await.body);
    assert_eq!(page["lines"][1]["text"], "line 11999");
    assert_eq!(page["cursor"], "12000");
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_a_reason() {
    let server = Running::start();
    let long = "a".repeat(1001);
    for query in [
        "limit=many",
        "level=loud",
        "since=yesterday",
        "grep=%28",
        "grep=%28%28%28a%7B99%7D%29%7B99%7D%29%7B99%7D%29%7B99%7D",
        "colour=red",
        &format!("grep={long}"),
        &format!("after={}", "9".repeat(20_000)),
        &"member=web&".repeat(101),
    ] {
        let answer = get(server.port, &format!("/api/v1/logs?{query}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "parameter"), "{query}");
        let stream = get(server.port, &format!("/api/v1/logs/stream?{query}")).await;
        assert_eq!(stream.status, 400, "{query}");
    }
    let cursor = get(server.port, "/api/v1/logs?after=elsewhere").await;
    assert_eq!((cursor.status, cursor.problem().as_str()), (400, "cursor"));
    assert_eq!(get(server.port, "/api/v1/logs/stream?after=elsewhere").await.problem(), "cursor");
    assert_eq!(get(server.port, "/api/v1/nothing").await.problem(), "path");
    assert_eq!(get(server.port, "/api/v2/app").await.problem(), "path");
    let method = get(server.port, "/api/v1/services/web/stop").await;
    assert_eq!((method.status, method.problem().as_str()), (405, "method"));
    assert_eq!(get(server.port, "/api/v1/mails/mail/9").await.problem(), "mail");
    assert_eq!(get(server.port, "/api/v1/services/%ff/environment").await.problem(), "parameter");
    let head = get(server.port, &format!("/api/v1/app?{}", "x".repeat(100_000))).await;
    assert!((400..500).contains(&head.status), "{}", head.status);
}

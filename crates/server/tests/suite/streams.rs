//! Server-sent events: changes arrive, logs go on where they broke off, nothing queues up.

use seaworthy_engine::view::AppState;

use crate::fake::Running;
use crate::http::{Events, get};

#[tokio::test]
async fn changes_arrive() {
    let server = Running::start();
    let mut events = Events::open(server.port, "/api/v1/events", None).await;
    let (_, first) = events.next("app").await.unwrap();
    assert_eq!(first["state"], "ready");
    server.fake.change(|app| app.state = AppState::Degraded);
    assert_eq!(events.next("app").await.unwrap().1["state"], "degraded");
}

#[tokio::test]
async fn many_changes_are_told_as_few_and_the_last_is_among_them() {
    let server = Running::start();
    let mut events = Events::open(server.port, "/api/v1/events", None).await;
    events.next("app").await.unwrap();
    for number in 1..=500 {
        server.fake.change(|app| app.name = format!("shop {number}"));
        tokio::task::yield_now().await;
    }
    let mut told = 0;
    loop {
        told += 1;
        if events.next("app").await.unwrap().1["name"] == "shop 500" {
            break;
        }
    }
    // Changes come in far more quickly than snapshots may go out.
    assert!(told < 250, "{told} snapshots");
}

#[tokio::test]
async fn a_change_that_shows_nothing_new_is_not_told() {
    let server = Running::start();
    let mut events = Events::open(server.port, "/api/v1/events", None).await;
    events.next("app").await.unwrap();
    server.fake.change(|_| {});
    tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    server.fake.change(|app| app.name = "new".to_owned());
    assert_eq!(events.next("app").await.unwrap().1["name"], "new");
}

#[tokio::test]
async fn figures_arrive_when_asked_for() {
    let server = Running::start();
    let mut events = Events::open(server.port, "/api/v1/events?metrics=true", None).await;
    assert_eq!(events.next("metrics").await.unwrap().1["at"][0], 1);
}

#[tokio::test]
async fn lines_arrive_and_go_on_where_they_broke_off() {
    let server = Running::start();
    server.fake.write((0..5).map(|number| format!("old {number}")));
    let mut events = Events::open(server.port, "/api/v1/logs/stream?limit=2&member=web", None).await;
    let (id, first) = events.next("lines").await.unwrap();
    assert_eq!((first["lines"][0]["text"].as_str(), id.as_str()), (Some("old 3"), "5"));
    server.fake.write(["new".to_owned()]);
    let (id, second) = events.next("lines").await.unwrap();
    assert_eq!((second["lines"].as_array().unwrap().len(), id.as_str()), (1, "6"));
    drop(events);

    server.fake.write(["while away 1".to_owned(), "while away 2".to_owned()]);
    let mut again = Events::open(server.port, "/api/v1/logs/stream?limit=1000&member=web", Some(&id)).await;
    let (_, missed) = again.next("lines").await.unwrap();
    let texts: Vec<_> =
        missed["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["while away 1", "while away 2"]);
}

#[tokio::test]
async fn only_lines_that_match_arrive() {
    let server = Running::start();
    let mut events = Events::open(server.port, "/api/v1/logs/stream?grep=b%2B", None).await;
    events.next("lines").await.unwrap();
    server.fake.write(["aaa".to_owned()]);
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    server.fake.write(["abba".to_owned()]);
    let (_, found) = events.next("lines").await.unwrap();
    assert_eq!(
        (found["lines"].as_array().unwrap().len(), found["lines"][0]["text"].as_str()),
        (1, Some("abba"))
    );
}

#[tokio::test]
async fn a_flood_is_cut_and_says_so() {
    let server = Running::start();
    let mut client = server.client().follow(&seaworthy_server::LogParams::default()).await.unwrap();
    client.next().await.unwrap().unwrap();
    server.fake.write((0..5000).map(|number| format!("{number:010}")));
    let batch = client.next().await.unwrap().unwrap();
    assert_eq!((batch.lines.len(), batch.skipped), (2000, 30_000));
    assert_eq!(batch.lines.last().unwrap().text, "0000004999");
}

// The clock is the test's: it goes on to the next timer when nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_heartbeats() {
    let server = Running::start();
    server.fake.write(["a line".to_owned()]);
    let mut app = Events::open(server.port, "/api/v1/events", None).await;
    app.next("app").await.unwrap();
    app.next("heartbeat").await.unwrap();
    app.next("heartbeat").await.unwrap();
    let mut lines = Events::open(server.port, "/api/v1/logs/stream", None).await;
    lines.next("lines").await.unwrap();
    let (cursor, _) = lines.next("heartbeat").await.unwrap();
    assert_eq!(cursor, "1", "a client that heard a heartbeat goes on after it");
}

#[tokio::test]
async fn streams_end_when_the_server_does() {
    let mut server = Running::start();
    let mut app = Events::open(server.port, "/api/v1/events", None).await;
    app.next("app").await.unwrap();
    let mut lines = Events::open(server.port, "/api/v1/logs/stream", None).await;
    lines.next("lines").await.unwrap();
    server.stop().await;
    assert!(app.next("app").await.is_none());
    assert!(lines.next("lines").await.is_none());
}

#[tokio::test]
async fn streams_of_many_readers_leave_room_for_others() {
    let server = Running::start();
    let mut open = Vec::new();
    for _ in 0..50 {
        let mut events = Events::open(server.port, "/api/v1/logs/stream", None).await;
        events.next("lines").await.unwrap();
        open.push(events);
    }
    assert_eq!(get(server.port, "/api/v1/logs").await.status, 200);
}

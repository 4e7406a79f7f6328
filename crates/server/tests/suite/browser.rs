//! What browsers may do, and what pages of other sites may not.

use crate::fake::Running;
use crate::http::{get, post, send};

#[tokio::test]
async fn other_hosts_are_not_answered() {
    let server = Running::start();
    let port = server.port;
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("shop.localhost:{port}")] {
        assert_eq!(send(port, "GET", "/api/v1/app", &[("Host", &host)]).await.status, 200, "{host}");
    }
    for host in [format!("evil.example:{port}"), "localhost".to_owned(), format!("localhost:{}", port ^ 1)] {
        let answer = send(port, "GET", "/api/v1/app", &[("Host", &host)]).await;
        assert_eq!((answer.status, answer.problem().as_str()), (421, "host"), "{host}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(send(port, "GET", "/", &[("Host", &host)]).await.status, 421, "{host}");
    }
}

#[tokio::test]
async fn other_origins_change_and_read_nothing() {
    let server = Running::start();
    let port = server.port;
    let host = format!("localhost:{port}");
    let ours = format!("http://{host}");
    let stop = "/api/v1/services/web/stop";
    for headers in [
        vec![],
        vec![("Origin", "http://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", "http://localhost:1")],
        vec![("Origin", ours.as_str()), ("Sec-Fetch-Site", "cross-site")],
    ] {
        let all: Vec<_> = [("Host", host.as_str())].into_iter().chain(headers.clone()).collect();
        let answer = send(port, "POST", stop, &all).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "origin"), "{headers:?}");
    }
    for site in ["cross-site", "same-site"] {
        for path in ["/api/v1/app", "/api/v1/events", "/api/v1/logs/stream"] {
            let answer = send(port, "GET", path, &[("Host", &host), ("Sec-Fetch-Site", site)]).await;
            assert_eq!(answer.status, 403, "{path} {site}");
        }
    }
    let preflight = send(
        port,
        "OPTIONS",
        stop,
        &[("Host", &host), ("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")],
    )
    .await;
    assert_eq!(preflight.status, 403);
    assert_eq!(preflight.header("access-control-allow-origin"), None);
    assert!(server.fake.orders.lock().unwrap().is_empty());
    assert_eq!(post(port, stop).await.status, 202);
}

#[tokio::test]
async fn browsers_see_no_secrets_and_end_no_run() {
    let server = Running::start();
    let environment = get(server.port, "/api/v1/services/web/environment").await;
    assert_eq!(environment.status, 200);
    assert!(
        environment.body.contains("4000") && !environment.body.contains("hunter2"),
        "{}",
        environment.body
    );
    let reveal = get(server.port, "/api/v1/services/web/environment?reveal=true").await;
    assert_eq!((reveal.status, reveal.problem().as_str()), (403, "owner-only"));
    assert!(!reveal.body.contains("hunter2"));
    let down = post(server.port, "/api/v1/down").await;
    assert_eq!((down.status, down.problem().as_str()), (403, "owner-only"));
    assert!(!*server.fake.down.borrow());
}

#[tokio::test]
async fn answers_tell_browsers_to_be_strict() {
    let server = Running::start();
    for path in ["/", "/api/v1/app", "/api/v1/nothing", "/nothing"] {
        let answer = get(server.port, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn html_of_a_mail_can_do_nothing() {
    let server = Running::start();
    let answer = get(server.port, "/api/v1/mails/mail/1/html").await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("sandbox") && !policy.contains("allow-scripts"), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("img-src data:"), "{policy}");
    assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("script-src"), "{policy}");
}

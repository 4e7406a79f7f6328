//! The dashboard's files as a browser gets them.

use crate::fake::Running;
use crate::http::{get, send};

#[tokio::test]
async fn the_page_and_its_files_are_there() {
    let server = Running::start();
    let page = get(server.port, "/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let names: Vec<_> =
        page.body.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect();
    assert_eq!(names.len(), 2, "a script and a style: {names:?}");
    for name in names {
        let file = get(server.port, &name).await;
        assert_eq!(file.status, 200, "{name}");
        assert!(file.header("cache-control").unwrap().contains("immutable"), "{name}");
        let kind = file.header("content-type").unwrap();
        assert!(kind.starts_with("text/javascript") || kind.starts_with("text/css"), "{kind}");
        assert!(!file.body.contains("https://"), "{name} fetches nothing from elsewhere");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let server = Running::start();
    let host = format!("localhost:{}", server.port);
    let etag = get(server.port, "/").await.header("etag").unwrap().to_owned();
    assert!(etag.starts_with('"'), "{etag} is strong");
    for known in [etag.clone(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let again = send(server.port, "GET", "/", &[("Host", &host), ("If-None-Match", &known)]).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), Some(etag.as_str()));
    }
    let other = send(server.port, "GET", "/", &[("Host", &host), ("If-None-Match", "\"other\"")]).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn only_the_dashboards_files_are_there() {
    let server = Running::start();
    for path in ["/built.sha256", "/assets/", "/assets", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/nothing"] {
        assert_eq!(get(server.port, path).await.status, 404, "{path}");
    }
}

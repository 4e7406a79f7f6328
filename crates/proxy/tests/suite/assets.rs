//! Hashed files of previous releases stay reachable, and nothing else of them does.

use std::path::Path;

use seaworthy_proxy::table::{RoutingTable, StaticSite, Target};
use tempfile::TempDir;

use crate::harness::{Host, get, route};

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_hashed_files_that_the_release_has_not() {
    let place = TempDir::new().unwrap();
    let [new, old, oldest] = ["new", "old", "oldest"].map(|name| place.path().join(name));
    write(&new, "index.html", "new");
    write(&new, "assets/app-1a2b3c4d.js", "new app");
    write(&old, "index.html", "old");
    write(&old, "assets/app-1a2b3c4d.js", "old app");
    write(&old, "assets/page-0a0b0c0d.js", "old page");
    write(&old, "assets/page-0a0b0c0d.js.gz", "packed");
    write(&old, "about.html", "old about");
    write(&old, "0a0b0c0d.html/index.html", "old index");
    write(&oldest, "assets/page-0a0b0c0d.js", "oldest page");
    write(&oldest, "assets/main-9f8e7d6c.js", "oldest main");
    write(place.path(), "secret-1a2b3c4d.js", "secret");
    std::os::unix::fs::symlink("../../secret-1a2b3c4d.js", old.join("assets/out-1a2b3c4d.js")).unwrap();
    let gone = place.path().join("gone");
    let site =
        StaticSite { root: new, spa_fallback: Some("index.html".into()), older: vec![gone, old, oldest] };
    let routes = vec![route("app", "/", Target::Static(site))];
    let host = Host::start(RoutingTable { generation: 1, routes, ..RoutingTable::default() }).await;
    for (path, accept, status, body) in [
        ("/", "*/*", 200, "new"),
        ("/assets/app-1a2b3c4d.js", "*/*", 200, "new app"),
        ("/assets/page-0a0b0c0d.js", "*/*", 200, "old page"),
        // A file comes before what answers in its place.
        ("/assets/main-9f8e7d6c.js", "text/html", 200, "oldest main"),
        ("/assets/none-9f8e7d6c.js", "text/html", 200, "new"),
        ("/about", "text/html", 200, "new"),
        ("/about.html", "text/html", 200, "new"),
        ("/0a0b0c0d.html", "text/html", 200, "new"),
        ("/0a0b0c0d.html/", "text/html", 200, "new"),
    ] {
        let answer = get(host.port, path, &format!("Accept: {accept}\r\n"));
        assert_eq!((answer.status(), answer.body.as_str()), (status, body), "{path}");
    }
    for path in ["/assets/out-1a2b3c4d.js", "/assets/none-9f8e7d6c.js", "/assets/%2e%2e%2fsecret-1a2b3c4d.js"]
    {
        let answer = get(host.port, path, "Accept: */*\r\n");
        assert!(answer.status() >= 400 && !answer.body.contains("secret\n"), "{path}: {answer:?}");
        assert_ne!(answer.body, "secret", "{path}");
    }
    let packed = get(host.port, "/assets/page-0a0b0c0d.js", "Accept-Encoding: gzip\r\n");
    assert_eq!((packed.body.as_str(), packed.field("content-encoding")), ("packed", Some("gzip")));
    host.proxy.stop().await;
}

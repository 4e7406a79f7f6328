//! What is served, and where.

use crate::running::{Up, folder, free_port, get};

#[test]
fn every_service_has_a_name_and_the_app_has_its_routes() {
    let (web, api) = (free_port(), free_port());
    let config = format!(
        "name = \"shop\"\n[services.web]\npath = \"web\"\nstart = \"python3 server.py\"\nport = {web}\nroute = \"/\"\nenv = {{ PORT = \"{web}\" }}\n\
         [services.api]\npath = \"api\"\nstart = \"python3 server.py\"\nport = {api}\nroute = \"/api\"\nenv = {{ PORT = \"{api}\" }}\n"
    );
    let folder = folder(&[
        ("seaworthy.toml", &config),
        ("web/server.py", crate::running::SERVER),
        ("api/server.py", crate::running::SERVER),
        ("web/word", "I am web"),
        ("api/word", "I am api"),
    ]);
    let mut up = Up::start(folder.path());
    let port = up.port();
    for (host, path, word) in [
        ("web.shop.localhost", "/", "I am web"),
        ("api.shop.localhost", "/", "I am api"),
        ("shop.localhost", "/x", "I am web"),
        ("shop.localhost", "/api/users", "I am api"),
        ("localhost", "/", "I am web"),
        ("127.0.0.1", "/api", "I am api"),
    ] {
        let (status, body) = get(port, host, path);
        assert!(status == 200 && body.starts_with(word), "{host}{path}: {status} {body}");
    }
    up.end();
}

#[test]
fn a_static_site_is_served_as_it_is() {
    let folder = folder(&[("index.html", "<h1>plain</h1>"), ("style.css", "body {}")]);
    let mut up = Up::start(folder.path());
    let port = up.port();
    assert_eq!(get(port, "localhost", "/"), (200, "<h1>plain</h1>".to_owned()));
    assert_eq!(get(port, "localhost", "/style.css").0, 200);
    up.end();
}

#[test]
fn a_service_that_is_down_shows_its_last_lines() {
    let port = free_port();
    let config = format!(
        "name = \"demo\"\n[services.web]\nstart = \"python3 broken.py\"\nport = {port}\nroute = \"/\"\n"
    );
    let folder = folder(&[
        ("seaworthy.toml", &config),
        ("broken.py", "print('on the way', flush=True)\nraise ValueError('no luck')\n"),
    ]);
    let mut up = Up::start(folder.path());
    let member = up.until_phase("web", "crash-loop");
    assert_eq!(member["cause"], "ValueError: no luck");
    let record = up.record();
    let port = record["url"].as_str().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let (status, body) = get(port, "web.demo.localhost", "/");
    assert_eq!(status, 503);
    assert!(body.contains("no luck"), "{body}");
    up.end();
}

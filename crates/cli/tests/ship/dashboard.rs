//! The dashboard's door of a host: who gets in, what they see there, what they may order.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::app::{BLUE_GREEN, config};
use crate::host::{Host, LONG, number};

/// An answer: its status, its head in lower case, its body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn problem(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().replace("urn:sea:problem:", "")
    }

    fn cookie(&self) -> String {
        let line = self.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        line.split(';').next().unwrap().to_owned()
    }
}

/// The door of a host's dashboard.
struct Door {
    port: u16,
}

impl Door {
    fn of(host: &Host) -> Self {
        Self { port: u16::try_from(number(&host.record().unwrap()["dashboard"])).unwrap() }
    }

    /// A request with these headers and no others but `Host`, unless that is among them.
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            let _ = write!(text, "Host: localhost:{}\r\n", self.port);
        }
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = String::from_utf8(bytes).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// What the dashboard's own page sends.
    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let origin = self.origin();
        let own = [("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin")];
        self.send("POST", path, &[&own, headers].concat(), body)
    }
}

/// The ticket of the address that `sea open --host --print` prints.
fn ticket(host: &Host, door: &Door) -> String {
    let said = host.sea(&["open", "--host", "--print"]);
    assert_eq!(said.code, 0, "{said:?}");
    let begin = format!("{}/#/sign-in/", door.origin());
    said.out.trim().strip_prefix(&begin).unwrap_or_else(|| panic!("{said:?}")).to_owned()
}

#[test]
fn nobody_gets_in_without_the_token_and_nobody_ships_with_it() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    let door = Door::of(&host);
    let file = host.state().join("dashboard.token");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = fs::read_to_string(&file).unwrap().trim().to_owned();
    let bearer = format!("Bearer {token}");

    assert_eq!(door.send("GET", "/", &[], "").status, 200, "the page itself");
    let reads = [
        "/api/v1/about",
        "/api/v1/host",
        "/api/v1/host/events",
        "/api/v1/host/shop/production",
        "/api/v1/host/shop/production/releases",
        "/api/v1/openapi.json",
        "/api/v1/nothing",
        "/api/v2",
    ];
    for path in reads {
        for headers in [
            vec![],
            vec![("Authorization", "Bearer wrong")],
            vec![("Authorization", "Bearer ")],
            vec![("Cookie", "sea_host=1")],
            vec![("Authorization", token.as_str())],
        ] {
            let answer = door.send("GET", path, &headers, "");
            assert_eq!((answer.status, answer.problem().as_str()), (401, "token"), "{path} {headers:?}");
            assert!(answer.head.to_lowercase().contains("www-authenticate: bearer"));
        }
    }
    let seen = door.send("GET", "/api/v1/host", &[("Authorization", &bearer)], "");
    assert_eq!((seen.status, &seen.json()["schema"]), (200, &"sea.host/1".into()));

    // DNS rebinding shows in `Host`, other pages in `Origin` and `Sec-Fetch-Site`, token or not.
    let rebound =
        door.send("GET", "/api/v1/host", &[("Host", "evil.example"), ("Authorization", &bearer)], "");
    assert_eq!((rebound.status, rebound.problem().as_str()), (421, "host"));
    let order = "/api/v1/host/shop/production/order";
    for headers in [
        vec![("Authorization", bearer.as_str())],
        vec![("Authorization", &bearer), ("Origin", "http://evil.example")],
        vec![("Authorization", &bearer), ("Origin", "null")],
    ] {
        let answer = door.send("POST", order, &headers, r#"{"order":"maintenance","on":true}"#);
        assert_eq!((answer.status, answer.problem().as_str()), (403, "origin"), "{headers:?}");
    }

    for (method, path) in [
        ("POST", "/api/v1/host/missing"),
        ("PUT", "/api/v1/host/bundle"),
        ("POST", "/api/v1/host/tickets"),
        ("POST", "/api/v1/host/shop/production/ship"),
    ] {
        let origin = door.origin();
        let record = r#"{"who":"eve@evil","record":{},"ship":{}}"#;
        let answer = door.send(method, path, &[("Authorization", &bearer), ("Origin", &origin)], record);
        assert!([400, 403].contains(&answer.status), "{path}: {}", answer.status);
    }
    let tickets = door.post("/api/v1/host/tickets", &[("Authorization", &bearer)], r#"{"who":"eve@evil"}"#);
    assert_eq!((tickets.status, tickets.problem().as_str()), (403, "owner-only"));
    assert_eq!(host.word(), "one");
    host.end();
}

#[test]
fn a_ticket_signs_in_once_and_the_session_outlives_the_server() {
    let host = Host::new(&config(BLUE_GREEN));
    let first = host.ship(&[]);
    host.ship_word("two");
    let door = Door::of(&host);
    let session = "/api/v1/host/session";
    let wrong = door.post(session, &[], r#"{"ticket":"AAAA"}"#);
    assert_eq!((wrong.status, wrong.problem().as_str()), (401, "ticket"));
    let body = format!(r#"{{"ticket":"{}"}}"#, ticket(&host, &door));
    let stolen = door.send("POST", session, &[("Origin", "http://evil.example")], &body);
    assert_eq!(stolen.status, 403);
    let signed = door.post(session, &[], &body);
    assert_eq!(signed.status, 204);
    let set = signed.head.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    assert!(
        set.contains("; HttpOnly") && set.contains("; SameSite=Strict") && set.contains("; Path=/api"),
        "{set}"
    );
    assert_eq!(door.post(session, &[], &body).status, 401, "it works once");

    let cookie = signed.cookie();
    let view = door.send("GET", "/api/v1/host", &[("Cookie", &format!("other=1; {cookie}"))], "");
    assert_eq!(view.json()["environments"][0]["rollout"]["state"], "promoted");
    let forged = format!("{}A", &cookie[..cookie.len() - 1]);
    let forged = if forged == cookie { format!("{}B", &cookie[..cookie.len() - 1]) } else { forged };
    assert_eq!(door.send("GET", "/api/v1/host", &[("Cookie", &forged)], "").status, 401);

    let order = "/api/v1/host/shop/production/order";
    let body = r#"{"order":"roll-back","to":null,"actor":"eve@evil"}"#;
    let back = door.post(order, &[("Cookie", &cookie)], body);
    assert_eq!((back.status, &back.json()["release"]), (200, &first["release"]), "{}", back.body);
    host.until("the first release serves again", |environment| {
        environment["rollout"].is_null() && environment["serves"]["release"] == first["release"]
    });
    assert_eq!(host.word(), "one");
    let told = host.progress().unwrap()["lines"].to_string();
    assert!(told.contains("ordered: roll back") && !told.contains("eve"), "{told}");

    let releases =
        door.send("GET", "/api/v1/host/shop/production/releases", &[("Cookie", &cookie)], "").json();
    let endings: Vec<&str> = releases["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["ending"].as_str().unwrap())
        .collect();
    assert_eq!(
        (releases["schema"].as_str(), endings),
        (Some("sea.releases/1"), vec!["rolled-back", "promoted", "promoted"])
    );
    let newest = &releases["entries"][0];
    assert_eq!((&newest["other"], &newest["subject"]), (&first["release"], &"word".into()), "{newest}");
    assert!(newest["duration_ms"].is_u64() && !newest["actor"].as_str().unwrap().contains("eve"), "{newest}");
    let page = format!("/api/v1/host/shop/production/releases?limit=1&before={}", newest["seq"]);
    let page = door.send("GET", &page, &[("Cookie", &cookie)], "").json();
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
    assert!(page["next"].is_u64(), "{page}");

    let path = format!("/api/v1/host/shop/production/releases/{}", first["release"].as_str().unwrap());
    let report = door.send("GET", &path, &[("Cookie", &cookie)], "").json();
    assert_eq!((&report["schema"], &report["release"]), (&"sea.show/1".into(), &first["release"]));
    let nothing = door.send("GET", "/api/v1/host/shop/production/releases/none", &[("Cookie", &cookie)], "");
    assert_eq!((nothing.status, nothing.problem().as_str()), (404, "unknown-release"));

    let dora = "/api/v1/host/shop/production/dora?days=7&zone=Europe/Berlin";
    let dora = door.send("GET", dora, &[("Cookie", &cookie)], "").json();
    let report = &dora["report"];
    assert_eq!((&dora["schema"], &report["time_zone"]), (&"sea.dora-host/1".into(), &"Europe/Berlin".into()));
    assert_eq!(report["deployment_frequency"]["now"]["deployments"], 2, "{report}");
    assert_eq!(report["change_fail_rate"]["now"]["count"], 1);
    assert_eq!(report["lead_time_for_changes"]["now"]["count"], 1, "ships told of the commits: {report}");
    assert_eq!(report["notes"]["unknown_commits"], 0);
    assert_eq!(
        (dora["points"].as_array().unwrap().len(), dora["definitions"].as_array().unwrap().len()),
        (12, 5)
    );
    for wrong in ["dora?days=0", "dora?days=x", "dora?zone=Nowhere/Else", "releases?limit=-1"] {
        let path = format!("/api/v1/host/shop/production/{wrong}");
        let answer = door.send("GET", &path, &[("Cookie", &cookie)], "");
        assert!([400, 409].contains(&answer.status), "{wrong}: {}", answer.body);
    }

    // The cookie's key is in the state folder: another control process knows who is signed in.
    let control = host.control();
    crate::host::kill(control, "KILL");
    let next = host.sea(&["serve", "--ensure"]);
    assert_eq!(next.code, 0, "{next:?}");
    let door = Door::of(&host);
    let (_, value) = cookie.split_once('=').unwrap();
    let cookie = format!("sea_host_{}={value}", door.port);
    assert_eq!(door.send("GET", "/api/v1/host", &[("Cookie", &cookie)], "").status, 200);
    let origin = door.origin();
    let out = door.send("DELETE", session, &[("Cookie", &cookie), ("Origin", &origin)], "");
    assert!(out.status == 204 && out.head.contains("Max-Age=0"), "{}", out.head);
    host.end();
}

#[test]
fn changes_come_as_events() {
    let host = Host::new(&config(BLUE_GREEN));
    host.ship(&[]);
    let door = Door::of(&host);
    let token = fs::read_to_string(host.state().join("dashboard.token")).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", door.port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let head = format!(
        "GET /api/v1/host/events HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Bearer {}\r\n\r\n",
        door.port,
        token.trim()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    let mut until = |wanted: &str| {
        let mut chunk = [0; 8192];
        while !text.contains(wanted) {
            let count = stream.read(&mut chunk).unwrap();
            assert!(count > 0, "it ended without {wanted}: {text}");
            text += &String::from_utf8_lossy(&chunk[..count]);
        }
    };
    until("event: host");
    until("\"maintenance\":false");
    assert_eq!(host.sea(&["maintenance", "on"]).code, 0);
    until("\"maintenance\":true");
    host.end();
}

#[test]
fn a_port_that_is_taken_keeps_no_host_from_serving() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let host = Host::new(&config(BLUE_GREEN));
    let wanted = port.to_string();
    let server = host.start(&["serve", "--http", "0", "--dashboard", &wanted]);
    let end = std::time::Instant::now() + LONG;
    while host.record().is_none() {
        assert!(std::time::Instant::now() < end, "{}", host.log());
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let door = Door::of(&host);
    assert_ne!(door.port, port);
    assert_eq!(door.send("GET", "/", &[], "").status, 200);
    let status = host.sea(&["status", "--host"]);
    assert!(status.out.contains(&format!("dashboard on {}", door.origin())), "{status:?}");
    assert_eq!(host.sea(&["serve", "--stop"]).code, 0);
    let said = crate::host::finish(server);
    assert!(said.err.contains(&format!("cannot have port {port}")), "{said:?}");
}

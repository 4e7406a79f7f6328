//! `sea advisories update`: from a server on loopback and from a folder, and what `sea check` finds with it.

use std::io::{BufRead as _, BufReader, Cursor, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use zip::write::SimpleFileOptions;

use crate::process::run_in;

const RECORD: &str = r#"{
  "schema_version": "1.6.0", "id": "GHSA-test-0001", "modified": "2024-01-01T00:00:00Z",
  "summary": "Prototype pollution", "aliases": ["CVE-2099-1"],
  "affected": [{ "package": { "ecosystem": "npm", "name": "left-shift" },
    "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.2.0" }] }] }],
  "database_specific": { "severity": "HIGH" }
}"#;

/// An archive as OSV exports it, with names that try to leave the folder.
fn archive() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in
        [("GHSA-test-0001.json", RECORD), ("../../outside.json", "{}"), ("README", "no record")]
    {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A server that has `npm/all.zip` under an entity tag; gives its address and the lines of the requests that it got.
fn server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            let headers: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .map(|line| line.to_lowercase())
                .collect();
            let (status, body) = if !first.contains(" /npm/all.zip ") {
                ("404 Not Found", Vec::new())
            } else if headers.iter().any(|line| line == "if-none-match: \"one\"") {
                ("304 Not Modified", Vec::new())
            } else {
                ("200 OK", archive())
            };
            log.lock().unwrap().push(format!("{status} {first}"));
            let head = format!(
                "HTTP/1.1 {status}\r\netag: \"one\"\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    (address, seen)
}

fn app(root: &Path) {
    std::fs::write(root.join("package.json"), r#"{"name":"a","dependencies":{"left-shift":"1.1.0"}}"#)
        .unwrap();
    let lock = r#"{"name":"a","lockfileVersion":3,"packages":{"":{"name":"a","dependencies":{"left-shift":"1.1.0"}},
        "node_modules/left-shift":{"version":"1.1.0","resolved":"https://example.org/x.tgz","integrity":"sha512-x"}}}"#;
    std::fs::write(root.join("package-lock.json"), lock).unwrap();
    std::fs::write(root.join("index.js"), "require('left-shift');\n").unwrap();
}

#[test]
fn what_was_fetched_is_found_in_lockfiles_and_fetched_once() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("a/b");
    std::fs::create_dir_all(&root).unwrap();
    app(&root);
    let (address, seen) = server();
    let before = run_in(&root, &["check", "--json", "."]);
    assert!(!before.stdout.contains("CVE-2099-1"));
    let fetched = run_in(&root, &["-C", ".", "advisories", "update", "--from", &address]);
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    assert!(fetched.stdout.contains("npm        2 records"), "{}", fetched.stdout);
    assert!(!outer.path().join("outside.json").exists() && !root.join("outside.json").exists());
    let after = run_in(&root, &["check", "--json", "."]);
    assert!(after.stdout.contains("CVE-2099-1"), "{}", after.stdout);
    let again = run_in(&root, &["-C", ".", "advisories", "update", "--from", &address]);
    assert!(again.stdout.contains("npm        as it was"), "{}", again.stdout);
    let statuses: Vec<String> = seen.lock().unwrap().iter().map(|line| line[..3].to_owned()).collect();
    assert_eq!(statuses, ["200", "304"]);
    assert!(run_in(&root, &["check", "--json", "."]).stdout.contains("CVE-2099-1"));
}

#[test]
fn a_folder_will_do_and_what_is_not_there_is_said() {
    let root = tempfile::tempdir().unwrap();
    app(root.path());
    let mirror = tempfile::tempdir().unwrap();
    let from = mirror.path().to_str().unwrap();
    let missing = run_in(root.path(), &["-C", ".", "advisories", "update", "--from", from]);
    assert_eq!(missing.code, 3);
    assert!(missing.stderr.contains("npm/all.zip cannot be read"), "{}", missing.stderr);
    std::fs::create_dir(mirror.path().join("npm")).unwrap();
    std::fs::write(mirror.path().join("npm/all.zip"), b"PK but no archive").unwrap();
    let damaged = run_in(root.path(), &["-C", ".", "advisories", "update", "--from", from]);
    assert_eq!(damaged.code, 3);
    assert!(damaged.stderr.contains("the records of npm cannot be unpacked"), "{}", damaged.stderr);
    std::fs::write(mirror.path().join("npm/all.zip"), archive()).unwrap();
    assert_eq!(run_in(root.path(), &["-C", ".", "advisories", "update", "--from", from]).code, 0);
    assert!(run_in(root.path(), &["check", "--json", "."]).stdout.contains("CVE-2099-1"));
    let (address, _) = server();
    let arguments = ["-C", ".", "advisories", "update", "--ecosystem", "pypi", "--from", &address];
    let absent = run_in(root.path(), &arguments);
    assert_eq!(absent.code, 3);
    assert!(absent.stderr.contains("PyPI/all.zip cannot be had: the answer is 404"), "{}", absent.stderr);
    let wrong = run_in(root.path(), &["-C", ".", "advisories", "update", "--ecosystem", "npmm"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

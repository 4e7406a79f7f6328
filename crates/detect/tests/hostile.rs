//! Repositories that are broken, huge or malicious: the plan comes, says what was odd and where, and is right
//! about the rest.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use seaworthy_detect::{Repository, detect};
use seaworthy_model::App;
use tempfile::TempDir;

/// A repository of these files, with a sound Express service in `good/` beside them.
fn repository(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let good: [(&str, &[u8]); 2] = [
        (
            "good/package.json",
            br#"{"name":"good","scripts":{"start":"node index.js"},"dependencies":{"express":"5"}}"#,
        ),
        ("good/index.js", b"require('express')().listen(process.env.PORT || 4321);\n"),
    ];
    for (path, bytes) in good.iter().chain(files) {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

fn plan(root: &Path) -> App {
    detect(&Repository::open(root).unwrap()).app
}

/// The sound service is there, whatever lies beside it.
fn assert_good(app: &App) {
    let good = app.services.get("good").expect("the sound service is found");
    assert_eq!(good.port.get(), Some(&4321));
}

/// The places of the warnings of a code, `file` or `file:line`.
fn places(app: &App, code: &str) -> Vec<String> {
    app.warnings
        .iter()
        .filter(|warning| warning.code == code)
        .flat_map(|warning| warning.places.iter().map(ToString::to_string))
        .collect()
}

#[test]
fn malformed_files_are_named_with_their_lines() {
    let dir = repository(&[
        ("a/package.json", b"{\n  \"name\": \"a\",\n  \"scripts\": {\n"),
        ("b/pyproject.toml", b"[project]\nname = \n"),
        ("compose.yaml", b"services:\n  web:\n   image: x\n  - y\n"),
        ("c/Dockerfile", b"FROM\nCMD x\n"),
        ("d/package.json", b""),
    ]);
    let app = plan(dir.path());
    assert_good(&app);
    let found = places(&app, "malformed-file");
    for place in
        ["a/package.json:3", "b/pyproject.toml:2", "compose.yaml:4", "c/Dockerfile", "d/package.json"]
    {
        assert!(found.iter().any(|known| known == place), "{place} is missing in {found:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_said() {
    let dir = repository(&[
        (
            "a/package.json",
            b"{\"name\":\"\xff\xfe\",\"scripts\":{\"start\":\"node a.js\"},\"dependencies\":{\"koa\":\"2\"}}",
        ),
        ("b/requirements.txt", b"\x00\x01\x02fastapi\n\xff\xff"),
        ("c/index.js", b"\xff\xfe\x00process.env.X"),
        ("compose.yaml", b"\xef\xbb\xbfservices:\n  cache:\n    image: redis:7\n"),
    ]);
    let app = plan(dir.path());
    assert_good(&app);
    assert!(places(&app, "unreadable-file").contains(&"a/package.json".to_owned()));
    assert_eq!(app.services["a"].framework.get().map(String::as_str), Some("koa"));
    assert!(app.resources.contains_key("cache"), "a byte order mark is no obstacle");
}

#[test]
fn files_of_a_hundred_megabytes_are_left_out() {
    let dir = repository(&[]);
    for name in ["package.json", "compose.yaml", "requirements.txt", "good/huge.js"] {
        fs::File::create(dir.path().join(name)).unwrap().set_len(100 << 20).unwrap();
    }
    let app = plan(dir.path());
    assert_good(&app);
    let found = places(&app, "unreadable-file");
    for name in ["package.json", "compose.yaml", "requirements.txt"] {
        assert!(found.contains(&name.to_owned()), "{name} is missing in {found:?}");
    }
}

#[test]
fn aliases_and_nesting_without_end_are_refused() {
    let mut laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in ('b'..='z').zip('a'..) {
        writeln!(laughs, "{name}: &{name} [{}]", vec![format!("*{before}"); 10].join(",")).unwrap();
    }
    let deep_json = "[".repeat(200_000);
    let deep_toml = format!("a = {}", "[".repeat(200_000));
    let deep_yaml = "[".repeat(200_000);
    let deep_xml = "<a>".repeat(200_000);
    let dir = repository(&[
        ("compose.yaml", laughs.as_bytes()),
        ("a/package.json", deep_json.as_bytes()),
        ("b/pyproject.toml", deep_toml.as_bytes()),
        ("c/docker-compose.yml", deep_yaml.as_bytes()),
        ("d/pom.xml", deep_xml.as_bytes()),
    ]);
    let app = plan(dir.path());
    assert_good(&app);
    let found = places(&app, "malformed-file");
    for file in ["compose.yaml", "a/package.json", "b/pyproject.toml", "c/docker-compose.yml"] {
        assert!(found.iter().any(|known| known.starts_with(file)), "{file} is missing in {found:?}");
    }
}

#[test]
fn names_with_spaces_newlines_and_odd_letters() {
    let manifest = br#"{"scripts":{"start":"node x.js"},"dependencies":{"express":"5"}}"#;
    let dir = repository(&[
        ("my app/package.json", manifest),
        ("line\nbreak/package.json", manifest),
        ("\u{fc}ber/package.json", manifest),
        ("-rf/package.json", manifest),
    ]);
    let app = plan(dir.path());
    assert_good(&app);
    let paths: Vec<&str> = app.services.values().map(seaworthy_model::Service::path).collect();
    for path in ["my app", "line\nbreak", "\u{fc}ber", "-rf"] {
        assert!(paths.contains(&path), "{path:?} is missing in {paths:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_with_the_names_of_files() {
    use std::os::unix::fs::symlink;
    let dir = repository(&[("a/keep", b"")]);
    symlink("..", dir.path().join("a/loop")).unwrap();
    symlink(dir.path().join("a/me"), dir.path().join("a/me")).unwrap();
    symlink("/etc/passwd", dir.path().join("requirements.txt")).unwrap();
    fs::create_dir_all(dir.path().join("package.json")).unwrap();
    fs::create_dir_all(dir.path().join("seaworthy.toml")).unwrap();
    let pipe = dir.path().join("Procfile");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let app = plan(dir.path());
    assert_good(&app);
    assert_eq!(app.services.len(), 1, "{:?}", app.services.keys());
}

#[test]
fn a_hundred_thousand_files_are_no_obstacle() {
    let dir = repository(&[]);
    for folder in 0..100 {
        let folder = dir.path().join(format!("data/{folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..1_000 {
            fs::File::create(folder.join(format!("{file}.csv"))).unwrap();
        }
    }
    assert_good(&plan(dir.path()));
}

#[test]
fn source_beyond_the_budget_is_counted() {
    let dir = repository(&[]);
    let folder = dir.path().join("good/src");
    fs::create_dir_all(&folder).unwrap();
    for file in 0..2_500 {
        fs::write(folder.join(format!("{file}.js")), "export {};\n").unwrap();
    }
    let app = plan(dir.path());
    assert_good(&app);
    let said = app.warnings.iter().find(|warning| warning.code == "source-not-read").expect("it is said");
    assert!(said.message.contains("501"), "{}", said.message);
}

#[test]
fn hostile_source_ends() {
    let quotes = "\"'`/*".repeat(100_000);
    let nested = format!("const {{{}}} = process.env", "a,".repeat(100_000));
    let spaces = format!("process.env.A{}||", " ".repeat(400_000));
    let dir = repository(&[
        ("good/a.js", quotes.as_bytes()),
        ("good/b.js", nested.as_bytes()),
        ("good/c.js", spaces.as_bytes()),
    ]);
    assert_good(&plan(dir.path()));
}

#[test]
fn an_empty_folder_and_a_missing_one() {
    let dir = tempfile::tempdir().unwrap();
    let app = plan(dir.path());
    assert!(app.services.is_empty() && app.warnings.is_empty());
    assert!(Repository::open(&dir.path().join("nowhere")).is_err());
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(Repository::open(&dir.path().join("file")).is_err());
}

#[test]
fn secrets_are_in_no_part_of_a_plan() {
    let dir = repository(&[
        ("good/.env", b"JWT_SECRET=sk-live-0123456789\nDATABASE_URL=postgres://app:hunter2@db/app\n"),
        ("good/.env.example", b"JWT_SECRET=sk-live-0123456789\nDATABASE_URL=postgres://app:hunter2@db/app\n"),
        ("good/db.js", b"const url = process.env.DATABASE_URL || 'postgres://app:hunter2@db/app';\nconst s = process.env.JWT_SECRET || 'sk-live-0123456789';\n"),
        ("compose.yaml", b"services:\n  good:\n    build: good\n    environment:\n      JWT_SECRET: sk-live-0123456789\n      DATABASE_URL: postgres://app:hunter2@elsewhere/app\n      API_URL: https://user:hunter2@api.example.com\n"),
        ("Dockerfile", b"FROM node:20\nENV JWT_SECRET=sk-live-0123456789\nCMD [\"node\", \"x\"]\n"),
    ]);
    let app = plan(dir.path());
    assert_good(&app);
    // Every proposal is looked at, not only the winners that a plan shows.
    let everything = format!("{app:?}");
    for secret in ["sk-live-0123456789", "hunter2"] {
        assert!(!everything.contains(secret), "{secret} is kept");
    }
}

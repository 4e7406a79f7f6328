//! Migrations against a real PostgreSQL, under load: what is compatible, what is not, what fails, and the way back.

use std::fs;

use crate::app::{BLUE_GREEN, SERVER, SHORT_WATCH, with};
use crate::host::{Host, Said, kill};
use crate::load::{Load, more};

/// Asks the database for every first page; the question is a file of its commit. One `psql` answers for each instance.
fn server() -> String {
    let ask = r"
const { spawn } = require('child_process');
const question = fs.readFileSync('question', 'utf8').trim();
const psql = spawn('psql', ['-XAtq', process.env.DATABASE_URL], { stdio: ['pipe', 'pipe', 'inherit'] });
const asked = [];
let said = '';
psql.stdout.on('data', (part) => {
  said += part;
  for (let end; (end = said.indexOf('.\n')) >= 0; said = said.slice(end + 2)) asked.shift()(said.slice(0, end).trim());
});
const query = (then) => { asked.push(then); psql.stdin.write(question + ';\n\\echo .\n'); };
";
    let last = "  text(response, 200, `${word} ${process.pid}`);\n});";
    let answer = "  query((rows) => rows ? text(response, 200, `${word} ${rows}`) : text(response, 500, 'no rows'));\n});";
    assert!(SERVER.contains(last));
    let server =
        SERVER.replace(last, answer).replace("process.exit(0));", "(psql.kill(), process.exit(0)));");
    server.replacen("const server =", &format!("{ask}const server ="), 1)
}

fn config(environment: &str) -> String {
    let app = with("env = { DATABASE_URL = \"${resources.db.url}\" }", environment);
    format!("{app}\n[resources.db]\ntype = \"postgres\"\nmigrations = \"db/migrations\"\n")
}

const GOODS: &str = "CREATE TABLE goods (id bigint PRIMARY KEY, name text NOT NULL);\nINSERT INTO goods VALUES (1, 'rope');\n";
const BY_NAME: &str = "SELECT name FROM goods WHERE id = 1";
const BY_TITLE: &str = "SELECT title FROM goods WHERE id = 1";
const TITLE: &str = "ALTER TABLE goods ADD COLUMN title text;\nUPDATE goods SET title = name;\n";
const DROP: &str = "-- Nobody reads it any more.\nALTER TABLE goods DROP COLUMN name;\n";

/// A host whose app asks a database, with its first migration run.
fn shop(environment: &str) -> Host {
    let host = Host::new(&config(environment));
    host.commit(&[("server.js", &server()), ("question", BY_NAME), ("db/migrations/1_goods.sql", GOODS)]);
    host.ship(&[]);
    assert_eq!(host.get("/").1, "one rope", "{}", host.log());
    host
}

/// What a command said while everyone went on asking, none of them in vain.
fn under_load(host: &Host, arguments: &[&str]) -> Said {
    let load = Load::start(host.port());
    more(&load, 60);
    let said = host.sea(arguments);
    more(&load, 60);
    let went = load.end();
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{said:?}\n{}", host.log());
    said
}

fn backups(host: &Host) -> Vec<u64> {
    let folder = fs::read_dir(host.state().join("apps/shop/production/backups"));
    folder.into_iter().flatten().map(|file| file.unwrap().metadata().unwrap().len()).collect()
}

#[test]
fn one_that_adds_runs_while_the_release_before_serves() {
    let host = shop(BLUE_GREEN);
    host.commit(&[("word", "two"), ("question", BY_TITLE), ("db/migrations/2_title.sql", TITLE)]);
    let said = under_load(&host, &["ship", "--json"]);
    assert_eq!(said.code, 0, "{said:?}\n{}", host.log());
    assert_eq!(host.get("/").1, "two rope");
    assert!(backups(&host).is_empty());
    let second = said.json()["release"].as_str().unwrap().to_owned();
    let shown = host.sea(&["show", &second]);
    assert!(shown.out.contains("db/migrations/2_title.sql, expand: line 1 adds"), "{shown:?}");
    // What was added is not minded by the release before.
    let back = under_load(&host, &["rollback"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(host.get("/").1, "one rope");
    host.end();
}

#[test]
fn one_that_nothing_tells_about_is_said() {
    let host = shop(SHORT_WATCH);
    let code = "DO $$ BEGIN ALTER TABLE goods ADD COLUMN title text; END $$;\n";
    host.commit(&[("word", "two"), ("db/migrations/2_title.sql", code)]);
    let said = host.sea(&["ship"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("db/migrations/2_title.sql:1 runs code: nothing tells"), "{said:?}");
    host.end();
}

#[test]
fn one_that_takes_away_needs_a_word_and_has_no_way_back() {
    let host = shop(SHORT_WATCH);
    host.commit(&[("word", "two"), ("question", BY_TITLE), ("db/migrations/2_title.sql", TITLE)]);
    let second = host.ship(&[])["release"].as_str().unwrap().to_owned();
    host.until("the watch is over", |environment| environment["rollout"].is_null());
    host.commit(&[("word", "three"), ("db/migrations/3_drop.sql", DROP)]);

    let refused = under_load(&host, &["ship"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.err.contains("db/migrations/3_drop.sql:2 drops a column"), "{refused:?}");
    assert!(refused.err.contains("sea ship --breaking"), "{refused:?}");
    assert_eq!(host.get("/").1, "two rope");
    assert!(backups(&host).is_empty());

    let said = under_load(&host, &["ship", "--breaking", "--json"]);
    assert_eq!(said.code, 0, "{said:?}\n{}", host.log());
    assert_eq!(host.get("/").1, "three rope");
    assert!(matches!(backups(&host)[..], [bytes] if bytes > 0), "{:?}", backups(&host));
    let third = said.json()["release"].as_str().unwrap().to_owned();
    let shown = host.sea(&["show", &third]);
    assert!(shown.out.contains("db/migrations/3_drop.sql, breaking: line 2 drops a column"), "{shown:?}");
    let history = host.sea(&["history", "--kind", "backup"]);
    assert!(history.out.contains("db"), "{history:?}");

    for arguments in [&["rollback"][..], &["rollback", &second]] {
        let refused = host.sea(arguments);
        assert_ne!(refused.code, 0, "{refused:?}");
        assert!(refused.err.contains("does not know db/migrations/3_drop.sql:2"), "{refused:?}");
    }
    host.until("the watch is over", |environment| environment["rollout"].is_null());
    let refused = host.sea(&["rollback"]);
    assert!(refused.err.contains("go forwards with a fix"), "{refused:?}");
    // Nor does the commit before come back by being shipped.
    let refused = host.sea(&["ship", "HEAD~1", "--retry"]);
    assert!(refused.err.contains("does not know db/migrations/3_drop.sql:2"), "{refused:?}");
    assert_eq!(host.get("/").1, "three rope");
    host.end();
}

#[test]
fn one_that_fails_leaves_the_release_before_alone() {
    let host = shop(BLUE_GREEN);
    let wrong = format!("{TITLE}ALTER TABLE goods ADD COLUMN id bigint;\n");
    host.commit(&[("word", "bad"), ("db/migrations/2_title.sql", &wrong)]);
    let said = under_load(&host, &["ship", "--json"]);
    let told = said.json();
    assert_eq!((said.code, &told["outcome"]), (1, &"taken-back".into()), "{said:?}");
    assert!(told["why"].as_str().unwrap().contains("db/migrations/2_title.sql:3"), "{told}");
    assert_eq!(host.get("/").1, "one rope");
    host.until("it is over", |environment| environment["rollout"].is_null());
    host.commit(&[("word", "two"), ("question", BY_TITLE), ("db/migrations/2_title.sql", TITLE)]);
    host.ship(&[]);
    assert_eq!(host.get("/").1, "two rope");
    host.end();
}

#[test]
fn one_that_takes_away_and_fails_stops_and_says_so() {
    let host = shop(SHORT_WATCH);
    let wrong = format!("{DROP}SELECT 1 / 0;\n");
    host.commit(&[
        ("word", "bad"),
        ("db/migrations/2_title.sql", TITLE),
        ("db/migrations/3_drop.sql", &wrong),
    ]);
    let said = host.sea(&["ship", "--breaking", "--json"]);
    let told = said.json();
    assert_eq!((said.code, &told["outcome"]), (1, &"frozen".into()), "{said:?}\n{}", host.log());
    assert!(told["why"].as_str().unwrap().contains("db/migrations/3_drop.sql:3"), "{told}");
    assert!(said.out.contains("db is backed up in "), "{said:?}");
    assert!(matches!(backups(&host)[..], [bytes] if bytes > 0));
    let status = host.sea(&["status", "--host"]);
    assert!(status.all().contains("frozen"), "{status:?}");
    // A person looked: the file that failed was taken back as a whole, the one before it adds.
    let aborted = host.sea(&["ship", "--abort"]);
    assert_eq!(aborted.code, 0, "{aborted:?}");
    host.until("it is over", |environment| environment["rollout"].is_null());
    assert_eq!(host.get("/").1, "one rope");
    host.commit(&[("word", "two"), ("question", BY_TITLE), ("db/migrations/3_drop.sql", DROP)]);
    let said = under_load(&host, &["ship", "--breaking", "--json"]);
    assert_eq!(said.code, 0, "{said:?}\n{}", host.log());
    assert_eq!(host.get("/").1, "two rope");
    host.end();
}

#[test]
fn one_that_took_away_stays_when_it_is_worse_and_that_is_said() {
    let host = shop(SHORT_WATCH);
    host.commit(&[("word", "two"), ("question", BY_TITLE), ("db/migrations/2_title.sql", TITLE)]);
    host.ship(&[]);
    host.until("the watch is over", |environment| environment["rollout"].is_null());
    let long_watch = config(BLUE_GREEN);
    host.commit(&[
        ("word", "three"),
        ("mode", "crash-later"),
        ("db/migrations/3_drop.sql", DROP),
        ("seaworthy.toml", &long_watch),
    ]);
    let said = host.sea(&["ship", "--breaking", "--json"]);
    assert_eq!(said.code, 0, "it was well when it was promoted: {said:?}\n{}", host.log());
    let release = said.json()["release"].as_str().unwrap().to_owned();
    fs::write(host.tree(&release).join("leak"), "").unwrap();
    host.until("it is told", |_| host.log().contains("it is worse, and is not taken back"));
    let environment = host.environment();
    assert_eq!(environment["rollout"]["state"], "promoted", "{environment}");
    host.commit(&[("word", "four"), ("mode", "good")]);
    host.ship(&[]);
    assert_eq!(host.get("/").1, "four rope");
    host.end();
}

/// The process id of the server of `db`.
fn database(host: &Host) -> Option<u32> {
    let file = host.state().join("apps/shop/production/data/db/postgres/cluster/postmaster.pid");
    fs::read_to_string(file).ok()?.lines().next()?.parse().ok()
}

#[test]
fn a_killed_control_process_takes_no_database_with_it() {
    let host = shop(BLUE_GREEN);
    let first = database(&host).unwrap();
    let load = Load::start(host.port());
    more(&load, 60);
    // While nothing is under way, and while a release boots that needs the same database.
    kill(host.control(), "KILL");
    assert_eq!(host.sea(&["serve", "--ensure"]).code, 0);
    host.until("it serves", |environment| !environment["serves"].is_null());
    host.pause_at("booting");
    host.commit(&[("word", "two")]);
    let ship = host.start(&["ship", "--json"]);
    host.until("it boots", |environment| environment["rollout"]["state"] == "booting");
    kill(host.control(), "KILL");
    host.pause_at("");
    ship.wait_with_output().unwrap();
    assert_eq!(host.sea(&["serve", "--ensure"]).code, 0);
    let environment = host.until("it is over", |environment| environment["rollout"].is_null());
    assert!(environment["serves"].is_object() && environment["trouble"].is_null(), "{environment}");
    more(&load, 60);
    let went = load.end();
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{}", host.log());
    assert_eq!(database(&host), Some(first), "it ran on");
    assert_eq!(host.get("/").1, "one rope");

    // It is watched as before: one that dies is started again, for this release's instances and the next one's.
    kill(first, "KILL");
    host.eventually("another server", || database(&host).is_some_and(|pid| pid != first));
    kill(host.pids_of(environment["serves"]["release"].as_str().unwrap())[0], "KILL");
    host.eventually("it asks the database anew", || host.get("/") == (200, "one rope".to_owned()));
    host.commit(&[("word", "three")]);
    host.ship(&[]);
    assert_eq!(host.get("/").1, "three rope");
    host.end();
}

#[test]
fn a_rollback_runs_no_job_that_migrates() {
    let count = tempfile::tempdir().unwrap();
    let count = count.path().join("ran");
    let job = format!("[jobs.migrate]\nrun = \"echo ran >> {}\"\non = \"release\"\n", count.display());
    let host = Host::new(&format!("{}\n{job}", with("", SHORT_WATCH)));
    let runs = || fs::read_to_string(&count).unwrap_or_default().lines().count();
    let first = host.ship(&[])["release"].as_str().unwrap().to_owned();
    host.commit(&[("word", "two"), ("migrations/1.py", "op.create_table('a')\n")]);
    host.ship(&[]);
    assert_eq!(runs(), 2);
    host.until("the watch is over", |environment| environment["rollout"].is_null());
    let back = host.sea(&["rollback", &first]);
    assert_eq!(back.code, 0, "{back:?}\n{}", host.log());
    assert_eq!((host.word().as_str(), runs()), ("one", 2));
    host.end();
}

//! `sea secrets` from outside: what it keeps, what it says, and that no value is ever among it.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{Run, sea};
use crate::repository::{EXPRESS, repository, write};

/// Found nowhere but in values.
const CANARY: &str = "canary-4e1b";

/// A repository and a home with nothing in it.
struct Place {
    dir: TempDir,
    home: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: repository(EXPRESS), home: tempfile::tempdir().unwrap() }
    }

    /// With a key.
    fn ready() -> Self {
        let place = Self::new();
        assert_eq!(place.run(&["init", "--name", "ann"], "").code, 0);
        place
    }

    fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = sea(&[&["secrets"], arguments].concat());
        command.current_dir(self.dir.path()).env("HOME", self.home.path());
        for name in
            ["XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "SEA_AGE_KEY", "SEA_AGE_KEY_FILE", "SEA_STATE", "VISUAL"]
        {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str], input: &str) -> Run {
        run(self.command(arguments).write_stdin(input))
    }

    fn key(&self) -> PathBuf {
        self.home.path().join(".config/seaworthy/age.key")
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("secrets/production.age")
    }

    fn get(&self, name: &str) -> String {
        self.run(&["get", name, "--reveal"], "").stdout
    }
}

fn run(command: &mut assert_cmd::Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn from_nothing_to_all_that_is_needed() {
    let place = Place::new();
    let check = place.run(&["check"], "");
    assert_eq!(check.code, 1, "{}", check.stderr);
    assert_eq!(
        check.stdout,
        "missing STRIPE_SECRET_KEY is missing; needed by shop (server.js:4); asked secrets/production.age; type `sea \
         secrets set STRIPE_SECRET_KEY --env production`\n"
    );
    let no_key = place.run(&["set", "STRIPE_SECRET_KEY"], CANARY);
    assert_eq!(no_key.code, 3);
    assert!(
        no_key.stderr.contains("no age key") && no_key.stderr.contains("sea secrets init"),
        "{}",
        no_key.stderr
    );

    let init = place.run(&["init", "--name", "ann"], "");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((init.code, mode(&place.key())), (0, 0o600));
    assert!(init.stdout.contains("age1") && !init.stdout.contains("SECRET-KEY"), "{}", init.stdout);
    assert!(place.run(&["init"], "").stdout.contains("already"));

    let set = place.run(&["set", "STRIPE_SECRET_KEY"], &format!("{CANARY}\n"));
    assert_eq!((set.code, set.stdout.as_str()), (0, "added STRIPE_SECRET_KEY to secrets/production.age\n"));
    assert_eq!(place.run(&["check"], "").code, 0);
    assert_eq!(place.get("STRIPE_SECRET_KEY"), format!("{CANARY}\n"));
    let hidden = place.run(&["get", "STRIPE_SECRET_KEY"], "");
    assert_eq!((hidden.code, hidden.stdout.as_str()), (2, ""));
    assert_eq!(place.run(&["get", "OTHER", "--reveal"], "").code, 1);
    assert_eq!(place.run(&["remove", "STRIPE_SECRET_KEY"], "").code, 0);
    assert_eq!(place.run(&["remove", "STRIPE_SECRET_KEY"], "").code, 1);
    assert_eq!(place.run(&["check"], "").code, 1);
}

#[test]
fn no_output_of_any_command_holds_a_value_or_the_key() {
    let place = Place::ready();
    write(
        place.dir.path(),
        "seaworthy.toml",
        "[services.shop]\nenv = { DSN = \"${secrets.DSN_PASSWORD}\" }\n",
    );
    let mut seen = String::new();
    let mut see = |run: Run| seen.push_str(&format!("{}{}", run.stdout, run.stderr));
    for name in ["STRIPE_SECRET_KEY", "DSN_PASSWORD", "UNUSED"] {
        see(place.run(&["set", name], CANARY));
    }
    let editor = place.dir.path().join("editor");
    write(place.dir.path(), "editor", &format!("#!/bin/sh\necho \"ADDED='{CANARY}'\" >> \"$1\"\n"));
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    see(run(place.command(&["edit"]).env("EDITOR", &editor)));
    write(place.dir.path(), "editor", &format!("#!/bin/sh\necho '{CANARY}' >> \"$1\"\n"));
    let broken = run(place.command(&["edit"]).env("EDITOR", &editor));
    assert_eq!(broken.code, 3);
    assert!(broken.stderr.contains("is no `NAME=value`"), "{}", broken.stderr);
    see(broken);
    for arguments in [
        &["init"][..],
        &["list"],
        &["list", "--json"],
        &["check"],
        &["get", "DSN_PASSWORD"],
        &["rotate"],
        &["recipient", "list"],
        &["recipient", "add", CANARY],
        &["set", "A", CANARY],
        &["set", &format!("A={CANARY}")],
        &["set", &format!("-{CANARY}")],
        &["set", "A", &format!("--value={CANARY}")],
        &["set", "A", "--", &format!("-{CANARY}")],
        &["get", &format!("A={CANARY}")],
        &["remove", "UNUSED"],
    ] {
        see(place.run(arguments, ""));
    }
    std::fs::write(place.key(), CANARY).unwrap();
    see(place.run(&["list"], ""));
    see(run(place.command(&["list"]).env("SEA_AGE_KEY", CANARY)));
    // The page about keys says what one looks like.
    let keys = seen.replace("AGE-SECRET-KEY-1...", "");
    assert!(!keys.contains("SECRET-KEY-1"), "{seen}");
    // What clap says of an option that does not exist repeats it; that is no value of ours, and it is in no file.
    let told: Vec<&str> = seen.lines().filter(|line| line.contains(CANARY)).collect();
    assert!(told.is_empty(), "{told:?}");
    for entry in std::fs::read_dir(place.dir.path().join("secrets")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY));
    }
}

#[test]
fn a_value_on_the_command_line_is_refused() {
    let place = Place::ready();
    for arguments in [&["set", "A", "x"][..], &["set", "A=x"], &["set", "A", "x", "y"]] {
        let refused = place.run(arguments, "");
        assert_eq!(refused.code, 2);
        assert!(
            refused.stderr.contains("every user of this machine can read command lines"),
            "{}",
            refused.stderr
        );
    }
    assert!(!place.file().exists());
}

#[test]
fn what_no_variable_can_hold_is_refused() {
    let place = Place::ready();
    let long = vec![b'x'; 1 << 20];
    for value in [&b""[..], b"\n", b"a\0b", b"\xff\xfe", &long] {
        let refused = run(place.command(&["set", "A"]).write_stdin(value));
        assert_eq!(refused.code, 2, "{}", refused.stderr);
    }
    for name in ["1A", "a b", "../A", "A\nB", ""] {
        assert_eq!(place.run(&["set", "--", name], "x").code, 2, "{name:?}");
    }
    assert!(!place.file().exists());
    assert_eq!(place.run(&["set", "LINES"], "a\n'b'\n\"c\" $D #\n").code, 0);
    assert_eq!(place.get("LINES"), "a\n'b'\n\"c\" $D #\n");
}

#[test]
fn the_list_says_where_and_who_and_what_happens_without() {
    let place = Place::ready();
    write(
        place.dir.path(),
        "seaworthy.toml",
        "[services.shop]\nenv = { COOKIE = \"${secrets.SESSION_SECRET}\" }\n\n[secrets.STRIPE_SECRET_KEY]\ndescription = \
         \"dashboard\"\n\n[environments.production]\nsecrets = [\"env\", \"age\"]\n",
    );
    place.run(&["set", "UNUSED"], CANARY);
    let list = run(place.command(&["list"]).env("STRIPE_SECRET_KEY", CANARY));
    assert_eq!(
        list.stdout,
        [
            "  SESSION_SECRET     made up                                 shop (seaworthy.toml:2)\n",
            "  STRIPE_SECRET_KEY  set in the environment of this process  shop (server.js:4)\n",
            "  UNUSED             set in secrets/production.age           nobody names it\n",
        ]
        .concat()
    );
    let json: serde_json::Value = serde_json::from_str(&place.run(&["list", "--json"], "").stdout).unwrap();
    assert_eq!(json["schema"], "sea.secrets/1");
    assert_eq!(
        json["sources"],
        serde_json::json!(["the environment of this process", "secrets/production.age"])
    );
    let stripe = &json["secrets"][1];
    assert_eq!((&stripe["state"], &stripe["description"]), (&"missing".into(), &"dashboard".into()));
    assert_eq!(stripe["needed_by"][0]["place"], "server.js:4");
}

#[test]
fn an_environment_that_nobody_declared_is_a_slip_and_one_that_sea_only_reads_is_not_written() {
    let place = Place::ready();
    let slip = place.run(&["set", "A", "--env", "prodution"], "x");
    assert_eq!(slip.code, 2, "{}", slip.stderr);
    write(
        place.dir.path(),
        "seaworthy.toml",
        "[environments.staging]\nsecrets = { file = \"/run/secrets\" }\n",
    );
    assert!(place.run(&["list"], "").stderr.contains("--env staging"));
    let refused = place.run(&["set", "A", "--env", "staging"], "x");
    assert!(refused.code == 2 && refused.stderr.contains("which sea only reads"), "{}", refused.stderr);
}

#[test]
fn a_colleague_gets_in_and_out() {
    let (ann, bob) = (Place::ready(), tempfile::tempdir().unwrap());
    ann.run(&["set", "A"], CANARY);
    let as_bob = |arguments: &[&str]| run(ann.command(arguments).env("HOME", bob.path()));
    let init = as_bob(&["init", "--name", "bob"]);
    assert_eq!(init.code, 3);
    let command = init.stderr.split('`').nth(1).unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').skip(2).collect();
    assert_eq!(words[..2], ["recipient", "add"]);
    assert_eq!(ann.run(&words, "").code, 0);
    assert_eq!(as_bob(&["get", "A", "--reveal"]).stdout, format!("{CANARY}\n"));
    assert_eq!(as_bob(&["recipient", "list"]).stdout.lines().count(), 2);
    assert_eq!(ann.run(&["rotate"], "").code, 0);
    assert_eq!(as_bob(&["get", "A", "--reveal"]).code, 0);
    assert_eq!(ann.run(&["recipient", "remove", "bob"], "").code, 0);
    assert_eq!(as_bob(&["get", "A", "--reveal"]).code, 3);
    assert_eq!(ann.get("A"), format!("{CANARY}\n"));
    // CI has the key in a variable and no file.
    let key = ann.run(&["export-key"], "").stdout;
    let ci = tempfile::tempdir().unwrap();
    let in_ci =
        run(ann.command(&["get", "A", "--reveal"]).env("HOME", ci.path()).env("SEA_AGE_KEY", key.trim()));
    assert_eq!(in_ci.stdout, format!("{CANARY}\n"));
}

#[test]
fn the_editor_gets_a_file_for_its_owner_and_leaves_nothing() {
    let place = Place::ready();
    place.run(&["set", "A"], CANARY);
    let seen = place.dir.path().join("seen");
    let script = format!(
        "#!/bin/sh\nset -e\n{{ echo \"$1\"; stat -c '%a' \"$1\" \"$(dirname \"$1\")\"; }} > '{}'\ncp \"$1\" \"$1~\"\n\
         echo 'B=2' >> \"$1\"\n",
        seen.display()
    );
    write(place.dir.path(), "my editor", &script);
    let editor = place.dir.path().join("my editor");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    let edit = run(place.command(&["edit"]).env("EDITOR", format!("'{}'", editor.display())));
    assert_eq!(
        (edit.code, edit.stdout.as_str()),
        (0, "changed the secrets of production\n"),
        "{}",
        edit.stderr
    );
    let seen = std::fs::read_to_string(seen).unwrap();
    let seen: Vec<&str> = seen.lines().collect();
    assert_eq!(seen[1..], ["600", "700"]);
    assert!(!Path::new(seen[0]).parent().unwrap().exists());
    assert_eq!((place.get("A"), place.get("B")), (format!("{CANARY}\n"), "2\n".to_owned()));
    let before = std::fs::read(place.file()).unwrap();
    assert!(run(place.command(&["edit"]).env("EDITOR", "true")).stdout.contains("nothing was changed"));
    assert_eq!(run(place.command(&["edit"]).env("EDITOR", "false")).code, 3);
    assert_eq!(std::fs::read(place.file()).unwrap(), before);
}

/// `sea` as a child that can be killed.
fn spawn(place: &Place, arguments: &[&str]) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_sea"))
        .arg("secrets")
        .args(arguments)
        .current_dir(place.dir.path())
        .env("HOME", place.home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("SEA_AGE_KEY")
        .env_remove("SEA_AGE_KEY_FILE")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn whoever_is_killed_while_setting_loses_nothing() {
    let place = Place::ready();
    place.run(&["set", "KEPT"], CANARY);
    place.run(&["set", "A"], "0");
    // How long one takes whole says where to cut.
    let begun = Instant::now();
    place.run(&["set", "A"], "1");
    let whole = begun.elapsed();
    let (mut last, mut killed) = (1, 0);
    for round in 2..18_u32 {
        let mut child = spawn(&place, &["set", "A"]);
        child.stdin.take().unwrap().write_all(round.to_string().as_bytes()).unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(round % 8) / 7.0));
        let _ = child.kill();
        killed += u32::from(!child.wait().unwrap().success());
        let now: u32 = place.get("A").trim().parse().unwrap();
        assert!(now == last || now == round, "{now} after {last} and {round}");
        assert_eq!(place.get("KEPT"), format!("{CANARY}\n"));
        last = now;
    }
    assert!(killed > 0, "none was killed in the middle");
    assert_eq!(place.run(&["set", "A"], "end").code, 0);
    let left: Vec<_> = std::fs::read_dir(place.dir.path().join("secrets")).unwrap().flatten().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn two_who_set_at_once_are_both_kept() {
    let place = Place::ready();
    let children: Vec<_> = (0..6)
        .map(|index| {
            let mut child = spawn(&place, &["set", &format!("NAME_{index}")]);
            child.stdin.take().unwrap().write_all(CANARY.as_bytes()).unwrap();
            child
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(place.run(&["list"], "").stdout.matches("set in").count(), 6);
}

#[test]
fn a_command_gets_the_name_and_its_value_is_in_no_process_list() {
    let place = Place::new();
    let program = place.dir.path().join("vault");
    // While it runs, every command line of the machine is written down.
    write(
        place.dir.path(),
        "vault",
        "#!/bin/sh\ncat value\ncat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' > \"seen-$2\"\n",
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Another one: the tests that run beside this one put theirs on command lines.
    let value = "canary-in-no-list";
    write(place.dir.path(), "value", value);
    let config = format!(
        "[environments.production]\nsecrets = {{ command = [\"{}\", \"get\", \"{{name}}\"] }}\n",
        program.display()
    );
    write(place.dir.path(), "seaworthy.toml", &config);
    let check = place.run(&["check"], "");
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
    let seen = std::fs::read_to_string(place.dir.path().join("seen-STRIPE_SECRET_KEY")).unwrap();
    assert!(seen.contains("get STRIPE_SECRET_KEY") && !seen.contains(value));
}

#[test]
fn a_prompt_shows_nothing_of_what_is_typed() {
    // `script` of util-linux gives it a terminal.
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script` of util-linux");
        return;
    }
    let place = Place::ready();
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command"])
        .arg(format!("'{}' secrets set A", env!("CARGO_BIN_EXE_sea")))
        .arg("/dev/null")
        .current_dir(place.dir.path())
        .env("HOME", place.home.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("SEA_AGE_KEY")
        .env_remove("SEA_AGE_KEY_FILE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut shown = String::new();
    let deadline = Instant::now() + Duration::from_mins(2);
    let mut byte = [0];
    while !shown.contains("A for production: ") {
        assert!(Instant::now() < deadline, "{shown}");
        assert_eq!(std::io::Read::read(&mut output, &mut byte).unwrap(), 1, "{shown}");
        shown.push(char::from(byte[0]));
    }
    child.stdin.as_mut().unwrap().write_all(format!("{CANARY}\r").as_bytes()).unwrap();
    std::io::Read::read_to_string(&mut output, &mut shown).unwrap();
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(!shown.contains(CANARY) && shown.contains("added A to"), "{shown}");
    assert_eq!(place.get("A"), format!("{CANARY}\n"));
}

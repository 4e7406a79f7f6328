//! Programs that print values, in the place of Vault and of the clouds' command lines.

use std::time::{Duration, Instant};

use seaworthy_model::SecretSource;
use seaworthy_secrets::Error;
use seaworthy_secrets::provider::{self, Provider};
use secrecy::ExposeSecret as _;

use crate::support::{CANARY, Repository, name};

/// A program of the repository's, asked as Vault is.
fn vault(repository: &Repository, script: &str, timeout: Duration) -> Box<dyn Provider> {
    let program = repository.write("vault", format!("#!/bin/sh\n{script}"), 0o755);
    let words = [program.to_str().unwrap(), "kv", "get", "-field={name}", "secret/my app"];
    let mut context = repository.context();
    context.timeout = timeout;
    let sources = [SecretSource::Command(words.map(str::to_owned).to_vec())];
    provider::open(&sources, &context).unwrap().remove(0)
}

const LONG: Duration = Duration::from_mins(1);

#[test]
fn the_name_is_all_that_is_put_in_and_no_shell_reads_it() {
    let repository = Repository::new();
    let script = r#"[ $# = 4 ] && [ "$4" = "secret/my app" ] || exit 9
case "$3" in -field=STRIPE_KEY) cat value ;; *) echo "No value found" >&2; exit 2 ;; esac"#;
    repository.write("value", format!("{CANARY}\n"), 0o600);
    let vault = vault(&repository, script, LONG);
    let value = vault.get(&name("STRIPE_KEY")).unwrap().unwrap();
    assert_eq!(value.expose_secret(), CANARY);
    assert!(vault.get(&name("OTHER")).unwrap().is_none(), "it failed, so it has none");
    assert!(vault.title().ends_with("vault`"));
}

#[test]
fn what_it_says_when_it_fails_is_not_repeated() {
    let repository = Repository::new();
    let wordy = vault(&repository, &format!("echo \"{CANARY}\" >&2; echo canary; exit 1"), LONG);
    assert!(wordy.get(&name("A")).unwrap().is_none());
    for script in ["head -c 70000 /dev/zero | tr '\\0' c", "printf 'canary\\377'", "printf 'can\\0ary'"] {
        let error = vault(&repository, script, LONG).get(&name("A")).unwrap_err();
        let said = format!("{error} {error:?} {:?}", error.help());
        assert!(!said.contains("canary") && !said.contains("ccc"), "{said}");
    }
}

#[test]
fn a_program_that_never_ends_is_ended_with_all_that_it_started() {
    let repository = Repository::new();
    let slow =
        vault(&repository, "echo $$ > pid; sleep 3600 & echo $! > child; wait", Duration::from_millis(500));
    let error = slow.get(&name("A")).unwrap_err();
    assert!(error.to_string().ends_with("took too long"), "{error}");
    assert!(error.help().unwrap().contains("-field=A"));
    for file in ["pid", "child"] {
        let pid = std::fs::read_to_string(repository.path(file)).unwrap();
        let deadline = Instant::now() + LONG;
        // A killed process stands in the table until someone has waited for it: that is init's for the child.
        while is_running(pid.trim()) {
            assert!(Instant::now() < deadline, "{file} {pid} still runs");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn is_running(pid: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_program_that_is_not_there_is_an_error_and_not_a_missing_secret() {
    let repository = Repository::new();
    let words = ["/nowhere/vault", "{name}"].map(str::to_owned).to_vec();
    let opened = provider::open(&[SecretSource::Command(words)], &repository.context()).unwrap();
    let error = opened[0].get(&name("A")).unwrap_err();
    assert!(matches!(error, Error::Command { .. }), "{error}");
}

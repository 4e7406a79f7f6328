//! Files for the `age` command of others, and files of it.

use std::process::{Command, Stdio};

use seaworthy_secrets::Error;
use seaworthy_secrets::key::{self, Keys, Places};
use secrecy::ExposeSecret as _;

use crate::support::{CANARY, Repository, name, production, program};

#[test]
fn the_age_command_opens_what_we_wrote() {
    let Some(age) = program("age") else { return };
    let repository = Repository::new();
    repository.set("CANARY", CANARY);
    let file = repository.folder().file(&production());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n") && !text.contains("CANARY"));
    let output = Command::new(age)
        .args(["--decrypt", "--identity"])
        .arg(repository.path("home/age.key"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "CANARY=\"canary-7f3a'\\\"$\\\\x\"\n");
}

#[test]
fn we_open_what_the_age_command_wrote_in_both_forms() {
    let (Some(age), Some(keygen)) = (program("age"), program("age-keygen")) else { return };
    for (armour, text) in [(true, "# by hand\nA='x'\n"), (false, "A = \"\"\"\nx\"\"\"\n")] {
        let repository = Repository::new();
        let key = repository.path("theirs.key");
        assert!(Command::new(&keygen).arg("-o").arg(&key).stderr(Stdio::null()).status().unwrap().success());
        let keys = Places { named: Some(key), ..Places::default() }.keys().unwrap();
        // Their list of recipients is ours, names included.
        let own = keys.recipients().remove(0);
        let added = repository
            .folder()
            .change_recipients(&repository.keys, |recipients| Ok(recipients.add(&own, Some("them"))));
        assert_eq!(added.unwrap().value, Some(true));
        let plain = repository.write("plain", text, 0o600);
        let mut command = Command::new(&age);
        command.args(["--encrypt", "-R"]).arg(repository.folder().recipients_file());
        if armour {
            command.arg("--armor");
        }
        command.arg("-o").arg(repository.folder().file(&production())).arg(plain);
        assert!(command.status().unwrap().success());
        for keys in [&repository.keys, &keys] {
            let document = repository.folder().read(&production(), keys).unwrap().unwrap();
            assert_eq!(document.get("A").unwrap().expose_secret(), "x");
        }
    }
}

#[test]
fn a_key_that_is_no_recipient_opens_and_writes_nothing() {
    let repository = Repository::new();
    repository.set("CANARY", CANARY);
    let file = repository.folder().file(&production());
    let before = std::fs::read(&file).unwrap();
    let stranger = Keys::generate();
    let read = repository.folder().read(&production(), &stranger).unwrap_err();
    assert!(matches!(read, Error::NotARecipient { .. }), "{read}");
    let set = repository.folder().change(&production(), &stranger, |document| {
        document.set(&name("A"), &"1".into());
        Ok(())
    });
    assert!(matches!(set.unwrap_err(), Error::NotARecipient { .. }));
    // Nor a new file that it could not read again.
    let staging = seaworthy_model::Name::parse("staging").unwrap();
    let set = repository.folder().change(&staging, &stranger, |_| Ok(()));
    assert!(matches!(set.unwrap_err(), Error::LockedOut { .. }));
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(repository.folder().environments().unwrap(), [production()]);
}

#[test]
fn a_removed_recipient_reads_no_new_file_and_a_rotated_key_reads_all() {
    let repository = Repository::new();
    let (folder, other) = (repository.folder(), Keys::generate());
    let theirs = other.recipients().remove(0);
    let added = folder.change_recipients(&repository.keys, |all| Ok(all.add(&theirs, Some("bob"))));
    assert!(added.unwrap().written);
    repository.set("A", "1");
    assert!(folder.read(&production(), &other).is_ok());
    let removed = folder.change_recipients(&repository.keys, |all| Ok(all.remove("bob")));
    assert!(removed.unwrap().written);
    assert!(matches!(folder.read(&production(), &other), Err(Error::NotARecipient { .. })));

    let old = repository.keys.recipients().remove(0);
    let keys = key::create(&repository.path("home/age.key"), "rotated").unwrap();
    let new = keys.recipients().remove(0);
    folder.change_recipients(&keys, |all| Ok(all.replace(&old, &new))).unwrap();
    assert!(matches!(folder.read(&production(), &repository.keys), Err(Error::NotARecipient { .. })));
    assert!(folder.read(&production(), &keys).unwrap().unwrap().get("A").is_some());

    // Whoever takes themselves out is stopped, and everything is as it was.
    let out = folder.change_recipients(&keys, |all| {
        all.add(&theirs, None);
        Ok(all.remove(&new))
    });
    assert!(matches!(out.unwrap_err(), Error::LockedOut { .. }));
    assert!(folder.read(&production(), &keys).is_ok() && folder.recipients().unwrap().all().count() == 1);
}

//! Changes of encrypted files: whole, none lost, and only where something changed.

use std::sync::Barrier;
use std::thread;

use seaworthy_secrets::Error;
use secrecy::ExposeSecret as _;

use crate::support::{CANARY, Repository, name, production, set};

#[test]
fn what_two_people_set_at_once_is_all_there() {
    let repository = Repository::new();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for index in 0..8 {
            let (repository, barrier) = (&repository, &barrier);
            scope.spawn(move || {
                barrier.wait();
                set(&repository.folder(), &repository.keys, &format!("NAME_{index}"), CANARY);
            });
        }
    });
    let document = repository.folder().read(&production(), &repository.keys).unwrap().unwrap();
    assert_eq!(document.all().len(), 8);
    assert!(document.text().lines().is_sorted());
}

#[test]
fn a_file_is_written_only_when_it_says_something_else() {
    let repository = Repository::new();
    let file = repository.folder().file(&production());
    repository.set("A", "1");
    let before = std::fs::read(&file).unwrap();
    repository.set("A", "1");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    repository.set("A", "2");
    assert_ne!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_change_that_fails_leaves_everything_as_it_was() {
    let repository = Repository::new();
    repository.set("A", "1");
    let file = repository.folder().file(&production());
    let before = std::fs::read(&file).unwrap();
    let failed = repository.folder().change(&production(), &repository.keys, |document| {
        document.set(&name("A"), &"2".into());
        Err::<(), _>(Error::Name)
    });
    assert!(failed.is_err());
    // Nobody to encrypt for.
    std::fs::write(repository.folder().recipients_file(), "# nobody\n").unwrap();
    let failed = repository.folder().change(&production(), &repository.keys, |document| {
        document.set(&name("A"), &"2".into());
        Ok(())
    });
    assert!(matches!(failed.unwrap_err(), Error::NoRecipients { .. }));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn what_a_killed_process_left_is_used_up_and_a_link_is_not_followed() {
    let repository = Repository::new();
    let victim = repository.write("victim", "untouched", 0o600);
    std::os::unix::fs::symlink(&victim, repository.path("secrets/.production.age.draft")).unwrap();
    repository.set("A", "1");
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "untouched");
    let mut left: Vec<_> = std::fs::read_dir(repository.path("secrets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["production.age", "recipients.txt"]);
}

#[test]
fn damaged_files_are_refused_and_nothing_of_them_is_told() {
    let repository = Repository::new();
    repository.set("CANARY", CANARY);
    let file = repository.folder().file(&production());
    let good = std::fs::read_to_string(&file).unwrap();
    let cut = good.len() / 2;
    let swapped = good.replacen('A', "B", 9);
    let conflict = good.replacen('\n', "\n<<<<<<< HEAD\n", 1);
    for bad in [
        &b""[..],
        b"CANARY=canary-7f3a",
        &good.as_bytes()[..cut],
        swapped.as_bytes(),
        conflict.as_bytes(),
        b"\xff\xfe\0",
        &vec![b'x'; 5 << 20],
    ] {
        std::fs::write(&file, bad).unwrap();
        let error = repository.folder().read(&production(), &repository.keys).unwrap_err();
        let said = format!("{error} {error:?} {:?}", error.help());
        assert!(matches!(error, Error::Content { .. }), "{said}");
        assert!(!said.contains("canary-7f3a"), "{said}");
        // A change does not write over what it could not read.
        let change = repository.folder().change(&production(), &repository.keys, |_| Ok(()));
        assert!(change.is_err());
        assert_eq!(std::fs::read(&file).unwrap(), bad);
    }
    std::fs::write(&file, good).unwrap();
    let document = repository.folder().read(&production(), &repository.keys).unwrap().unwrap();
    assert_eq!(document.get("CANARY").unwrap().expose_secret(), CANARY);
}

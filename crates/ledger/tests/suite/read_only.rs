//! Reading a ledger that is someone else's.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use seaworthy_ledger::{Ledger, LedgerError};

use super::support::{Place, all, copy_files, step};

const FILE: &str = "LEDGER_TEST_READ";
/// `nobody` of most systems; all that matters is that it owns nothing here.
const NOBODY: u32 = 65_534;

/// Not a test: what the children run.
#[test]
#[ignore = "run by the tests of this file"]
fn a_reader() {
    let Ok(file) = std::env::var(FILE) else { return };
    match Ledger::open_read_only(file, Place::new().options()) {
        Ok(Some(ledger)) => {
            let refused = matches!(ledger.append(&step(9)), Err(LedgerError::ReadOnly { .. }));
            let verified = ledger.verify(None).unwrap().events;
            println!("read {} {verified} {refused}", all(&ledger).len());
        }
        Ok(None) => println!("read nothing"),
        Err(error) => println!("read not: {error}"),
    }
}

/// What someone reads who may write neither the file nor its folder.
fn read(place: &Place, file: &Path) -> String {
    let folder = file.parent().unwrap();
    fs::set_permissions(place.folder(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder, Permissions::from_mode(0o555)).unwrap();
    let mut reader = Command::new(std::env::current_exe().unwrap());
    reader.args(["--exact", "read_only::a_reader", "--ignored", "--nocapture", "--test-threads=1"]);
    if fs::metadata(folder).unwrap().uid() == 0 {
        reader.uid(NOBODY).gid(NOBODY);
    }
    let before = names(folder);
    let output = reader.env(FILE, file).env_remove("TMPDIR").output().unwrap();
    assert_eq!(names(folder), before, "reading leaves nothing behind");
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.split_once("read ").map(|(_, told)| told.to_owned()));
    line.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn no_permission_to_write_is_needed() {
    let place = Place::new();
    let ledger = place.open();
    ledger.append(&step(1)).unwrap();
    ledger.append(&step(2)).unwrap();
    assert_eq!(read(&place, &place.file()), "2 2 true", "while someone writes");
    drop(ledger);
    assert_eq!(read(&place, &place.file()), "2 2 true", "when no one has it open");
}

#[test]
fn names_that_an_address_would_read_otherwise_are_names() {
    let place = Place::new();
    let file = place.folder().join("a b?mode=rwc#%2f").join("ledger.db");
    let ledger = Ledger::open(&file, place.options()).unwrap();
    ledger.append(&step(1)).unwrap();
    drop(ledger);
    assert_eq!(read(&place, &file), "1 1 true");
}

#[test]
fn there_may_be_no_ledger() {
    let place = Place::new();
    assert_eq!(read(&place, &place.file()), "nothing");
    let deeper = place.folder().join("no/such/ledger.db");
    assert!(Ledger::open_read_only(&deeper, place.options()).unwrap().is_none());
    assert!(!deeper.parent().unwrap().exists(), "reading makes no folder");
}

/// Its newest events stand in the log alone, and the index of the log died with the machine.
#[test]
fn a_log_without_its_index_is_named() {
    let place = Place::new();
    let ledger = place.open();
    ledger.append(&step(1)).unwrap();
    let copy = Place::new();
    copy_files(place.folder(), copy.folder());
    fs::remove_file(copy.beside("-shm")).unwrap();
    let told = read(&copy, &copy.file());
    assert!(told.contains("ledger.db-wal") && told.contains("run as who owns it"), "{told}");
    // Who owns it has no such trouble.
    assert_eq!(all(&Ledger::open_read_only(copy.file(), copy.options()).unwrap().unwrap()).len(), 1);
}

#[test]
fn damage_is_found_by_readers_too() {
    let place = Place::new();
    let ledger = place.open();
    ledger.append(&step(1)).unwrap();
    drop(ledger);
    fs::remove_file(place.file()).unwrap();
    let told = read(&place, &place.file());
    assert!(told.contains("the file is gone, and it held 1 events"), "{told}");
    fs::write(place.file(), "no ledger").unwrap();
    let told = read(&place, &place.file());
    assert!(told.contains("is damaged"), "{told}");
}

#[test]
fn who_could_write_leaves_nothing_behind_either() {
    let place = Place::new();
    let ledger = place.open();
    ledger.append(&step(1)).unwrap();
    drop(ledger);
    let before = names(place.folder());
    let reader = Ledger::open_read_only(place.file(), place.options()).unwrap().unwrap();
    assert_eq!(all(&reader).len(), 1);
    drop(reader);
    assert_eq!(names(place.folder()), before);
    let reader = Ledger::open_read_only(place.file(), place.options()).unwrap().unwrap();
    // What is written meanwhile is seen.
    place.open().append(&step(2)).unwrap();
    assert_eq!(all(&reader).len(), 2);
    drop(reader);
    drop(place.open());
    assert_eq!(names(place.folder()), before);
}

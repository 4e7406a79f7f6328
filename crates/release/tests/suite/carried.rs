//! The cache of a pipeline, carried from one machine to the next, whole and damaged.

use std::fs;
use std::path::Path;

use seaworthy_release::Error;
use seaworthy_release::pipeline::{Outcome, export, import};
use sha2::{Digest as _, Sha256};

use crate::project::Project;

/// One service that is built and tested.
fn project() -> Project {
    Project::new(&[
        (
            "seaworthy.toml",
            "name = \"demo\"\n[services.api]\npath = \"api\"\nstart = \"true\"\nbuild = \"mkdir -p dist/deep && cp a.txt dist/deep && ln -sf a.txt dist/deep/link\"\ntest = \"echo tested\"\n",
        ),
        ("api/a.txt", "one\n"),
        (".gitignore", "dist\n"),
    ])
}

fn cache(project: &Project) -> std::path::PathBuf {
    project.root().join(".seaworthy/cache")
}

/// Everything in a folder, to see whether something changed.
fn listing(folder: &Path) -> Vec<String> {
    let output = std::process::Command::new("sh")
        .args(["-c", "find . -type f ! -name lock | sort | xargs sha256sum"])
        .current_dir(folder)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn refused(project: &Project, from: &Path) -> String {
    let before = listing(&cache(project));
    let error = import(&cache(project), from).unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error}");
    assert_eq!(listing(&cache(project)), before, "{error}: nothing of it is there");
    error.to_string()
}

#[test]
fn another_machine_knows_what_this_one_did() {
    let away = tempfile::tempdir().unwrap();
    for name in ["cache", "deep/cache.tar.zst"] {
        let to = away.path().join(name);
        let here = project();
        assert!(here.run(&[]).report.steps.iter().all(|step| step.outcome == Outcome::Passed));
        let carried = export(&cache(&here), &to).unwrap();
        assert!(carried.files > 8 && carried.bytes > 500, "{carried:?}");
        // Again, over what is there.
        assert_eq!(export(&cache(&here), &to).unwrap(), carried);
        let there = project();
        assert_eq!(import(&cache(&there), &to).unwrap(), Some(carried), "{name}");
        let seen = there.run(&[]);
        assert!(seen.report.steps.iter().all(|step| step.outcome == Outcome::Hit), "{:#?}", seen.report);
        assert_eq!(there.read("api/dist/deep/link"), "one\n", "what was built is brought back");
        let log = seen.report.steps.iter().find(|step| step.step.as_str() == "api:test").unwrap().log.clone();
        assert_eq!(there.read(&log.unwrap()), "tested\n");
        // Where something is known already, it stays, and what comes in is added.
        let third = project();
        third.write("api/a.txt", "two\n");
        third.run(&[]);
        import(&cache(&third), &to).unwrap();
        assert_eq!(third.run(&["build"]).outcome("api:build"), Outcome::Hit);
        third.write("api/a.txt", "one\n");
        let seen = third.run(&[]);
        assert!(seen.report.steps.iter().all(|step| step.outcome == Outcome::Hit), "{:#?}", seen.report);
        assert_eq!(third.read("api/dist/deep/a.txt"), "one\n");
    }
    let nothing = import(&cache(&project()), &away.path().join("absent.tar.zst")).unwrap();
    assert_eq!(nothing, None, "the first run of a CI has none");
}

#[test]
fn a_damaged_archive_is_refused_and_changes_nothing() {
    let away = tempfile::tempdir().unwrap();
    let file = away.path().join("cache.tar.zst");
    let here = project();
    here.run(&[]);
    export(&cache(&here), &file).unwrap();
    let whole = fs::read(&file).unwrap();
    let there = project();
    there.run(&["test"]);
    for cut in [0, 3, 100, whole.len() / 2, whole.len() - 2] {
        fs::write(&file, &whole[..cut]).unwrap();
        refused(&there, &file);
    }
    for at in [8, whole.len() / 3, whole.len() / 2, whole.len() - 10] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        fs::write(&file, damaged).unwrap();
        refused(&there, &file);
    }
    let folder = away.path().join("folder");
    export(&cache(&here), &folder).unwrap();
    let copy = fs::read_dir(folder.join("copies")).unwrap().next().unwrap().unwrap().path();
    fs::write(&copy, "mine").unwrap();
    assert!(refused(&there, &folder).ends_with("is damaged"));
    fs::remove_file(&copy).unwrap();
    refused(&there, &folder);
    // A folder of somebody else is not written over.
    let mine = away.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("thesis.txt"), "years of work").unwrap();
    assert!(export(&cache(&here), &mine).is_err());
    assert!(mine.join("thesis.txt").exists());
}

/// An archive with these files and a list that agrees with them.
fn forged(to: &Path, files: &[(&str, &[u8])]) {
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let items: serde_json::Map<String, serde_json::Value> = files
        .iter()
        .map(|(path, bytes)| {
            let item = serde_json::json!({ "bytes": bytes.len(), "sha256": hex(&Sha256::digest(bytes)) });
            ((*path).to_owned(), item)
        })
        .collect();
    let list = serde_json::json!({ "schema": "sea.cache/1", "files": items }).to_string();
    let mut archive =
        tar::Builder::new(zstd::stream::write::Encoder::new(fs::File::create(to).unwrap(), 3).unwrap());
    for (path, bytes) in [("seaworthy-cache.json", list.as_bytes())].iter().chain(files) {
        let mut header = tar::Header::new_ustar();
        // By hand: the library refuses to write what leads out.
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

#[test]
fn nothing_outside_of_the_cache_is_written() {
    let away = tempfile::tempdir().unwrap();
    let file = away.path().join("forged.tar.zst");
    let there = project();
    there.run(&[]);
    for path in [
        "../evil",
        "results/../../../evil.json",
        "/tmp/evil-seaworthy",
        "lock",
        "stat.json",
        "results/a/b.json",
    ] {
        forged(&file, &[(path, b"[]")]);
        assert!(refused(&there, &file).ends_with(&format!("{path} is no file of a cache")));
    }
    assert!(!there.root().join(".seaworthy/evil").exists() && !Path::new("/tmp/evil-seaworthy").exists());
    // Whole by its hashes, and a result in it would write where no build writes.
    let result = there.read(".seaworthy/cache/steps/results/api.build.json");
    forged(&file, &[("results/api.build.json", result.as_bytes())]);
    assert!(import(&cache(&project()), &file).unwrap().is_some(), "as it was made, it is taken");
    for (from, to) in [
        ("\"path\":\"api/dist\"", "\"path\":\"../dist\""),
        ("\"path\":\"api/dist\"", "\"path\":\"api/.git\""),
        ("\"api/dist/deep/a.txt\"", "\"api/dist/../../../../etc/x\""),
        ("\"api/dist/deep/a.txt\"", "\"/etc/x\""),
        ("\"api/dist/deep/a.txt\"", "\"api/dist/deep/link/x\""),
        ("\"api/dist/deep/a.txt\"", "\"api/other.txt\""),
        ("\"log\":\"", "\"log\":\"../"),
    ] {
        let changed = result.replace(from, to);
        assert_ne!(changed, result, "{from}");
        forged(&file, &[("results/api.build.json", changed.as_bytes())]);
        refused(&there, &file);
    }
    let name = format!("copies/{}", "0".repeat(64));
    forged(&file, &[(&name, b"not what its name says")]);
    assert!(refused(&there, &file).contains("not what its name says"));
}

#[test]
fn what_is_brought_back_is_not_written_through_a_link() {
    let project = project();
    project.run(&["build"]);
    let away = tempfile::tempdir().unwrap();
    project.remove("api/dist/deep");
    std::os::unix::fs::symlink(away.path(), project.root().join("api/dist/deep")).unwrap();
    // The build decides: it is its command that follows the link now.
    let (outcome, because) = project.run(&["build"]).step("api:build");
    assert_eq!(outcome, Outcome::Passed, "{because}");
}

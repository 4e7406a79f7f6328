//! Folders that come, go and are ignored.

use std::fs;
use std::path::Path;

use seaworthy_watch::{ChangeKind, Config, Error, Event, Watcher};

use crate::bench::{Bench, changes, modified, write};

/// The paths of all batches, sorted.
async fn paths(bench: &mut Bench) -> Vec<String> {
    let mut paths: Vec<_> = bench.batches().await.iter().flat_map(changes).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    paths
}

#[tokio::test]
async fn a_file_in_a_new_folder_is_noticed_however_fast() {
    let mut bench = Bench::new(&["app.py"]).await;
    for round in 0..20 {
        let file = format!("{round}/a/b/c/app.py");
        bench.write(&file, "new");
        assert_eq!(paths(&mut bench).await, [file.as_str()]);
        bench.write(&file, "changed");
        assert_eq!(bench.changes().await, modified(&file));
    }
}

#[tokio::test]
async fn many_new_folders_at_once() {
    let mut bench = Bench::new(&["app.py"]).await;
    let mut files: Vec<_> = (0..300).map(|n| format!("new/{}/{n}/file.py", n % 10)).collect();
    for file in &files {
        bench.write(file, "new");
    }
    files.sort();
    assert_eq!(paths(&mut bench).await, files);
}

#[tokio::test]
async fn ignored_folders_are_silent() {
    let mut bench = Bench::new(&["app.py", "node_modules/a/index.js", "build/out.js"]).await;
    bench.write(".gitignore", "build/\n*.gen.py\n");
    assert_eq!(paths(&mut bench).await, [".gitignore"]);
    for file in ["node_modules/a/index.js", "build/out.js", "a.gen.py", ".git/index", ".seaworthy/logs/a.txt"]
    {
        bench.write(file, "noise");
    }
    bench.write("target/debug/x.rs", "noise");
    bench.write("service.log", "noise");
    assert_eq!(paths(&mut bench).await, [""; 0]);
}

#[tokio::test]
async fn what_is_no_longer_ignored_is_watched() {
    let mut bench = Bench::new(&["generated/deep/a.py"]).await;
    bench.write(".gitignore", "generated/\n");
    assert_eq!(paths(&mut bench).await, [".gitignore"]);
    bench.write("generated/deep/a.py", "1");
    assert_eq!(paths(&mut bench).await, [""; 0]);
    bench.write(".gitignore", "\n");
    assert_eq!(paths(&mut bench).await, [".gitignore"]);
    bench.write("generated/deep/a.py", "2");
    assert_eq!(paths(&mut bench).await, ["generated/deep/a.py"]);
    fs::remove_file(bench.path(".gitignore")).unwrap();
    assert_eq!(paths(&mut bench).await, [".gitignore"]);
}

#[tokio::test]
async fn only_the_named_folders_and_the_files_above_them() {
    let files = ["services/api/src/a.py", "services/web/a.ts", "docs/a.md", "dist/out.js"];
    let named = ["services/api", "dist", "services/later"];
    let mut bench = Bench::configured(&files, |config| config.with_folders(named)).await;
    for file in files {
        bench.write(file, "after");
    }
    bench.write("package.json", "{}");
    bench.write("services/README", "new");
    let expected = ["dist/out.js", "package.json", "services/README", "services/api/src/a.py"];
    assert_eq!(paths(&mut bench).await, expected);
    bench.write("services/later/src/a.py", "new");
    assert_eq!(paths(&mut bench).await, ["services/later/src/a.py"]);
}

#[tokio::test]
async fn a_folder_that_moves() {
    let mut bench = Bench::new(&["old/deep/a.py"]).await;
    fs::rename(bench.path("old"), bench.path("new")).unwrap();
    let batches = bench.batches().await;
    let all: Vec<_> = batches.iter().flat_map(changes).collect();
    assert!(all.contains(&("old".to_owned(), ChangeKind::Removed)), "{all:?}");
    assert!(all.contains(&("new/deep/a.py".to_owned(), ChangeKind::Created)), "{all:?}");
    bench.write("new/deep/a.py", "after");
    assert_eq!(bench.changes().await, modified("new/deep/a.py"));
    fs::rename(bench.path("new"), bench.root.parent().unwrap().join("away")).unwrap();
    assert_eq!(paths(&mut bench).await, ["new"]);
    write(&bench.root.parent().unwrap().join("away/deep/a.py"), "unseen");
    assert_eq!(paths(&mut bench).await, [""; 0]);
}

#[tokio::test]
async fn a_folder_that_is_removed_and_made_again_with_the_same_content() {
    let mut bench = Bench::new(&["src/deep/a.py"]).await;
    for _ in 0..5 {
        fs::remove_dir_all(bench.path("src")).unwrap();
        bench.write("src/deep/a.py", "before");
        assert!(!bench.batches().await.is_empty());
        bench.write("src/deep/a.py", "after");
        assert_eq!(bench.changes().await, modified("src/deep/a.py"));
    }
}

#[tokio::test]
async fn a_root_that_goes_and_returns() {
    let mut bench = Bench::new(&["src/a.py"]).await;
    let away = bench.root.parent().unwrap().join("away");
    for moved in [false, true, false] {
        if moved {
            fs::rename(&bench.root, &away).unwrap();
        } else {
            fs::remove_dir_all(&bench.root).unwrap();
        }
        while bench.next().await != Event::RootGone {}
        bench.write("src/a.py", "before");
        loop {
            if bench.batch().await.overflow {
                break;
            }
        }
        bench.batches().await;
        bench.write("src/a.py", "after");
        assert_eq!(bench.changes().await, modified("src/a.py"));
    }
}

#[tokio::test]
async fn dropping_the_watcher_ends_it() {
    let mut bench = Bench::new(&["a.py"]).await;
    bench.watcher = None;
    bench.write("a.py", "after");
    assert_eq!(bench.events.next().await, None);
}

#[test]
fn a_folder_outside_the_root_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let start = |named: &str| Watcher::start(&Config::new(folder.path()).with_folders([named])).map(|_| ());
    assert!(matches!(start("../beside"), Err(Error::Outside { .. })));
    assert!(matches!(start("/etc"), Err(Error::Outside { .. })));
    assert!(start("a/../b").is_ok());
    assert!(start(folder.path().join("a").to_str().unwrap()).is_ok());
    let missing = Watcher::start(&Config::new(Path::new("/does/not/exist"))).map(|_| ());
    assert!(matches!(missing, Err(Error::Root { .. })));
}

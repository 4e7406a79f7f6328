//! What editors and tools do when they save is one batch.

use std::fs::{self, FileTimes, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use seaworthy_watch::ChangeKind;

use crate::bench::{Bench, assert_one_save, assert_one_save_by, changes, modified, write};

#[tokio::test]
async fn write_in_place() {
    let mut bench = Bench::new(&["src/app.py"]).await;
    bench.write("src/app.py", "after");
    assert_eq!(bench.changes().await, modified("src/app.py"));
}

#[tokio::test]
async fn truncate_then_write() {
    assert_one_save("app.py", |bench| {
        let path = bench.path("app.py");
        // The file is closed while it is empty, as editors did that truncate by name.
        OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().write_all(b"after").unwrap();
    })
    .await;
}

#[tokio::test]
async fn truncate_then_think_then_write() {
    let mut bench = Bench::new(&["app.py"]).await;
    let mut file = OpenOptions::new().write(true).truncate(true).open(bench.path("app.py")).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    file.write_all(b"after").unwrap();
    drop(file);
    assert_eq!(bench.changes().await, modified("app.py"));
}

#[tokio::test]
async fn a_file_that_stays_empty_is_reported() {
    let mut bench = Bench::new(&["app.py"]).await;
    bench.write("app.py", "");
    assert_eq!(bench.changes().await, modified("app.py"));
}

#[tokio::test]
async fn temporary_file_renamed_over() {
    for temporary in ["app.py.tmp.4711", ".app.py.a8Xk2", "app.py___jb_tmp___", "sedk3jd8A"] {
        assert_one_save("app.py", |bench| {
            bench.write(temporary, "after");
            fs::rename(bench.path(temporary), bench.path("app.py")).unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn jetbrains_moves_the_old_one_away() {
    assert_one_save("app.py", |bench| {
        bench.write("app.py___jb_tmp___", "after");
        fs::rename(bench.path("app.py"), bench.path("app.py___jb_old___")).unwrap();
        fs::rename(bench.path("app.py___jb_tmp___"), bench.path("app.py")).unwrap();
        fs::remove_file(bench.path("app.py___jb_old___")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn emacs_backs_up_then_creates() {
    assert_one_save("init.el", |bench| {
        symlink("user@host.1:2", bench.path(".#init.el")).unwrap();
        bench.write("#init.el#", "after");
        fs::rename(bench.path("init.el"), bench.path("init.el~")).unwrap();
        bench.write("init.el", "after");
        fs::remove_file(bench.path("#init.el#")).unwrap();
        fs::remove_file(bench.path(".#init.el")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn vim_probes_backs_up_and_creates() {
    assert_one_save("app.py", |bench| {
        bench.write(".app.py.swp", "swap");
        bench.write("4913", "");
        fs::remove_file(bench.path("4913")).unwrap();
        fs::rename(bench.path("app.py"), bench.path("app.py~")).unwrap();
        bench.write("app.py", "after");
        fs::set_permissions(bench.path("app.py"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::remove_file(bench.path("app.py~")).unwrap();
        fs::remove_file(bench.path(".app.py.swp")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_real_vim() {
    if Command::new("vim").arg("--version").output().is_err() {
        eprintln!("vim is not on this machine");
        return;
    }
    for option in ["backupcopy=auto", "backupcopy=yes", "backupcopy=no", "nowritebackup"] {
        assert_one_save_by("app.py", |bench| {
            let mut vim = Command::new("vim");
            vim.args(["-Nu", "NONE", "-es", "--cmd"]).arg(format!("set {option}"));
            vim.args(["-c", "normal Oafter", "-c", "wq", "app.py"]);
            let output = vim.current_dir(&bench.root).stdin(Stdio::null()).output().unwrap();
            assert_eq!(fs::read_to_string(bench.path("app.py")).unwrap(), "after\nbefore\n", "{output:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn the_real_sed() {
    assert_one_save_by("app.py", |bench| {
        let mut sed = Command::new("sed");
        let status = sed.args(["-i", "s/before/after/", "app.py"]).current_dir(&bench.root).status();
        assert!(status.unwrap().success());
    })
    .await;
}

#[tokio::test]
async fn a_save_without_a_change_is_nothing() {
    let mut bench = Bench::new(&["app.py"]).await;
    bench.write("app.py", "after");
    assert_eq!(bench.changes().await, modified("app.py"));
    bench.write("app.py", "after");
    bench.write("app.py___jb_tmp___", "after");
    fs::rename(bench.path("app.py___jb_tmp___"), bench.path("app.py")).unwrap();
    OpenOptions::new()
        .append(true)
        .open(bench.path("app.py"))
        .unwrap()
        .set_modified(SystemTime::now())
        .unwrap();
    assert_eq!(bench.changes().await, []);
    bench.write("app.py", "again");
    assert_eq!(bench.changes().await, modified("app.py"));
}

#[tokio::test]
async fn permissions_times_and_reading_are_nothing() {
    let mut bench = Bench::new(&["app.py"]).await;
    let path = bench.path("app.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH).set_accessed(SystemTime::UNIX_EPOCH);
    fs::File::open(&path).unwrap().set_times(times).unwrap();
    fs::read(&path).unwrap();
    assert_eq!(bench.changes().await, []);
}

#[tokio::test]
async fn new_and_removed_files() {
    let mut bench = Bench::new(&["old.py"]).await;
    bench.write("new.py", "new");
    assert_eq!(bench.changes().await, [("new.py".to_owned(), ChangeKind::Created)]);
    fs::remove_file(bench.path("old.py")).unwrap();
    assert_eq!(bench.changes().await, [("old.py".to_owned(), ChangeKind::Removed)]);
}

#[tokio::test]
async fn a_link_changes_with_its_file() {
    let outside = tempfile::tempdir().unwrap();
    let shared = outside.path().join("shared.env");
    write(&shared, "before");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    symlink(&shared, root.join("app.env")).unwrap();
    let mut bench = Bench::on(folder, root, |config| config).await;
    write(&shared, "after");
    assert_eq!(bench.changes().await, modified("app.env"));
    write(&outside.path().join("other.env"), "unrelated");
    assert_eq!(bench.changes().await, []);
}

#[tokio::test]
async fn git_checkout_of_another_branch() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(&root).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "-q"]);
    for content in ["one", "two"] {
        for number in 0..150 {
            write(&root.join(format!("src/{}/{number}.py", number % 7)), &format!("{content} {number}"));
        }
        git(&["checkout", "-q", "-b", content]);
        git(&["add", "."]);
        git(&["commit", "-qm", content]);
    }
    let mut bench = Bench::on(folder, root.clone(), |config| config).await;
    git(&["checkout", "-q", "one"]);
    let batches = bench.batches().await;
    assert!((1..=2).contains(&batches.len()), "{}", batches.len());
    let mut paths: Vec<_> = batches.iter().flat_map(changes).collect();
    assert!(paths.iter().all(|(_, kind)| *kind == ChangeKind::Modified));
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 150);
}

//! A repository that is watched, and what is heard of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use seaworthy_watch::{Batch, ChangeKind, Config, Event, Receiver, Watcher};
use tempfile::TempDir;

/// Longer than anything takes on a machine that is alive.
const GENEROUS: Duration = Duration::from_mins(1);

pub(crate) struct Bench {
    _folder: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) watcher: Option<Watcher>,
    pub(crate) events: Receiver,
    probes: usize,
}

impl Bench {
    /// Watches a repository of these files.
    pub(crate) async fn new(files: &[&str]) -> Self {
        Self::configured(files, |config| config).await
    }

    pub(crate) async fn configured(files: &[&str], configure: impl FnOnce(Config) -> Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it exists").join("repository");
        fs::create_dir(&root).expect("a new folder");
        for file in files {
            write(&root.join(file), "before");
        }
        Self::on(folder, root, configure).await
    }

    pub(crate) async fn on(folder: TempDir, root: PathBuf, configure: impl FnOnce(Config) -> Config) -> Self {
        let (watcher, events) = Watcher::start(&configure(Config::new(&root))).expect("a watcher");
        let mut bench = Self { _folder: folder, root, watcher: Some(watcher), events, probes: 0 };
        assert!(matches!(bench.next().await, Event::Ready { .. }));
        bench
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        write(&self.path(path), content);
    }

    pub(crate) async fn next(&mut self) -> Event {
        let next = tokio::time::timeout(GENEROUS, self.events.next()).await;
        next.expect("an event in time").expect("a living watcher")
    }

    pub(crate) async fn batch(&mut self) -> Batch {
        match self.next().await {
            Event::Batch(batch) => batch,
            other => panic!("{other:?} instead of a batch"),
        }
    }

    /// All batches up to now: until a file that is written after a silence is heard of.
    pub(crate) async fn batches(&mut self) -> Vec<Batch> {
        // Longer than any file settles and any burst lasts. Too short a time on a slow machine can only merge the
        // probe into the last batch, where it is taken out again.
        tokio::time::sleep(Duration::from_millis(400)).await;
        self.probes += 1;
        let probe = PathBuf::from(format!("probe-{}", self.probes));
        write(&self.root.join(&probe), "probe");
        let mut batches = Vec::new();
        loop {
            let mut batch = self.batch().await;
            let done = batch.overflow || batch.changes.iter().any(|change| change.path == probe);
            batch.changes.retain(|change| change.path != probe);
            if batch.overflow || !batch.changes.is_empty() {
                batches.push(batch);
            }
            if done {
                return batches;
            }
        }
    }

    /// What one save leads to: exactly one batch, or none.
    pub(crate) async fn changes(&mut self) -> Vec<(String, ChangeKind)> {
        let batches = self.batches().await;
        assert!(batches.len() <= 1, "one batch: {batches:#?}");
        batches.iter().flat_map(changes).collect()
    }
}

pub(crate) fn changes(batch: &Batch) -> Vec<(String, ChangeKind)> {
    assert!(!batch.overflow);
    batch
        .changes
        .iter()
        .map(|change| (change.path.to_str().expect("ASCII").to_owned(), change.kind))
        .collect()
}

pub(crate) fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().expect("a file in a folder")).expect("folders");
    fs::write(path, content).expect("a written file");
}

pub(crate) fn modified(path: &str) -> Vec<(String, ChangeKind)> {
    vec![(path.to_owned(), ChangeKind::Modified)]
}

/// What one save of `file`, made in these steps, leads to: one batch that says that it was modified. A machine that
/// stalls between the steps makes two saves of them; such a round proves nothing and is repeated.
pub(crate) async fn assert_one_save(file: &str, save: impl Fn(&Bench)) {
    for _ in 0..100 {
        let mut bench = Bench::new(&[file]).await;
        let start = Instant::now();
        save(&bench);
        let stalled = start.elapsed() > Duration::from_millis(20);
        let batches = bench.batches().await;
        if !stalled {
            assert_eq!(batches.iter().map(changes).collect::<Vec<_>>(), [modified(file)]);
            return;
        }
    }
    panic!("this machine stalls all the time");
}

/// The same of a program, whose stalls cannot be seen: one of three rounds must do.
pub(crate) async fn assert_one_save_by(file: &str, save: impl Fn(&Bench)) {
    let mut seen = Vec::new();
    for _ in 0..3 {
        let mut bench = Bench::new(&[file]).await;
        save(&bench);
        let batches = bench.batches().await;
        if batches.iter().map(changes).collect::<Vec<_>>() == [modified(file)] {
            return;
        }
        seen.push(batches);
    }
    panic!("never one batch: {seen:#?}");
}

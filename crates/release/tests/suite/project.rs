//! A small project in a folder of its own, and its pipeline.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use seaworthy_detect::{Overrides, Repository, load_from};
use seaworthy_provision::state::State;
use seaworthy_release::pipeline::{
    Cancel, Event, Options, Outcome, Pipeline, Report, Shard, Step, Verdict, Workshop, derive, select,
};

pub(crate) struct Project {
    pub(crate) dir: tempfile::TempDir,
    /// Variables around the pipeline.
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) options: fn(&mut Options),
    /// The share of the tests that is run.
    pub(crate) shard: Option<Shard>,
}

/// What was seen of a run.
pub(crate) struct Seen {
    pub(crate) report: Report,
    /// Lines that steps wrote.
    pub(crate) lines: Vec<String>,
    /// Files that were reported as undeclared.
    pub(crate) undeclared: Vec<String>,
    /// Files that changed while a step ran.
    pub(crate) not_kept: Vec<String>,
}

impl Seen {
    pub(crate) fn outcome(&self, step: &str) -> Outcome {
        self.step(step).0
    }

    /// Outcome and reason.
    pub(crate) fn step(&self, step: &str) -> (Outcome, String) {
        let report = self.report.steps.iter().find(|report| report.step.as_str() == step);
        let report = report.unwrap_or_else(|| panic!("there is no {step} in {:#?}", self.report));
        (report.outcome, report.because.clone())
    }
}

impl Project {
    /// With these files; paths that end in `.sh` are scripts.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self {
            dir: tempfile::tempdir().unwrap(),
            variables: std::env::vars()
                .filter(|(name, _)| matches!(name.as_str(), "PATH" | "HOME"))
                .collect(),
            options: |_| {},
            shard: None,
        };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.dir.path().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }

    pub(crate) fn run(&self, wanted: &[&str]) -> Seen {
        self.run_until(wanted, &Cancel::default(), |_| {})
    }

    /// Runs, and calls `on` with everything that happens.
    pub(crate) fn run_until(&self, wanted: &[&str], cancel: &Cancel, mut on: impl FnMut(&Event<'_>)) -> Seen {
        let (mut pipeline, steps, workshop) = self.open(wanted);
        let (mut lines, mut undeclared, mut not_kept) = (Vec::new(), Vec::new(), Vec::new());
        let report = pipeline.run(&steps, &workshop, cancel, &mut |event| {
            match event {
                Event::Line { text, .. } => lines.push((*text).to_owned()),
                Event::Undeclared { files, .. } => undeclared.extend(files.iter().cloned()),
                Event::NotKept { path, .. } => not_kept.push((*path).to_owned()),
                Event::Unobserved => panic!("this system does not tell what is read"),
                _ => {}
            }
            on(event);
        });
        Seen { report: report.unwrap(), lines, undeclared, not_kept }
    }

    pub(crate) fn plan(&self, wanted: &[&str]) -> BTreeMap<String, Verdict> {
        let (mut pipeline, steps, workshop) = self.open(wanted);
        let verdicts = pipeline.plan(&steps, &workshop).unwrap();
        steps.iter().map(|step| step.id.to_string()).zip(verdicts).collect()
    }

    /// Writes recorded durations where the project would commit them.
    pub(crate) fn write_timings(&self) {
        let (pipeline, steps, _) = self.open(&[]);
        pipeline.write_timings(&steps).unwrap();
    }

    fn open(&self, wanted: &[&str]) -> (Pipeline, Vec<Step>, Workshop) {
        let root = self.root();
        let repository = Repository::open(&root).unwrap();
        let loaded = load_from(&repository, &Overrides::default());
        assert!(!loaded.has_errors(), "{:?} {:?}", loaded.diagnostics, loaded.problems);
        let state = State::open(&root).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let workshop = runtime.block_on(Workshop::open(&loaded.app, &state));
        let all = derive(&loaded.app, &workshop.workspaces, &|path| {
            repository.text(path).map(|text| text.to_string())
        });
        let all = all.unwrap();
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let steps = select(&all, &wanted, self.shard).unwrap();
        let mut options = Options {
            jobs: 2,
            cache: true,
            trace: true,
            today: "2026-11-21".to_owned(),
            sea: PathBuf::from("/bin/true"),
            environment: self.variables.clone(),
        };
        (self.options)(&mut options);
        (Pipeline::open(&repository, &state, &all, options).unwrap(), steps, workshop)
    }
}

/// Waits for a file of another process.
pub(crate) fn wait_for(path: &Path) {
    for _ in 0..3000 {
        if path.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{} does not come", path.display());
}

/// Waits until a process is gone: a signal that was sent takes its time.
pub(crate) fn wait_until_gone(pid: &str) {
    for _ in 0..3000 {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // A zombie is over; whoever adopted it has not looked yet.
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{pid} lives");
}

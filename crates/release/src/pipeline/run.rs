//! Plans and runs a pipeline: what has to run, why, and how it went.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use seaworthy_detect::Repository;
use seaworthy_provision::state::State;
use seaworthy_supervise::log::cause::cause;
use seaworthy_supervise::log::redact::Redactor;
use serde::Serialize;

use super::execute::{self, Cancel, Ended, Job, Message};
use super::files::{Files, Tree};
use super::fingerprint::{Change, Fingerprint, Ingredient, Reason};
use super::observed::{self, Observed, first_change, program_stamp};
use super::outputs::{Found, Made};
use super::stat::{StatCache, digest_of};
use super::step::{Action, Inputs, Stage, Step, StepId};
use super::store::{self, Record, Store};
use super::tools::{Setting, Workshop};
use crate::Error;
use crate::trace::Trace;

/// Lines of a failed step that are shown again at the end.
const TAIL: usize = 30;

/// How long a step that was asked to end may take.
const GRACE: Duration = Duration::from_secs(10);

/// How a pipeline is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many steps run at the same time.
    pub jobs: usize,
    /// Known results are taken.
    pub cache: bool,
    /// It is observed what steps look at.
    pub trace: bool,
    /// The day, as `2026-11-21`: some rules look at it.
    pub today: String,
    /// This program, for steps that are commands of it.
    pub sea: PathBuf,
    /// The environment of this process, of which a step gets what it declares.
    pub environment: BTreeMap<String, String>,
}

/// What is known of a step before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its result is known.
    Hit {
        /// Files of its outputs that have to be brought back.
        restored: Vec<String>,
    },
    /// It has to run.
    Miss(Reason),
}

/// What happens while a pipeline runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another pipeline runs in this worktree; this one waits.
    Busy,
    /// The result of a step is known.
    Hit {
        /// The step.
        step: &'a Step,
        /// Files of its outputs that were brought back.
        restored: &'a [String],
        /// What it wrote when it ran.
        log: &'a Path,
    },
    /// A step runs.
    Started {
        /// The step.
        step: &'a Step,
        /// Why.
        reason: &'a Reason,
    },
    /// A step wrote a line.
    Line {
        /// The step.
        step: &'a Step,
        /// The line, without secrets.
        text: &'a str,
    },
    /// A step read files that it does not declare. From now on its result depends on them, too.
    Undeclared {
        /// The step.
        step: &'a Step,
        /// The files.
        files: &'a [String],
    },
    /// This system does not tell what steps read; told once.
    Unobserved,
    /// A step went well, but a file that it depends on changed while it ran: its result is not kept.
    NotKept {
        /// The step.
        step: &'a Step,
        /// The file.
        path: &'a str,
    },
    /// A step is over.
    Ended {
        /// The step.
        step: &'a Step,
        /// How it went.
        report: &'a StepReport,
    },
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its result was known.
    Hit,
    /// It ran, and went well.
    Passed,
    /// It ran, and did not.
    Failed,
    /// A step that it needs did not go well.
    Skipped,
    /// The pipeline was stopped.
    Cancelled,
}

/// How a step went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// Where it stands in the pipeline.
    pub stage: Stage,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it ran, or why it did not.
    pub because: String,
    /// How long it took, in milliseconds; of a known result, how long it took then.
    pub took_ms: u64,
    /// The log, relative to the root.
    pub log: Option<String>,
    /// The first error of a step that failed.
    pub cause: Option<String>,
    /// The last lines of a step that failed.
    pub tail: Vec<String>,
    /// Files that it read without declaring them.
    pub undeclared: Vec<String>,
    /// Files of its outputs that were brought back.
    pub restored: Vec<String>,
}

/// How a pipeline went: its steps, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The shape of this document.
    pub schema: &'static str,
    /// Every step went well.
    pub ok: bool,
    /// The steps.
    pub steps: Vec<StepReport>,
}

/// The steps of an app, and what is known of their results.
pub struct Pipeline {
    options: Options,
    settings: BTreeMap<StepId, Setting>,
    files: Files,
    store: Store,
    outputs: BTreeMap<StepId, Vec<String>>,
    tracked: Option<String>,
}

/// What is known of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether its result is known.
    pub verdict: Verdict,
    /// How many files it declares to read.
    pub files: usize,
    /// Variables that its result depends on.
    pub variables: Vec<String>,
    /// Programs that its result depends on, as far as its command tells.
    pub programs: Vec<String>,
    /// Files that it read without declaring them when it last went well.
    pub undeclared: Vec<String>,
    /// How many paths it looked at besides, folders and look-ups that failed included.
    pub looked: usize,
    /// It was seen what it looked at; absent: it never went well here.
    pub traced: Option<bool>,
}

/// A known result that holds, or why there is none.
enum Known {
    Hit(Box<Record>, Vec<String>),
    Miss(Reason),
}

impl Pipeline {
    /// Opens what is known in a worktree about `steps`, which are all steps of the app.
    ///
    /// # Errors
    /// When the state directory refuses.
    pub fn open(
        repository: &Repository,
        state: &State,
        steps: &[Step],
        options: Options,
    ) -> Result<Self, Error> {
        let store = Store::open(&state.cache())?;
        let outputs: BTreeMap<StepId, Vec<String>> = steps
            .iter()
            .map(|step| (step.id.clone(), step.outputs.iter().map(|output| output.path.clone()).collect()))
            .collect();
        let stat = StatCache::open(state.worktree(), &store.stat());
        let files = Files::new(
            state.worktree().to_owned(),
            repository.paths(),
            outputs.values().flatten().cloned().collect(),
            store::load(&store.made()),
            stat,
        );
        Ok(Self { options, settings: BTreeMap::new(), files, store, outputs, tracked: None })
    }

    /// What would run, and why.
    ///
    /// # Errors
    /// When a runtime or package manager that a step needs is not on this machine.
    pub fn plan(&mut self, steps: &[Step], workshop: &Workshop) -> Result<Vec<Verdict>, Error> {
        self.set_up(steps, workshop)?;
        let mut results = BTreeMap::new();
        let mut verdicts = Vec::new();
        for step in steps {
            let unknown = step.needs.iter().find(|need| !results.contains_key(*need));
            let verdict = match unknown {
                Some(need) => Verdict::Miss(Reason::After(need.clone())),
                None => match self.look_up(step, &results, false) {
                    Known::Hit(record, restored) => {
                        results.insert(step.id.clone(), record.result());
                        Verdict::Hit { restored }
                    }
                    Known::Miss(reason) => Verdict::Miss(reason),
                },
            };
            verdicts.push(verdict);
        }
        self.files.stat.save(&self.store.stat());
        Ok(verdicts)
    }

    /// What the result of the last of `steps`, which come after those that they need, depends on.
    ///
    /// # Errors
    /// When a runtime or package manager that a step needs is not on this machine.
    pub fn explain(&mut self, steps: &[Step], workshop: &Workshop) -> Result<Option<Explanation>, Error> {
        let Some((step, verdict)) = steps.last().zip(self.plan(steps, workshop)?.pop()) else {
            return Ok(None);
        };
        let setting = self.settings.get(&step.id).cloned().unwrap_or_default();
        let last = self.store.results(&step.id).into_iter().next();
        Ok(Some(Explanation {
            verdict,
            files: self.files.tree(&step.inputs).0.files.len(),
            variables: setting.counted.keys().cloned().collect(),
            programs: setting
                .programs(step, &self.options.sea, &self.files.root)
                .iter()
                .map(|program| program.to_string_lossy().into_owned())
                .collect(),
            looked: last.as_ref().map_or(0, |record| record.observed.len()),
            traced: last.as_ref().map(|record| record.traced),
            undeclared: last.map(|record| record.undeclared).unwrap_or_default(),
        }))
    }

    /// Runs `steps`, which come after those that they need. What happens goes to `on`.
    ///
    /// # Errors
    /// When a runtime or package manager is missing, or the cache refuses.
    pub fn run(
        &mut self,
        steps: &[Step],
        workshop: &Workshop,
        cancel: &Cancel,
        on: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Report, Error> {
        self.set_up(steps, workshop)?;
        let lock = self.store.lock(|| on(&Event::Busy))?;
        let (tell, told) = channel();
        let mut run = Run {
            pipeline: self,
            steps,
            cancel,
            on,
            tell,
            states: BTreeMap::new(),
            results: BTreeMap::new(),
            due: BTreeMap::new(),
            unobserved_told: false,
        };
        let mut asked: Option<Instant> = None;
        let mut is_due = true;
        loop {
            // Only the end of a step decides about others.
            if std::mem::take(&mut is_due) || cancel.is_asked() {
                run.advance()?;
            }
            if run.running() == 0 {
                break;
            }
            match told.recv_timeout(Duration::from_millis(100)) {
                Ok(Message::Line(index, text)) => {
                    (run.on)(&Event::Line { step: &steps[index], text: &text });
                }
                Ok(Message::Ended(index, ended)) => {
                    run.ended(index, &ended)?;
                    is_due = true;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            if cancel.is_asked() && asked.get_or_insert_with(Instant::now).elapsed() > GRACE {
                cancel.kill();
            }
        }
        let states = run.states;
        let reports: Vec<StepReport> =
            steps.iter().filter_map(|step| states.get(&step.id)?.report().cloned()).collect();
        let ran = reports.iter().any(|report| report.outcome != Outcome::Hit);
        if ran {
            let logs = reports.iter().filter_map(|report| Path::new(report.log.as_ref()?).file_name());
            self.store.prune(&logs.map(|name| name.to_string_lossy().into_owned()).collect());
            store::save(&self.store.made(), self.files.made())?;
        }
        self.files.stat.save(&self.store.stat());
        drop(lock);
        let ok = reports.iter().all(|report| matches!(report.outcome, Outcome::Hit | Outcome::Passed));
        Ok(Report { schema: "sea.ci/1", ok, steps: reports })
    }

    fn set_up(&mut self, steps: &[Step], workshop: &Workshop) -> Result<(), Error> {
        for step in steps {
            let setting = workshop.setting(step, &self.options.environment)?;
            self.settings.insert(step.id.clone(), setting);
        }
        Ok(())
    }

    /// What the result of a step depends on, as far as it is declared.
    fn fingerprint(
        &mut self,
        step: &Step,
        results: &BTreeMap<StepId, String>,
    ) -> (Fingerprint, Arc<Tree>, String) {
        let mut fingerprint = Fingerprint::default();
        let command = digest_of([step.action.to_string().as_str(), &step.folder]);
        fingerprint.add(Ingredient::Command, command);
        let (tree, digest) = self.files.tree(&step.inputs);
        fingerprint.add(Ingredient::Files, digest.clone());
        let setting = self.settings.get(&step.id).cloned().unwrap_or_default();
        for (name, value) in &setting.counted {
            let mut digest = digest_of([name.as_str(), value]);
            if step.secrets.contains(name) {
                // Enough to see that it changed; too little to find a short secret by trying.
                digest.truncate(4);
            }
            fingerprint.add(Ingredient::Variable(name.clone()), digest);
        }
        for program in setting.programs(step, &self.options.sea, &self.files.root) {
            let stamp = program_stamp(&program).unwrap_or_default();
            fingerprint.add(Ingredient::Program(program.to_string_lossy().into_owned()), stamp);
        }
        for need in &step.needs {
            let result = results.get(need).cloned().unwrap_or_default();
            fingerprint.add(Ingredient::Step(need.clone()), result);
        }
        if step.inputs == Inputs::Everything {
            fingerprint.add(Ingredient::Tracked, self.tracked());
            fingerprint.add(Ingredient::Day, self.options.today.clone());
        }
        (fingerprint, tree, digest)
    }

    /// Looks for a known result that holds.
    fn look_up(&mut self, step: &Step, results: &BTreeMap<StepId, String>, repair: bool) -> Known {
        if !self.options.cache {
            return Known::Miss(Reason::Unwanted);
        }
        let (fingerprint, _, tree) = self.fingerprint(step, results);
        let mut reason = None;
        for record in self.store.results(&step.id) {
            match self.holds(&record, &fingerprint, &tree, &step.inputs, repair) {
                Ok(restored) => return Known::Hit(Box::new(record), restored),
                // The newest tells what changed since.
                Err(why) => {
                    reason.get_or_insert(why);
                }
            }
        }
        Known::Miss(reason.unwrap_or(Reason::First))
    }

    /// The outputs that had to be brought back; else why a result does not hold.
    fn holds(
        &mut self,
        record: &Record,
        now: &Fingerprint,
        tree: &str,
        inputs: &Inputs,
        repair: bool,
    ) -> Result<Vec<String>, Reason> {
        if let Some((ingredient, change)) = record.fingerprint.first_difference(now) {
            if ingredient == Ingredient::Files && record.tree != tree {
                let before = self.store.tree(&record.tree);
                let (after, _) = self.files.tree(inputs);
                if let Some((path, change)) = first_file(&before, &after) {
                    return Err(Reason::File { path, change, declared: true });
                }
            }
            return Err(Reason::Ingredient(ingredient, change));
        }
        if let Some((path, change)) = first_change(&record.observed, &mut self.files) {
            return Err(Reason::File { path, change, declared: false });
        }
        for (program, before) in &record.programs {
            let after = program_stamp(Path::new(program));
            if after.as_ref() != Some(before) {
                let change = if after.is_none() { Change::Gone } else { Change::Changed };
                return Err(Reason::Ingredient(Ingredient::Program(program.clone()), change));
            }
        }
        let mut restored = Vec::new();
        for made in &record.outputs {
            match made.verify(&self.files.root, &mut self.files.stat, &self.store, repair) {
                Found::Intact => {}
                Found::Restored(paths) => restored.extend(paths),
                Found::Lost(path) => return Err(Reason::Output(path)),
            }
        }
        Ok(restored)
    }

    /// A hash of the names of all files that git tracks; empty without git.
    fn tracked(&mut self) -> String {
        let root = &self.files.root;
        let ask = || {
            let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
            let names = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
            digest_of([String::from_utf8_lossy(&names.unwrap_or_default()).as_ref()])
        };
        self.tracked.get_or_insert_with(ask).clone()
    }

    /// The outputs of a step and of those that it needs.
    fn covered(&self, step: &Step) -> Vec<String> {
        let steps = step.needs.iter().chain([&step.id]);
        steps.filter_map(|id| self.outputs.get(id)).flatten().cloned().collect()
    }

    fn command(&self, step: &Step, setting: &Setting) -> Command {
        let mut command = match &step.action {
            Action::Shell(line) => {
                let mut command = Command::new("/bin/sh");
                let line = match &setting.before {
                    Some(before) => format!("{before} && {line}"),
                    None => line.clone(),
                };
                command.arg("-c").arg(line);
                command
            }
            Action::Sea(arguments) => {
                let mut command = Command::new(&self.options.sea);
                command.args(arguments);
                command
            }
        };
        let dir =
            if step.folder == "." { self.files.root.clone() } else { self.files.root.join(&step.folder) };
        command.current_dir(dir).env_clear().envs(&setting.env);
        command
    }
}

/// The first file in which two trees differ.
fn first_file(before: &Tree, after: &Tree) -> Option<(String, Change)> {
    let paths: BTreeSet<&String> = before.files.keys().chain(after.files.keys()).collect();
    paths.into_iter().find_map(|path| {
        let change = match (before.files.get(path), after.files.get(path)) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            (one, other) if one != other => Change::Changed,
            _ => return None,
        };
        Some((path.clone(), change))
    })
}

/// A step in a run.
enum Progress {
    Running {
        reason: Reason,
        fingerprint: Fingerprint,
        before: Arc<Tree>,
        tree: String,
        log: (String, PathBuf),
        started: SystemTime,
    },
    Over(StepReport),
}

impl Progress {
    fn report(&self) -> Option<&StepReport> {
        match self {
            Self::Over(report) => Some(report),
            Self::Running { .. } => None,
        }
    }
}

/// A pipeline that runs.
struct Run<'a> {
    pipeline: &'a mut Pipeline,
    steps: &'a [Step],
    cancel: &'a Cancel,
    on: &'a mut dyn FnMut(&Event<'_>),
    tell: Sender<Message>,
    states: BTreeMap<StepId, Progress>,
    results: BTreeMap<StepId, String>,
    /// Steps that have to run and wait for their turn.
    due: BTreeMap<StepId, Reason>,
    unobserved_told: bool,
}

impl Run<'_> {
    fn running(&self) -> usize {
        self.states.values().filter(|state| matches!(state, Progress::Running { .. })).count()
    }

    /// Decides about all steps whose needs are decided.
    fn advance(&mut self) -> Result<(), Error> {
        for (index, step) in self.steps.iter().enumerate() {
            if self.states.contains_key(&step.id) {
                continue;
            }
            if self.cancel.is_asked() {
                self.over(step, report(step, Outcome::Cancelled, "the pipeline was stopped".to_owned()));
                continue;
            }
            let outcome = |id: &StepId| Some(self.states.get(id)?.report()?.outcome);
            if let Some(need) = step.needs.iter().find(|need| outcome(need).is_some_and(is_bad)) {
                self.over(step, report(step, Outcome::Skipped, format!("{need} did not go well")));
                continue;
            }
            if step.needs.iter().any(|need| outcome(need).is_none()) {
                continue;
            }
            let reason = match self.due.remove(&step.id) {
                Some(reason) => reason,
                None => match self.pipeline.look_up(step, &self.results, true) {
                    Known::Hit(record, restored) => {
                        self.hit(step, &record, restored);
                        continue;
                    }
                    Known::Miss(reason) => reason,
                },
            };
            if self.running() < self.pipeline.options.jobs.max(1) {
                self.start(index, step, reason)?;
            } else {
                self.due.insert(step.id.clone(), reason);
            }
        }
        Ok(())
    }

    fn hit(&mut self, step: &Step, record: &Record, restored: Vec<String>) {
        self.results.insert(step.id.clone(), record.result());
        self.pipeline.store.put_first(&step.id, record);
        let log = self.pipeline.store.log(&record.log);
        (self.on)(&Event::Hit { step, restored: &restored, log: &log });
        let mut report = report(step, Outcome::Hit, "nothing that it depends on changed".to_owned());
        report.took_ms = record.took_ms;
        report.log = self.pipeline.files.relative(&log);
        report.undeclared.clone_from(&record.undeclared);
        report.restored = restored;
        self.states.insert(step.id.clone(), Progress::Over(report));
    }

    fn start(&mut self, index: usize, step: &Step, reason: Reason) -> Result<(), Error> {
        let (fingerprint, before, tree) = self.pipeline.fingerprint(step, &self.results);
        let setting = self.pipeline.settings.get(&step.id).cloned().unwrap_or_default();
        let log = self.pipeline.store.new_log(&step.id);
        let secrets: Vec<String> =
            step.secrets.iter().filter_map(|name| setting.env.get(name).cloned()).collect();
        let job = Job {
            index,
            command: self.pipeline.command(step, &setting),
            trace: self.pipeline.options.trace.then(|| self.pipeline.files.root.clone()),
            log: log.1.clone(),
            redactor: Redactor::new(&secrets),
        };
        (self.on)(&Event::Started { step, reason: &reason });
        // The log has to be there, so that the next one gets another name.
        std::fs::write(&log.1, "").map_err(Error::file("write", &log.1))?;
        let folder = self.pipeline.files.root.join(&step.folder);
        execute::start(job, self.cancel.clone(), self.tell.clone())
            .map_err(Error::file("start in", &folder))?;
        let started = SystemTime::now();
        let state = Progress::Running { reason, fingerprint, before, tree, log, started };
        self.states.insert(step.id.clone(), state);
        Ok(())
    }

    fn ended(&mut self, index: usize, ended: &Ended) -> Result<(), Error> {
        let step = &self.steps[index];
        let Some(Progress::Running { reason, fingerprint, before, tree, log, started }) =
            self.states.remove(&step.id)
        else {
            return Ok(());
        };
        self.pipeline.files.forget();
        let trace = ended.trace.as_ref();
        if let Some(trace) = trace {
            self.remember_made(trace);
        } else if self.pipeline.options.trace && !self.unobserved_told {
            self.unobserved_told = true;
            (self.on)(&Event::Unobserved);
        }
        let mut done = report(step, Outcome::Passed, reason.to_string());
        done.took_ms = u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX);
        done.log = self.pipeline.files.relative(&log.1);
        let failure = match &ended.status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(execute::words(*status)),
            Err(why) => Some(why.clone()),
        };
        if let Some(failure) = failure {
            let lines = execute::lines(&log.1);
            done.outcome = if self.cancel.is_asked() { Outcome::Cancelled } else { Outcome::Failed };
            let first = cause(lines.iter().map(String::as_str)).map(|cause| cause.line);
            done.cause = Some(first.map_or(failure.clone(), |line| format!("{line} ({failure})")));
            done.tail = lines[lines.len().saturating_sub(TAIL)..].to_vec();
            self.over(step, done);
            return Ok(());
        }
        let covered = self.pipeline.covered(step);
        let files = &mut self.pipeline.files;
        let seen = trace.map(|trace| observed::observe(trace, files, &before, &covered)).unwrap_or_default();
        done.undeclared.clone_from(&seen.undeclared);
        if !seen.undeclared.is_empty() {
            (self.on)(&Event::Undeclared { step, files: &seen.undeclared });
        }
        let changed = self.changed_meanwhile(step, &before, &tree, &seen, started);
        let record = self.record(step, fingerprint, tree, seen, log.0, done.took_ms, trace.is_some());
        self.results.insert(step.id.clone(), record.result());
        match changed {
            Some(path) => (self.on)(&Event::NotKept { step, path: &path }),
            None => self.pipeline.store.add(&step.id, record, &before)?,
        }
        self.over(step, done);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "each is one field of the record")]
    fn record(
        &mut self,
        step: &Step,
        fingerprint: Fingerprint,
        tree: String,
        seen: Observed,
        log: String,
        took_ms: u64,
        traced: bool,
    ) -> Record {
        let Pipeline { files, store, .. } = &mut *self.pipeline;
        let outputs = step
            .outputs
            .iter()
            .filter_map(|output| Made::record(output, &files.root, &mut files.stat, store))
            .collect();
        Record {
            fingerprint,
            tree,
            observed: seen.states,
            programs: seen.programs,
            undeclared: seen.undeclared,
            traced,
            outputs,
            log,
            took_ms,
        }
    }

    /// A file that the result depends on, and that is not what it was when the step began.
    fn changed_meanwhile(
        &mut self,
        step: &Step,
        before: &Tree,
        tree: &str,
        seen: &Observed,
        started: SystemTime,
    ) -> Option<String> {
        let files = &mut self.pipeline.files;
        let (now, digest) = files.tree(&step.inputs);
        if digest != tree {
            return first_file(before, &now)
                .map_or_else(|| Some(step.folder.clone()), |(path, _)| Some(path));
        }
        let is_newer = |path: &&String| {
            let modified = files.root.join(path).metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|modified| modified > started)
        };
        seen.undeclared.iter().find(is_newer).cloned()
    }

    fn remember_made(&mut self, trace: &Trace) {
        let files = &mut self.pipeline.files;
        let made: Vec<String> = trace
            .made
            .iter()
            .filter_map(|path| files.relative(path))
            .filter(|path| !super::files::is_noise(path))
            .collect();
        files.add_made(made);
    }

    fn over(&mut self, step: &Step, report: StepReport) {
        (self.on)(&Event::Ended { step, report: &report });
        self.states.insert(step.id.clone(), Progress::Over(report));
    }
}

fn is_bad(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Hit | Outcome::Passed)
}

fn report(step: &Step, outcome: Outcome, because: String) -> StepReport {
    StepReport {
        step: step.id.clone(),
        stage: step.stage,
        outcome,
        because,
        took_ms: 0,
        log: None,
        cause: None,
        tail: Vec::new(),
        undeclared: Vec::new(),
        restored: Vec::new(),
    }
}

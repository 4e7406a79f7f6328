//! Runs a pipeline: what is due in parallel, what needs it afterwards, until it is done or stopped.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use seaworthy_supervise::log::cause::cause;
use seaworthy_supervise::log::redact::Redactor;

use super::execute::{self, Cancel, Ended, Job, Message};
use super::files::Tree;
use super::fingerprint::{Fingerprint, Reason};
use super::observed::{self, Observed};
use super::outputs::Made;
use super::plan::{Known, Pipeline, first_file};
use super::report::{Event, Outcome, Report, StepReport};
use super::step::{Action, Stage, Step, StepId};
use super::store::{self, Record};
use super::testing::{Aids, Results, TestRun, parse, same_world};
use super::tools::{Setting, Workshop};
use crate::Error;
use crate::failure::{Catalogue, Failure, Ran, analyse};
use crate::trace::Trace;

/// Lines of a failed step that are shown again at the end.
const TAIL: usize = 30;

/// How long a step that was asked to end may take.
const GRACE: Duration = Duration::from_secs(10);

impl Pipeline {
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
}

impl Pipeline {
    /// Why a step failed that wrote `log`. A log that cannot be read, on a full disk say, tells nothing.
    fn why(&self, step: &Step, log: &Path, status: Option<i32>) -> Option<Failure> {
        let ran = Ran { stage: Some(step.stage), status };
        let good = || {
            let last = self.store.results(&step.id).into_iter().next()?;
            File::open(self.store.log(&last.log)).map(BufReader::new).ok()
        };
        analyse(Catalogue::built_in(), &ran, || File::open(log).map(BufReader::new), good).ok()
    }
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
        /// Where its tests report, where they do.
        report: Option<PathBuf>,
        /// Which try it is, from 1.
        attempt: u32,
    },
    Over(Box<StepReport>),
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
                self.over(
                    step,
                    StepReport::new(step, Outcome::Cancelled, "the pipeline was stopped".to_owned()),
                );
                continue;
            }
            let outcome = |id: &StepId| Some(self.states.get(id)?.report()?.outcome);
            if let Some(need) = step.needs.iter().find(|need| outcome(need).is_some_and(Outcome::is_bad)) {
                self.over(step, StepReport::new(step, Outcome::Skipped, format!("{need} did not go well")));
                continue;
            }
            if step.needs.iter().any(|need| outcome(need).is_none()) {
                continue;
            }
            let reason = match self.due.remove(&step.id) {
                Some(reason) => reason,
                None => match self.pipeline.look_up(step, &self.results, true) {
                    Known::Hit(record, restored, is_last) => {
                        // Otherwise it is in its place already.
                        if !is_last {
                            self.pipeline.store.put_first(&step.id, &record);
                        }
                        self.hit(step, &record, restored);
                        continue;
                    }
                    Known::Miss(reason) => reason,
                },
            };
            if self.running() < self.pipeline.options.jobs.max(1) {
                self.start(index, step, reason, 1)?;
            } else {
                self.due.insert(step.id.clone(), reason);
            }
        }
        Ok(())
    }

    fn hit(&mut self, step: &Step, record: &Record, restored: Vec<String>) {
        self.results.insert(step.id.clone(), record.result());
        let log = self.pipeline.store.log(&record.log);
        (self.on)(&Event::Hit { step, restored: &restored, log: &log });
        let mut report = StepReport::new(step, Outcome::Hit, "nothing that it depends on changed".to_owned());
        report.took_ms = record.took_ms;
        report.inputs = Some(record.tree.clone());
        report.made = record.made.iter().map(|made| made.path.clone()).collect();
        report.log = self.pipeline.files.relative(&log);
        report.undeclared.clone_from(&record.undeclared);
        report.restored = restored;
        report.tests = record.tests;
        report.share = self.pipeline.shares.get(&step.id).cloned();
        if record.tests.is_some() {
            report.flaky = self.pipeline.store.history(step.id.base()).flaky;
        }
        self.states.insert(step.id.clone(), Progress::Over(Box::new(report)));
    }

    fn start(&mut self, index: usize, step: &Step, reason: Reason, attempt: u32) -> Result<(), Error> {
        let (fingerprint, before, tree) = self.pipeline.fingerprint(step, &self.results);
        let mut setting = self.pipeline.settings.get(&step.id).cloned().unwrap_or_default();
        let (line, report) = self.ask(step, &mut setting)?;
        let log = self.pipeline.store.new_log(&step.id);
        let secrets: Vec<String> = secrets(step, &setting);
        let job = Job {
            index,
            command: self.pipeline.command(step, &setting, &line),
            trace: self.pipeline.options.trace.then(|| self.pipeline.files.root.clone()),
            log: log.1.clone(),
            redactor: Redactor::new(&secrets),
        };
        if attempt == 1 {
            (self.on)(&Event::Started { step, reason: &reason });
        }
        // The log has to be there, so that the next one gets another name.
        std::fs::write(&log.1, "").map_err(Error::file("write", &log.1))?;
        let folder = self.pipeline.files.root.join(&step.folder);
        execute::start(job, self.cancel.clone(), self.tell.clone())
            .map_err(Error::file("start in", &folder))?;
        let started = SystemTime::now();
        let state = Progress::Running { reason, fingerprint, before, tree, log, started, report, attempt };
        self.states.insert(step.id.clone(), state);
        Ok(())
    }

    /// What the step runs, with what has its tests report, and where they do.
    fn ask(&self, step: &Step, setting: &mut Setting) -> Result<(String, Option<PathBuf>), Error> {
        let Action::Shell(line) = &step.action else { return Ok((String::new(), None)) };
        let share = self.pipeline.shares.get(&step.id);
        let line = share.map_or_else(|| line.clone(), |share| share.line.clone());
        let Some(runner) = &step.tests else { return Ok((line, None)) };
        let (report, folder) = self.pipeline.store.report(&step.id);
        let aids = Aids { report: &report, folder: &folder, has_gotestsum: setting.finds("gotestsum") };
        let asked = runner.ask(&line, &setting.env, &aids).map_err(Error::file("write to", &folder))?;
        let Some(asked) = asked.filter(|_| line != ":") else { return Ok((line, None)) };
        // What an earlier run told is not what this one does.
        if report.exists() {
            std::fs::remove_file(&report).map_err(Error::file("remove", &report))?;
        }
        setting.env.extend(asked.env);
        Ok((asked.line, Some(report)))
    }

    /// What the tests of a step told; nothing where they did not.
    fn results_of(&self, step: &Step, report: Option<&Path>) -> Option<Results> {
        let report = report?;
        let bytes = std::fs::read(report).ok()?;
        // It may hold secrets, and is of no more use.
        let _ = std::fs::remove_file(report);
        let setting = self.pipeline.settings.get(&step.id).cloned().unwrap_or_default();
        let root = &self.pipeline.files.root;
        let folder = if step.folder == "." { root.clone() } else { root.join(&step.folder) };
        parse(&bytes, &folder, &Redactor::new(&secrets(step, &setting)))
            .filter(|results| !results.cases.is_empty())
    }

    /// Remembers how tests went, and says it in the report of their step.
    fn remember_tests(
        &self,
        step: &Step,
        fingerprint: &Fingerprint,
        seen: &Observed,
        results: &Results,
        done: &mut StepReport,
    ) -> Result<(), Error> {
        let store = &self.pipeline.store;
        let mut history = store.history(step.id.base());
        let is_same = |record: &Record| {
            record.fingerprint == *fingerprint && same_world(&record.observed, &seen.states)
        };
        history.add(&TestRun {
            key: &fingerprint.digest(),
            observed: &seen.states,
            results,
            was_good: done.outcome == Outcome::Failed && store.results(&step.id).iter().any(is_same),
            is_whole: step.shard.is_none(),
            today: &self.pipeline.options.today,
        });
        done.tests = Some(results.counts());
        done.failed_tests = results.failures();
        done.flaky = history.doubted(results);
        store.keep_history(step.id.base(), &history)
    }

    fn ended(&mut self, index: usize, ended: &Ended) -> Result<(), Error> {
        let step = &self.steps[index];
        let Some(Progress::Running { reason, fingerprint, before, tree, log, started, report, attempt }) =
            self.states.remove(&step.id)
        else {
            return Ok(());
        };
        self.pipeline.files.forget();
        let trace = ended.trace.as_ref();
        let mut made = Vec::new();
        if let Some(trace) = trace {
            made = self.remember_made(trace);
        } else if self.pipeline.options.trace && !self.unobserved_told {
            self.unobserved_told = true;
            (self.on)(&Event::Unobserved);
        }
        let mut done = StepReport::new(step, Outcome::Passed, reason.to_string());
        done.took_ms = u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX);
        done.log = self.pipeline.files.relative(&log.1);
        done.inputs = Some(tree.clone());
        done.attempts = attempt;
        done.share = self.pipeline.shares.get(&step.id).cloned();
        let covered = self.pipeline.covered(step);
        let files = &mut self.pipeline.files;
        let seen = trace.map(|trace| observed::observe(trace, files, &before, &covered)).unwrap_or_default();
        let results = self.results_of(step, report.as_deref());
        let failure = match &ended.status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(execute::words(*status)),
            Err(why) => Some(why.clone()),
        };
        if let Some(failure) = failure {
            let lines = execute::lines(&log.1);
            done.outcome = if self.cancel.is_asked() { Outcome::Cancelled } else { Outcome::Failed };
            // Tests that were stopped tell nothing about themselves.
            if let Some(results) = results.filter(|_| done.outcome == Outcome::Failed) {
                self.remember_tests(step, &fingerprint, &seen, &results, &mut done)?;
            }
            if done.outcome == Outcome::Failed && attempt <= step.retries {
                (self.on)(&Event::Retried { step, attempt });
                return self.start(index, step, reason, attempt + 1);
            }
            let first = cause(lines.iter().map(String::as_str)).map(|cause| cause.line);
            done.cause = Some(first.map_or(failure.clone(), |line| format!("{line} ({failure})")));
            if done.outcome == Outcome::Failed {
                let status = ended.status.as_ref().ok().copied().and_then(execute::shell_status);
                done.failure = self.pipeline.why(step, &log.1, status).map(Box::new);
            }
            done.tail = lines[lines.len().saturating_sub(TAIL)..].to_vec();
            self.over(step, done);
            return Ok(());
        }
        if let Some(results) = results {
            self.remember_tests(step, &fingerprint, &seen, &results, &mut done)?;
        }
        done.undeclared.clone_from(&seen.undeclared);
        if !seen.undeclared.is_empty() {
            (self.on)(&Event::Undeclared { step, files: &seen.undeclared });
        }
        let changed = self.changed_meanwhile(step, &before, &tree, &seen, started);
        let mut record = self.record(step, fingerprint, tree, seen, log.0, done.took_ms, trace.is_some());
        record.tests = done.tests;
        // What tests and linters leave behind is nobody's to miss.
        if matches!(step.stage, Stage::Install | Stage::Build) {
            let Pipeline { files, store, .. } = &mut *self.pipeline;
            let keep = |path: &String| Made::record_file(path, &files.root, &mut files.stat, store);
            record.made = made.iter().filter_map(keep).collect();
            done.made = record.made.iter().map(|made| made.path.clone()).collect();
        }
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
            made: Vec::new(),
            log,
            took_ms,
            tests: None,
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

    fn remember_made(&mut self, trace: &Trace) -> Vec<String> {
        let files = &mut self.pipeline.files;
        let made: Vec<String> = trace
            .made
            .iter()
            .filter_map(|path| files.relative(path))
            .filter(|path| !super::files::is_noise(path))
            .collect();
        files.add_made(made)
    }

    fn over(&mut self, step: &Step, report: StepReport) {
        (self.on)(&Event::Ended { step, report: &report });
        self.states.insert(step.id.clone(), Progress::Over(Box::new(report)));
    }
}

/// Values that must not be seen.
fn secrets(step: &Step, setting: &Setting) -> Vec<String> {
    step.secrets.iter().filter_map(|name| setting.env.get(name).cloned()).collect()
}

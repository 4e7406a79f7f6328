//! What has to run, and why: steps against what is known of their results.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use seaworthy_detect::Repository;
use seaworthy_provision::state::State;

use super::files::{Files, Tree};
use super::fingerprint::{Change, Fingerprint, Ingredient, Reason};
use super::observed::{first_change, program_stamp};
use super::outputs::Found;
use super::report::{Explanation, Verdict};
use super::stat::{StatCache, digest_of};
use super::step::{Action, Inputs, Step, StepId};
use super::store::{self, Record, Store};
use super::testing::{Share, split};
use super::tools::{Setting, Workshop};
use crate::Error;

/// Durations that a project wrote down.
const TIMINGS: &str = "timings.json";

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

/// The steps of an app, and what is known of their results.
pub struct Pipeline {
    pub(super) options: Options,
    pub(super) settings: BTreeMap<StepId, Setting>,
    pub(super) files: Files,
    pub(super) store: Store,
    /// The shares of the tests that steps run.
    pub(super) shares: BTreeMap<StepId, Share>,
    outputs: BTreeMap<StepId, Vec<String>>,
    tracked: Option<String>,
}

/// A known result that holds, or why there is none.
pub(super) enum Known {
    /// The result, the outputs that were brought back, and whether it is that of the last run.
    Hit(Box<Record>, Vec<String>, bool),
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
        Ok(Self {
            options,
            settings: BTreeMap::new(),
            files,
            store,
            shares: BTreeMap::new(),
            outputs,
            tracked: None,
        })
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
                    Known::Hit(record, restored, _) => {
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

    pub(super) fn set_up(&mut self, steps: &[Step], workshop: &Workshop) -> Result<(), Error> {
        for step in steps {
            let setting = workshop.setting(step, &self.options.environment)?;
            self.settings.insert(step.id.clone(), setting);
            if let Some(share) = self.share(step) {
                self.shares.insert(step.id.clone(), share);
            }
        }
        Ok(())
    }

    /// The share of its tests that a step runs; nothing where it runs all of them.
    fn share(&mut self, step: &Step) -> Option<Share> {
        let shard = step.shard?;
        let Action::Shell(line) = &step.action else { return None };
        let files = self.files.sizes(&step.folder);
        let timings = self.timings(&step.id, step.id.as_str() == step.id.base());
        let share = split(step.tests.as_ref()?, line, (shard.index, shard.count), &files, &timings);
        // Tests that cannot be told apart are all in the first share.
        Some(share.unwrap_or_else(|| Share::whole(shard.index, shard.count, line)))
    }

    /// How long the test files of a step take: what the project wrote down is the same on every machine, and goes before
    /// what was recorded here. That is for shares alone that all run here: a machine that split by what it has seen, beside
    /// one that has seen something else, would leave tests to the other that it does not run.
    fn timings(&self, step: &StepId, is_one_of_many_machines: bool) -> BTreeMap<String, u64> {
        let written: BTreeMap<String, BTreeMap<String, u64>> =
            store::load(&self.files.root.join(".seaworthy").join(TIMINGS));
        match written.get(step.base()) {
            Some(written) => written.clone(),
            None if is_one_of_many_machines => BTreeMap::new(),
            None => self.store.history(step.base()).timings,
        }
    }

    /// Writes what is recorded of durations to `.seaworthy/timings.json`, which is to be committed: the shares of tests are
    /// the same then on all machines, whatever each has seen.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn write_timings(&self, steps: &[Step]) -> Result<PathBuf, Error> {
        let recorded: BTreeMap<&str, BTreeMap<String, u64>> = steps
            .iter()
            .map(|step| (step.id.base(), self.store.history(step.id.base()).timings))
            .filter(|(_, timings)| !timings.is_empty())
            .collect();
        let path = self.files.root.join(".seaworthy").join(TIMINGS);
        let text = serde_json::to_string_pretty(&recorded).unwrap_or_default();
        std::fs::write(&path, text + "\n").map_err(Error::file("write", &path))?;
        Ok(path)
    }

    /// What the result of a step depends on, as far as it is declared.
    pub(super) fn fingerprint(
        &mut self,
        step: &Step,
        results: &BTreeMap<StepId, String>,
    ) -> (Fingerprint, Arc<Tree>, String) {
        let mut fingerprint = Fingerprint::default();
        let action = step.action.to_string();
        let line = self.shares.get(&step.id).map_or(action.as_str(), |share| share.line.as_str());
        let command = digest_of([line, &step.folder]);
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
    pub(super) fn look_up(&mut self, step: &Step, results: &BTreeMap<StepId, String>, repair: bool) -> Known {
        if !self.options.cache {
            return Known::Miss(Reason::Unwanted);
        }
        let (fingerprint, _, tree) = self.fingerprint(step, results);
        let mut reason = None;
        for (index, record) in self.store.results(&step.id).into_iter().enumerate() {
            match self.holds(&record, &fingerprint, &tree, &step.inputs, repair) {
                Ok(restored) => return Known::Hit(Box::new(record), restored, index == 0),
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
        for made in record.outputs.iter().chain(&record.made) {
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
    pub(super) fn covered(&self, step: &Step) -> Vec<String> {
        let steps = step.needs.iter().chain([&step.id]);
        steps.filter_map(|id| self.outputs.get(id)).flatten().cloned().collect()
    }

    /// `line` is what the step runs, with what was added to it.
    pub(super) fn command(&self, step: &Step, setting: &Setting, line: &str) -> Command {
        let mut command = match &step.action {
            Action::Shell(_) => {
                let mut command = Command::new("/bin/sh");
                let line = match &setting.before {
                    Some(before) => format!("{before} && {line}"),
                    None => line.to_owned(),
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
pub(super) fn first_file(before: &Tree, after: &Tree) -> Option<(String, Change)> {
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

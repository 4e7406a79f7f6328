//! What is remembered of the tests of a step: how long their files take, and which of them cannot be trusted.
//!
//! A test is flaky that failed and passed although nothing changed that its step depends on: on a retry, in two runs that
//! both failed, or in a run that failed after one that went well.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::junit::{Results, TestOutcome};

/// Runs that failed and are remembered, to be compared with those that come.
const MOST_RUNS: usize = 4;

/// Tests of one run that are remembered at most.
const MOST_TESTS: usize = 20_000;

/// A duration that differs by less than this factor from the one that is known changes nothing: shares, and what is known
/// of their results, stay what they are.
const STEADY: u64 = 2;

/// Milliseconds below which durations are all the same.
const SHORT: u64 = 200;

/// A test that failed and passed with the same inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlakyTest {
    /// The suite or class it is in, and its name.
    pub test: String,
    /// Its file, relative to the step's folder, where the tool says it.
    pub file: Option<String>,
    /// How often that was seen.
    pub times: u32,
    /// The day on which it was seen last.
    pub last: String,
}

/// What is remembered of the tests of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pipeline) struct History {
    /// How long each file took, in milliseconds.
    pub(in crate::pipeline) timings: BTreeMap<String, u64>,
    /// Tests that cannot be trusted.
    pub(in crate::pipeline) flaky: Vec<FlakyTest>,
    /// The last runs that failed, the newest first.
    runs: Vec<FailedRun>,
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FailedRun {
    /// The hash of what the step depends on, as far as it is declared.
    key: String,
    /// What it looked at besides.
    observed: BTreeMap<String, String>,
    failed: BTreeSet<String>,
    passed: BTreeSet<String>,
}

/// A run whose tests are known.
pub(in crate::pipeline) struct TestRun<'a> {
    /// The hash of what the step depends on, as far as it is declared.
    pub(in crate::pipeline) key: &'a str,
    /// What it looked at besides.
    pub(in crate::pipeline) observed: &'a BTreeMap<String, String>,
    /// What its tools told.
    pub(in crate::pipeline) results: &'a Results,
    /// The whole step went well with these inputs before.
    pub(in crate::pipeline) was_good: bool,
    /// All tests were run, not a share of them.
    pub(in crate::pipeline) is_whole: bool,
    /// The day.
    pub(in crate::pipeline) today: &'a str,
}

impl History {
    /// Remembers a run, and returns the tests that this one shows to be flaky.
    pub(in crate::pipeline) fn add(&mut self, run: &TestRun<'_>) -> Vec<FlakyTest> {
        let ids = |wanted: &[TestOutcome]| -> BTreeSet<String> {
            let cases = run.results.cases.iter().filter(|case| wanted.contains(&case.outcome));
            cases.map(super::junit::TestCase::id).take(MOST_TESTS).collect()
        };
        let failed = ids(&[TestOutcome::Failed]);
        // Tests that share a name are one: it fails when any of them does.
        let mut passed = ids(&[TestOutcome::Passed, TestOutcome::Flaky]);
        passed.retain(|id| !failed.contains(id));
        let mut shown = ids(&[TestOutcome::Flaky]);
        if run.was_good {
            shown.extend(failed.iter().cloned());
        }
        for before in self.runs.iter().filter(|before| before.is_like(run)) {
            shown.extend(before.failed.intersection(&passed).cloned());
            shown.extend(before.passed.intersection(&failed).cloned());
        }
        self.time(run.results);
        if run.is_whole {
            self.flaky.retain(|known| failed.contains(&known.test) || passed.contains(&known.test));
        }
        let file = |id: &str| {
            run.results.cases.iter().find(|case| case.id() == id).and_then(|case| case.file.clone())
        };
        let seen: Vec<FlakyTest> = shown.iter().map(|id| self.doubt(id, file(id), run.today)).collect();
        if failed.is_empty() {
            self.runs.retain(|before| !before.is_like(run));
        } else {
            let (key, observed) = (run.key.to_owned(), run.observed.clone());
            self.runs.insert(0, FailedRun { key, observed, failed, passed });
            self.runs.truncate(MOST_RUNS);
        }
        seen
    }

    /// Those of the tests that a run had and that were flaky before.
    pub(in crate::pipeline) fn doubted(&self, results: &Results) -> Vec<FlakyTest> {
        let ids: BTreeSet<String> = results.cases.iter().map(super::junit::TestCase::id).collect();
        self.flaky.iter().filter(|known| ids.contains(&known.test)).cloned().collect()
    }

    /// Adds what another machine remembers.
    pub(in crate::pipeline) fn join(&mut self, other: Self) {
        for (file, time) in other.timings {
            self.timings.entry(file).or_insert(time);
        }
        for flaky in other.flaky {
            match self.flaky.iter_mut().find(|known| known.test == flaky.test) {
                Some(known) if known.times < flaky.times => *known = flaky,
                Some(_) => {}
                None => self.flaky.push(flaky),
            }
        }
        self.runs.extend(other.runs);
        self.runs.truncate(MOST_RUNS);
    }

    fn doubt(&mut self, test: &str, file: Option<String>, today: &str) -> FlakyTest {
        let index = self.flaky.iter().position(|known| known.test == test).unwrap_or_else(|| {
            self.flaky.push(FlakyTest { test: test.to_owned(), file, times: 0, last: String::new() });
            self.flaky.len() - 1
        });
        let known = &mut self.flaky[index];
        known.times = known.times.saturating_add(1);
        today.clone_into(&mut known.last);
        known.clone()
    }

    fn time(&mut self, results: &Results) {
        for (file, time) in &results.files {
            let known = self.timings.get(file).copied();
            let is_steady = known.is_some_and(|known| {
                let (low, high) = (known.min(*time), known.max(*time));
                high < SHORT || high <= low.saturating_mul(STEADY)
            });
            if !is_steady {
                self.timings.insert(file.clone(), *time);
            }
        }
    }
}

impl FailedRun {
    fn is_like(&self, run: &TestRun<'_>) -> bool {
        self.key == run.key && same_world(&self.observed, run.observed)
    }
}

/// No path was seen in two states. Which paths a run looks at depends on how far it comes.
pub(in crate::pipeline) fn same_world(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> bool {
    one.iter().all(|(path, state)| other.get(path).is_none_or(|known| known == state))
}

#[cfg(test)]
mod tests {
    use super::super::junit::TestCase;
    use super::*;

    fn results(outcomes: &[(&str, TestOutcome)]) -> Results {
        let case = |(name, outcome): &(&str, TestOutcome)| TestCase {
            suite: String::new(),
            name: (*name).to_owned(),
            file: None,
            outcome: *outcome,
            message: String::new(),
        };
        Results { cases: outcomes.iter().map(case).collect(), ..Results::default() }
    }

    fn add(history: &mut History, key: &str, env: &str, results: &Results, was_good: bool) -> Vec<String> {
        let observed = BTreeMap::from([("api/.env".to_owned(), env.to_owned())]);
        let run =
            TestRun { key, observed: &observed, results, was_good, is_whole: true, today: "2026-11-22" };
        history.add(&run).into_iter().map(|flaky| flaky.test).collect()
    }

    use TestOutcome::{Failed, Passed};

    #[test]
    fn a_test_that_fails_and_passes_with_the_same_inputs_is_flaky() {
        let mut history = History::default();
        let one = results(&[("a", Failed), ("b", Passed), ("c", Failed)]);
        let other = results(&[("a", Passed), ("b", Failed), ("c", Failed)]);
        assert_eq!(add(&mut history, "k", "1", &one, false), [""; 0]);
        assert_eq!(
            add(&mut history, "k", "1", &other, false),
            ["a", "b"],
            "both runs failed, not in the same way"
        );
        let good = results(&[("a", Passed), ("b", Passed), ("c", Passed)]);
        assert_eq!(add(&mut history, "k", "1", &good, false), ["a", "b", "c"]);
        assert_eq!(history.flaky.iter().map(|flaky| flaky.times).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(history.doubted(&results(&[("b", Passed), ("d", Passed)])).len(), 1);
        // A test that is gone is no concern any more.
        add(&mut history, "k", "1", &results(&[("b", Passed)]), true);
        assert_eq!(history.flaky.iter().map(|flaky| flaky.test.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_test_that_was_mended_is_not_flaky() {
        let mut history = History::default();
        add(&mut history, "k", "1", &results(&[("a", Failed)]), false);
        assert_eq!(
            add(&mut history, "other", "1", &results(&[("a", Passed)]), false),
            [""; 0],
            "a file changed"
        );
        assert_eq!(add(&mut history, "k", "2", &results(&[("a", Passed)]), false), [""; 0], "so did .env");
        assert_eq!(
            add(&mut history, "new", "1", &results(&[("a", Failed)]), true),
            ["a"],
            "it went well before"
        );
    }

    #[test]
    fn durations_that_differ_little_change_nothing() {
        let mut history = History::default();
        let timed = |time: u64| Results { files: [("a".to_owned(), time)].into(), ..Results::default() };
        for (time, known) in
            [(1000, 1000), (1900, 1000), (600, 1000), (2500, 2500), (10, 10), (150, 10), (900, 900)]
        {
            history.time(&timed(time));
            assert_eq!(history.timings["a"], known, "{time}");
        }
    }
}

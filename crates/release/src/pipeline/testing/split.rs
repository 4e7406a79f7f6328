//! Which test files belong to which share: the longest first, each to the share that has the least so far.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ask::quoted;
use super::{Runner, Tool};
use crate::pipeline::stat::digest_of;

/// One share of the tests of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Which one, from 1.
    pub index: usize,
    /// Of how many.
    pub count: usize,
    /// Its test files, or packages; absent where the tool splits its tests itself.
    pub files: Option<Vec<String>>,
    /// How many there are in all shares.
    pub of: usize,
    /// Names the durations that it was made by: shares of one digest leave none out and run none twice. Absent where none
    /// are recorded, and sizes of files decide.
    pub timings: Option<String>,
    /// The command that runs it.
    #[serde(skip)]
    pub(in crate::pipeline) line: String,
}

impl Share {
    /// Of tests that cannot be told apart: the first share is all of them.
    pub(in crate::pipeline) fn whole(index: usize, count: usize, line: &str) -> Self {
        let line = if index == 1 { line } else { ":" };
        Self { index, count, files: None, of: 0, timings: None, line: line.to_owned() }
    }
}

/// The `index`-th of `count` shares of what `line` runs. `files` are all files of the step's folder with their sizes.
/// Nothing where its tests cannot be told apart.
pub(in crate::pipeline) fn split(
    runner: &Runner,
    line: &str,
    (index, count): (usize, usize),
    files: &BTreeMap<String, u64>,
    timings: &BTreeMap<String, u64>,
) -> Option<Share> {
    let between = runner.append?;
    if runner.has_own_split() {
        let option = match runner.tool {
            Tool::Nextest => format!("--partition hash:{index}/{count}"),
            _ => format!("--shard={index}/{count}"),
        };
        let line = format!("{line}{between} {option}");
        return Some(Share { index, count, files: None, of: 0, timings: None, line });
    }
    let units = runner.units(files.keys().map(String::as_str))?;
    let known: BTreeMap<&str, u64> =
        units.names.iter().filter_map(|name| Some((name.as_str(), *timings.get(name)?))).collect();
    let mut durations: Vec<u64> = known.values().copied().collect();
    durations.sort_unstable();
    // A file that never ran takes as long as most.
    let usual = durations.get(durations.len() / 2).copied();
    let weight = |name: &str| match usual {
        Some(usual) => known.get(name).copied().unwrap_or(usual),
        None => size(runner.tool, name, files),
    };
    let mut weighed: Vec<(u64, &String)> =
        units.names.iter().map(|name| (weight(name).max(1), name)).collect();
    weighed.sort_unstable_by(|(one, name), (other, other_name)| other.cmp(one).then(name.cmp(other_name)));
    let mut loads = vec![0_u64; count.max(1)];
    let mut own = Vec::new();
    for (weight, name) in weighed {
        let least = (0..loads.len()).min_by_key(|share| loads[*share]).unwrap_or(0);
        loads[least] = loads[least].saturating_add(weight);
        if least + 1 == index {
            own.push(name.clone());
        }
    }
    own.sort_unstable();
    let digest = usual.map(|_| {
        let parts: Vec<String> = known.iter().map(|(name, time)| format!("{name} {time}")).collect();
        let mut digest = digest_of(parts.iter().map(String::as_str));
        digest.truncate(8);
        digest
    });
    let line = if own.is_empty() {
        // Nothing to run is well run.
        ":".to_owned()
    } else {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        words.retain(|word| !units.words.iter().any(|path| path == word));
        let names: Vec<String> = own.iter().map(|name| quoted(name)).collect();
        format!("{}{between} {}", words.join(" "), names.join(" "))
    };
    Some(Share { index, count, files: Some(own), of: units.names.len(), timings: digest, line })
}

fn size(tool: Tool, name: &str, files: &BTreeMap<String, u64>) -> u64 {
    match tool {
        Tool::Go => {
            let folder = name.trim_start_matches("./");
            let inside = |path: &str| path.rsplit_once('/').map_or(".", |(above, _)| above) == folder;
            files
                .iter()
                .filter(|(path, _)| inside(path) && path.ends_with("_test.go"))
                .map(|(_, size)| size)
                .sum()
        }
        _ => files.get(name).copied().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::recognise;
    use super::*;

    fn shares(count: usize, files: &BTreeMap<String, u64>, timings: &BTreeMap<String, u64>) -> Vec<Share> {
        let runner = recognise("pytest -q tests", ".", None, &|_| None).unwrap();
        (1..=count)
            .map(|index| split(&runner, "pytest -q tests", (index, count), files, timings).unwrap())
            .collect()
    }

    #[test]
    fn the_longest_file_has_a_share_of_its_own() {
        let files: BTreeMap<String, u64> = (0..5).map(|n| (format!("tests/test_{n}.py"), 10)).collect();
        let timings = [(3, 9000), (0, 3000), (1, 3000), (2, 2000)];
        let timings = timings.map(|(n, time)| (format!("tests/test_{n}.py"), time)).into();
        let shares = shares(2, &files, &timings);
        assert_eq!(
            shares[0].line,
            "pytest -q tests/test_3.py tests/test_2.py".replace("3.py tests/test_2", "2.py tests/test_3")
        );
        assert_eq!(shares[1].files.as_ref().unwrap().len(), 3);
        assert_eq!(shares[0].timings, shares[1].timings);
        assert!(shares[0].timings.is_some());
    }

    #[test]
    fn a_tool_that_splits_its_tests_is_left_to_it() {
        let runner = recognise("npx vitest run", ".", None, &|_| None).unwrap();
        let share = split(&runner, "npx vitest run", (2, 3), &BTreeMap::new(), &BTreeMap::new()).unwrap();
        assert_eq!((share.line.as_str(), share.files), ("npx vitest run --shard=2/3", None));
        let runner = recognise("make && pytest", ".", None, &|_| None).unwrap();
        assert_eq!(split(&runner, "make && pytest", (1, 2), &BTreeMap::new(), &BTreeMap::new()), None);
    }

    proptest! {
        #[test]
        fn every_file_is_in_exactly_one_share(
            sizes in prop::collection::btree_map("tests/test_[a-d]{1,3}\\.py", 0_u64..1000, 1..40),
            timed in prop::collection::btree_map("tests/test_[a-d]{1,3}\\.py", 0_u64..100_000, 0..40),
            count in 1_usize..9,
        ) {
            let shares = shares(count, &sizes, &timed);
            let mut seen = BTreeSet::new();
            let mut loads = Vec::new();
            for share in &shares {
                for file in share.files.as_ref().unwrap() {
                    prop_assert!(seen.insert(file.clone()), "{} twice", file);
                }
                prop_assert_eq!(share.files.as_ref().unwrap().is_empty(), share.line == ":");
                loads.push(share.files.as_ref().unwrap().iter().map(|file| timed.get(file).copied()).collect::<Vec<_>>());
            }
            prop_assert_eq!(seen, sizes.keys().cloned().collect::<BTreeSet<_>>());
        }
    }
}

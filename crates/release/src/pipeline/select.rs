//! Which steps were asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Stage, Step, StepId};
use super::testing::Runner;
use crate::Error;

/// A share of the tests: the I-th of N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    pub index: usize,
    /// Of how many.
    pub count: usize,
}

impl std::str::FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text
            .split_once('/')
            .and_then(|(index, count)| Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?)));
        parts
            .filter(|(index, count)| (1..=*count).contains(index))
            .map(|(index, count)| Self { index, count })
            .ok_or_else(|| Error::Shard(text.to_owned()))
    }
}

/// The steps that `wanted` names, with all that they need, in the order of the pipeline. A name is that of a step
/// (`api:test`), of a stage (`test`) or of a service (`api`); without any, all steps are meant.
///
/// A shard takes its share of the test files of each test step, where its tool is known to take some of them. Of the other
/// test steps it takes a share of the whole, by their names alone: shards on several machines, which know nothing of one
/// another, leave none out and run none twice. Without a shard, a step is split into the shares that the project says.
///
/// # Errors
/// When there is no such step.
pub fn select(steps: &[Step], wanted: &[String], shard: Option<Shard>) -> Result<Vec<Step>, Error> {
    let mut chosen: BTreeSet<&StepId> = BTreeSet::new();
    for name in wanted {
        let named: Vec<&StepId> =
            steps.iter().filter(|step| is_named(step, name)).map(|step| &step.id).collect();
        // A stage without steps is nothing to do, not a mistake: pipelines name all of them.
        if named.is_empty() && !Stage::ALL.iter().any(|stage| stage.as_str() == name) {
            return Err(unknown(steps, name));
        }
        chosen.extend(named);
    }
    if wanted.is_empty() {
        chosen.extend(steps.iter().map(|step| &step.id));
    }
    if let Some(Shard { index, count }) = shard {
        let mut tests: Vec<&StepId> = steps
            .iter()
            .filter(|step| step.stage == Stage::Test && chosen.contains(&step.id) && !splits(step))
            .map(|step| &step.id)
            .collect();
        tests.sort_unstable();
        for (position, id) in tests.into_iter().enumerate() {
            if position % count != index - 1 {
                chosen.remove(id);
            }
        }
    }
    let mut waiting: Vec<&StepId> = chosen.iter().copied().collect();
    while let Some(id) = waiting.pop() {
        let Some(step) = steps.iter().find(|step| step.id == *id) else { continue };
        waiting.extend(step.needs.iter().filter(|need| chosen.insert(need)));
    }
    let chosen: Vec<Step> = steps.iter().filter(|step| chosen.contains(&step.id)).cloned().collect();
    Ok(match shard {
        Some(shard) => chosen
            .into_iter()
            .map(|step| if splits(&step) { Step { shard: Some(shard), ..step } } else { step })
            .collect(),
        None => in_shares(chosen),
    })
}

/// Its tool takes some of the test files as well as all.
fn splits(step: &Step) -> bool {
    step.tests.as_ref().is_some_and(Runner::splits)
}

/// Each step in the shares that the project says, and whatever needs it after all of them.
fn in_shares(steps: Vec<Step>) -> Vec<Step> {
    let counts: BTreeMap<StepId, usize> = steps
        .iter()
        .filter(|step| step.shares > 1 && splits(step))
        .map(|step| (step.id.clone(), step.shares))
        .collect();
    let shares = |id: &StepId| -> Vec<StepId> {
        match counts.get(id) {
            Some(count) => (1..=*count).map(|index| id.share(index)).collect(),
            None => vec![id.clone()],
        }
    };
    let mut split = Vec::with_capacity(steps.len());
    for mut step in steps {
        step.needs = step.needs.iter().flat_map(&shares).collect();
        let Some(count) = counts.get(&step.id).copied() else {
            split.push(step);
            continue;
        };
        split.extend((1..=count).map(|index| {
            let id = step.id.share(index);
            Step { id, shard: Some(Shard { index, count }), ..step.clone() }
        }));
    }
    split
}

fn is_named(step: &Step, name: &str) -> bool {
    step.id.as_str() == name
        || step.stage.as_str() == name
        || step
            .services
            .iter()
            .any(|service| service.as_str() == name || StepId::of(service, step.stage).as_str() == name)
}

fn unknown(steps: &[Step], asked: &str) -> Error {
    // The nearest is the one that shares the longest beginning.
    let shared = |id: &str| id.chars().zip(asked.chars()).take_while(|(one, other)| one == other).count();
    let nearest = steps.iter().map(|step| step.id.as_str()).max_by_key(|id| shared(id));
    let nearest = nearest.filter(|id| shared(id) > 1).map(str::to_owned);
    Error::UnknownStep { asked: asked.to_owned(), nearest }
}

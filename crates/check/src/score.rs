//! The readiness of an app: a level for each category from fixed weights, and what would raise it most.
//!
//! Every category starts with 100 points. A rule that is broken costs its weight (critical 45, high 20, medium 7, low 2),
//! and half of that again for every further finding of the same rule, to at most three times the weight: a mistake made
//! everywhere is worse than one made once, and it is still one mistake. The levels: A from 90 points, B from 75, C from 55,
//! D from 30, E below; a category with a critical finding is at most a D. The app's level is that of the mean over all
//! categories, and at most one better than its worst.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::Finding;
use crate::rule::{Category, Severity};

/// A readiness level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum Level {
    /// Ready.
    A,
    /// Ready, with some debt.
    B,
    /// It will run, and it will hurt.
    C,
    /// Not before the worst is mended.
    D,
    /// Not ready.
    E,
}

impl Level {
    fn of(points: u32) -> Self {
        match points {
            90.. => Self::A,
            75.. => Self::B,
            55.. => Self::C,
            30.. => Self::D,
            _ => Self::E,
        }
    }

    /// One step better.
    fn better(self) -> Self {
        match self {
            Self::A | Self::B => Self::A,
            Self::C => Self::B,
            Self::D => Self::C,
            Self::E => Self::D,
        }
    }
}

/// The readiness of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Score {
    /// Of the app as a whole.
    pub level: Level,
    /// 0 to 100: the mean of the categories.
    pub points: u32,
    /// In the order of reports.
    pub categories: Vec<CategoryScore>,
    /// At most three rules whose findings cost most.
    pub raise: Vec<Raise>,
}

/// The readiness in one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CategoryScore {
    /// Which one.
    pub category: Category,
    /// Its level.
    pub level: Level,
    /// 0 to 100.
    pub points: u32,
    /// How many findings it has.
    pub findings: usize,
}

/// What would raise the score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Raise {
    /// The rule whose findings to mend.
    pub rule: String,
    /// What is wrong.
    pub title: String,
    /// How many findings there are.
    pub findings: usize,
    /// Points of its category that come back.
    pub points: u32,
}

/// Points that the first finding of a rule costs.
fn weight(severity: Severity) -> u32 {
    match severity {
        Severity::Critical => 45,
        Severity::High => 20,
        Severity::Medium => 7,
        Severity::Low => 2,
    }
}

/// Judges findings.
pub fn score(findings: &[Finding]) -> Score {
    struct Broken<'f> {
        finding: &'f Finding,
        severity: Severity,
        count: usize,
    }
    let mut broken: BTreeMap<&str, Broken<'_>> = BTreeMap::new();
    for finding in findings {
        let entry =
            broken.entry(&finding.rule).or_insert(Broken { finding, severity: finding.severity, count: 0 });
        entry.count += 1;
        entry.severity = entry.severity.max(finding.severity);
    }
    let cost = |broken: &Broken<'_>| {
        let weight = weight(broken.severity);
        let further = u32::try_from(broken.count - 1).unwrap_or(u32::MAX);
        (weight + further.saturating_mul(weight) / 2).min(weight * 3)
    };
    let categories: Vec<CategoryScore> = Category::ALL
        .into_iter()
        .map(|category| {
            let of_category = || broken.values().filter(|broken| broken.finding.category == category);
            let points = 100_u32.saturating_sub(of_category().map(cost).sum());
            let is_critical = of_category().any(|broken| broken.severity == Severity::Critical);
            let level = Level::of(points);
            CategoryScore {
                category,
                level: if is_critical { level.max(Level::D) } else { level },
                points,
                findings: of_category().map(|broken| broken.count).sum(),
            }
        })
        .collect();
    let sum: u32 = categories.iter().map(|category| category.points).sum();
    let points = sum / u32::try_from(categories.len()).unwrap_or(1).max(1);
    let worst = categories.iter().map(|category| category.level).max().unwrap_or(Level::A);
    let mut raise: Vec<Raise> = broken
        .values()
        .map(|broken| Raise {
            rule: broken.finding.rule.clone(),
            title: broken.finding.title.clone(),
            findings: broken.count,
            points: cost(broken),
        })
        .collect();
    raise.sort_by(|one, other| other.points.cmp(&one.points).then_with(|| one.rule.cmp(&other.rule)));
    raise.truncate(3);
    Score { level: Level::of(points).max(worst.better()), points, categories, raise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::finding;

    #[test]
    fn nothing_found_is_an_a_and_a_critical_finding_is_at_most_a_d_there() {
        let empty = score(&[]);
        assert_eq!((empty.level, empty.points), (Level::A, 100));
        let found = score(&[finding("key", Severity::Critical, Category::Secrets, 1)]);
        let secrets = &found.categories[0];
        assert_eq!((secrets.level, secrets.points), (Level::D, 55));
        assert_eq!((found.level, found.points), (Level::C, 95));
        assert_eq!((found.raise[0].rule.as_str(), found.raise[0].points), ("key", 45));
    }

    #[test]
    fn a_mistake_made_everywhere_costs_at_most_three_times_its_weight() {
        let findings: Vec<Finding> =
            (1..100).map(|line| finding("slow", Severity::Medium, Category::Data, line)).collect();
        let found = score(&findings);
        assert_eq!(found.raise[0].points, 21);
        assert_eq!(found.categories[4].points, 79);
    }
}

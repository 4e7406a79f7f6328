//! The order of versions, which every ecosystem has its own rules for.

use std::cmp::Ordering;
use std::str::FromStr;

use crate::lockfile::Ecosystem;

/// Which of two versions is the later one; `None` where one of them is no version.
pub fn compare(ecosystem: Ecosystem, one: &str, other: &str) -> Option<Ordering> {
    match ecosystem {
        Ecosystem::Npm | Ecosystem::Cargo | Ecosystem::Go => semantic(one, other),
        Ecosystem::PyPi => {
            let one = pep440_rs::Version::from_str(one.trim()).ok()?;
            Some(one.cmp(&pep440_rs::Version::from_str(other.trim()).ok()?))
        }
        Ecosystem::NuGet => Some(nuget(one).cmp(&nuget(other))),
        Ecosystem::RubyGems => Some(by_items(&gem(one), &gem(other))),
        Ecosystem::Packagist => Some(by_items(&composer(one), &composer(other))),
        Ecosystem::Maven => Some(by_items(&maven(one), &maven(other))),
    }
}

/// Semantic versions, also those that leave parts out.
fn semantic(one: &str, other: &str) -> Option<Ordering> {
    let parse = |text: &str| {
        let text = text.trim().trim_start_matches(['v', '=']);
        semver::Version::parse(text).ok().or_else(|| {
            let end = text.find(['-', '+']).unwrap_or(text.len());
            let missing = 2_usize.checked_sub(text[..end].matches('.').count())?;
            semver::Version::parse(&format!("{}{}{}", &text[..end], ".0".repeat(missing), &text[end..])).ok()
        })
    };
    Some(parse(one)?.cmp_precedence(&parse(other)?))
}

/// Up to four numbers, then a label that compares as in semantic versions but does not tell case.
fn nuget(text: &str) -> (Vec<u64>, bool, Vec<Item>) {
    let text = text.trim().trim_start_matches('v').to_ascii_lowercase();
    let text = text.split('+').next().unwrap_or_default().to_owned();
    let (release, label) =
        text.split_once('-').map_or((text.as_str(), None), |(release, label)| (release, Some(label)));
    let mut numbers: Vec<u64> = release.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    let items = label.into_iter().flat_map(|label| label.split('.')).map(|part| match part.parse() {
        // Numbers come before words in a label.
        Ok(number) => Item { rank: 0, number, word: String::new() },
        Err(_) => Item { rank: 1, number: 0, word: part.to_owned() },
    });
    (numbers, label.is_none(), items.collect())
}

/// A part of a version: ranks first, then number, then word.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    rank: i32,
    number: u64,
    word: String,
}

/// The rank of a part that is not there, between what makes a version earlier and what makes it later.
const NOTHING: i32 = 10;

fn by_items(one: &[Item], other: &[Item]) -> Ordering {
    let nothing = Item { rank: NOTHING, ..Item::default() };
    (0..one.len().max(other.len()))
        .map(|index| one.get(index).unwrap_or(&nothing).cmp(other.get(index).unwrap_or(&nothing)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Runs of digits and runs of letters.
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    for part in text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut start = 0;
        let bytes = part.as_bytes();
        for at in 1..bytes.len() {
            if bytes[at].is_ascii_digit() != bytes[at - 1].is_ascii_digit() {
                runs.push(&part[start..at]);
                start = at;
            }
        }
        runs.push(&part[start..]);
    }
    runs
}

/// A number, which comes after every word.
fn number(text: &str) -> Item {
    Item { rank: NOTHING + 5, number: text.parse().unwrap_or(u64::MAX), word: String::new() }
}

/// The items of a version, each word made by `word` from itself and what follows. Zeros at the end and in front of a word
/// do not count: 1.0.0-rc is 1-rc.
fn items(text: &str, word: impl Fn(&str, Option<&str>) -> Item) -> Vec<Item> {
    let runs = runs(text);
    let mut items: Vec<Item> = Vec::with_capacity(runs.len());
    let trim = |items: &mut Vec<Item>| {
        while items
            .last()
            .is_some_and(|item| item.rank == NOTHING + 5 && item.number == 0 || item.rank == NOTHING)
        {
            items.pop();
        }
    };
    for (index, run) in runs.iter().enumerate() {
        if is_number(run) {
            items.push(number(run));
        } else {
            trim(&mut items);
            items.push(word(run, runs.get(index + 1).copied()));
        }
    }
    trim(&mut items);
    items
}

fn is_number(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// `Gem::Version`: a word makes a version a pre-release, whatever it says.
fn gem(text: &str) -> Vec<Item> {
    items(text.trim(), |run, _| Item { rank: 1, number: 0, word: run.to_owned() })
}

/// PHP's `version_compare`, as Composer uses it: dev < alpha < beta < RC < nothing < patch.
fn composer(text: &str) -> Vec<Item> {
    let text = text.trim().trim_start_matches(['v', 'V']).to_ascii_lowercase();
    let text = text.split('+').next().unwrap_or_default();
    items(text, |run, _| {
        let rank = match run {
            "dev" => 1,
            "alpha" | "a" => 2,
            "beta" | "b" => 3,
            "rc" => 4,
            "stable" => NOTHING,
            "pl" | "p" | "patch" => NOTHING + 1,
            _ => 0,
        };
        Item { rank, ..Item::default() }
    })
}

/// Maven's `ComparableVersion` (<https://maven.apache.org/pom.html#version-order-specification>), without its lists within
/// lists: published versions that would need them are rare.
fn maven(text: &str) -> Vec<Item> {
    items(&text.trim().to_ascii_lowercase(), |run, next| {
        let is_before_number = next.is_some_and(is_number);
        let rank = match run {
            "alpha" => 1,
            "a" if is_before_number => 1,
            "beta" => 2,
            "b" if is_before_number => 2,
            "milestone" => 3,
            "m" if is_before_number => 3,
            "rc" | "cr" => 4,
            "snapshot" => 5,
            "final" | "ga" | "release" => NOTHING,
            "sp" => NOTHING + 1,
            // Words that are not known come after all that are, and before numbers.
            _ => NOTHING + 2,
        };
        let word = if rank == NOTHING + 2 { run.to_owned() } else { String::new() };
        Item { rank, number: 0, word }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ascending(ecosystem: Ecosystem, versions: &[&str]) {
        for (index, one) in versions.iter().enumerate() {
            for other in &versions[index + 1..] {
                assert_eq!(compare(ecosystem, one, other), Some(Ordering::Less), "{one} < {other}");
                assert_eq!(compare(ecosystem, other, one), Some(Ordering::Greater), "{other} > {one}");
            }
        }
    }

    fn equal(ecosystem: Ecosystem, one: &str, other: &str) {
        assert_eq!(compare(ecosystem, one, other), Some(Ordering::Equal), "{one} = {other}");
    }

    #[test]
    fn semantic_versions() {
        ascending(
            Ecosystem::Npm,
            &[
                "0.9.10",
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0",
                "1.0.10",
                "v1.2",
            ],
        );
        equal(Ecosystem::Npm, "1.0.0+build", "1.0.0");
        equal(Ecosystem::Go, "1.2", "v1.2.0");
        ascending(
            Ecosystem::Go,
            &["0.0.0-20200101000000-abcdefabcdef", "0.0.0-20210101000000-abcdefabcdef", "0.1.0"],
        );
        assert_eq!(compare(Ecosystem::Npm, "latest", "1.0.0"), None);
    }

    #[test]
    fn python_versions() {
        ascending(
            Ecosystem::PyPi,
            &["1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0.post1", "1.1", "1.10", "2!0.1"],
        );
        equal(Ecosystem::PyPi, "1.0", "1.0.0");
    }

    #[test]
    fn gem_versions() {
        ascending(
            Ecosystem::RubyGems,
            &["1.0.a", "1.0.b2", "1.0.b10", "1.0.pre", "1.0", "1.0.1", "1.9", "1.10"],
        );
        equal(Ecosystem::RubyGems, "1.0", "1.0.0");
        ascending(Ecosystem::RubyGems, &["2.2.3.rc1", "2.2.3", "2.2.3.1"]);
    }

    #[test]
    fn composer_versions() {
        ascending(
            Ecosystem::Packagist,
            &[
                "1.0.0-dev",
                "1.0.0-alpha1",
                "1.0.0-beta1",
                "1.0.0-beta2",
                "1.0.0-RC1",
                "1.0.0",
                "1.0.0-p1",
                "1.0.1",
                "v2.0",
            ],
        );
        equal(Ecosystem::Packagist, "v1.2.0", "1.2");
    }

    #[test]
    fn maven_versions() {
        ascending(
            Ecosystem::Maven,
            &[
                "1.0-alpha-1",
                "1.0-beta2",
                "1.0-m3",
                "1.0-rc1",
                "1.0-SNAPSHOT",
                "1.0",
                "1.0-sp1",
                "1.0-jre",
                "1.0.1",
                "1.2",
                "1.10",
            ],
        );
        equal(Ecosystem::Maven, "1.0.0", "1");
        equal(Ecosystem::Maven, "5.3.0.RELEASE", "5.3.0");
        equal(Ecosystem::Maven, "2.0.0.Final", "2.0");
    }

    #[test]
    fn nuget_versions() {
        ascending(
            Ecosystem::NuGet,
            &["1.0.0-alpha", "1.0.0-Beta.2", "1.0.0-beta.11", "1.0.0", "1.0.0.1", "1.0.1"],
        );
        equal(Ecosystem::NuGet, "1.0.0", "1.0.0.0");
        equal(Ecosystem::NuGet, "1.0.0-RC1", "1.0.0-rc1");
    }
}

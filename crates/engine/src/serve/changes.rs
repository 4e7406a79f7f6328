//! What a release changes against the one that serves, for the ledger.

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_artifact::{Digest, Store};
use seaworthy_ledger::body::MigrationClass;
use seaworthy_ledger::body::{
    ChangeKind, Changes, CommitLine, DependencyChange, FindingChange, KeyChange, MigrationChange, SchemaRange,
};
use serde_json::Value;

use super::journal;
use super::release::{MigrationRecord, ReleaseRecord};

/// What is new in `new` since `stable`; `pending` are the migrations that did not run yet.
pub(super) fn of<'a>(
    store: &Store,
    new: &ReleaseRecord,
    stable: Option<&ReleaseRecord>,
    pending: impl Iterator<Item = &'a MigrationRecord>,
) -> Changes {
    let migrations = pending.map(|migration| MigrationChange {
        migration: migration.file.clone(),
        class: migration.class,
        because: format!("line {} {}", migration.line, migration.why),
    });
    let Some(stable) = stable else {
        return Changes { commits: vec![own(new)], migrations: migrations.collect(), ..Changes::default() };
    };
    let dependencies = match (packages(store, stable), packages(store, new)) {
        (Some(before), Some(now)) => dependencies(&before, &now),
        // One that is not in this store any more cannot be compared.
        _ => Vec::new(),
    };
    let findings = match (&stable.findings, &new.findings) {
        (Some(before), Some(now)) => {
            let turned = differences(before, now).into_iter();
            let text = |key: &str| now.get(key).or_else(|| before.get(key)).cloned().unwrap_or_default();
            turned.map(|(key, change)| FindingChange { finding: text(&key), change }).collect()
        }
        _ => Vec::new(),
    };
    let configuration = differences(&stable.keys, &new.keys);
    Changes {
        since: journal::id(&stable.id()),
        commits: commits(new, &stable.commit),
        dependencies,
        migrations: migrations.collect(),
        configuration: configuration.into_iter().map(|(key, change)| KeyChange { key, change }).collect(),
        findings,
    }
}

/// The schemas that a release works with.
pub(super) fn range(record: &ReleaseRecord) -> Option<SchemaRange> {
    let max = record.migrations.last()?;
    let breaking = record.migrations.iter().rfind(|migration| migration.class == MigrationClass::Breaking);
    let min = breaking.or(record.migrations.first())?;
    Some(SchemaRange { min: min.file.clone(), max: max.file.clone() })
}

/// Its commits down to that of the release before. They were asked for when it was packaged, and another release may serve
/// since.
fn commits(new: &ReleaseRecord, before: &str) -> Vec<CommitLine> {
    if new.commit == before {
        return Vec::new();
    }
    let listed: Vec<CommitLine> =
        new.commits.iter().take_while(|commit| commit.id != before).cloned().collect();
    if listed.is_empty() { vec![own(new)] } else { listed }
}

fn own(new: &ReleaseRecord) -> CommitLine {
    CommitLine { id: new.commit.clone(), author: new.author.clone(), subject: new.subject.clone() }
}

/// Versions of packages by what they are called, from an artifact's list of components.
fn packages(store: &Store, record: &ReleaseRecord) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let digest: Digest = record.artifact.parse().ok()?;
    let manifest = store.manifest(&digest).ok()?;
    let sbom: Value = serde_json::from_slice(&store.document(&manifest.sbom()).ok()?).ok()?;
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for component in sbom["components"].as_array()? {
        let text = |key: &str| component[key].as_str();
        let (Some(name), Some(version)) = (text("name"), text("version")) else { continue };
        let name = text("group").map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"));
        packages.entry(name).or_default().insert(version.to_owned());
    }
    Some(packages)
}

type Packages = BTreeMap<String, BTreeSet<String>>;

/// Packages that came, went or moved. Of a package with several versions each that differs is told.
fn dependencies(before: &Packages, now: &Packages) -> Vec<DependencyChange> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let none = BTreeSet::new();
    let mut changes = Vec::new();
    for name in names {
        let (was, is) = (before.get(name).unwrap_or(&none), now.get(name).unwrap_or(&none));
        let mut gone = was.difference(is);
        let mut new = is.difference(was);
        loop {
            let (from, to) = (gone.next().cloned(), new.next().cloned());
            if from.is_none() && to.is_none() {
                break;
            }
            changes.push(DependencyChange { name: name.clone(), from, to });
        }
    }
    changes
}

/// Keys that came, went or have another value.
fn differences(
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Vec<(String, ChangeKind)> {
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let change = |key: &String| match (before.get(key), now.get(key)) {
        (None, Some(_)) => Some(ChangeKind::Added),
        (Some(_), None) => Some(ChangeKind::Removed),
        (was, is) => (was != is).then_some(ChangeKind::Changed),
    };
    keys.into_iter().filter_map(|key| Some((key.clone(), change(key)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_go_and_move() {
        let of = |packages: &[(&str, &[&str])]| -> Packages {
            let versions = |versions: &[&str]| versions.iter().map(ToString::to_string).collect();
            packages.iter().map(|(name, all)| ((*name).to_owned(), versions(all))).collect()
        };
        let before = of(&[("a", &["1"]), ("b", &["1"]), ("c", &["1", "2"]), ("d", &["1"])]);
        let now = of(&[("a", &["1"]), ("b", &["2"]), ("c", &["2"]), ("e", &["1"])]);
        let told: Vec<String> = dependencies(&before, &now)
            .into_iter()
            .map(|change| format!("{} {:?} {:?}", change.name, change.from, change.to))
            .collect();
        assert_eq!(
            told,
            [r#"b Some("1") Some("2")"#, r#"c Some("1") None"#, r#"d Some("1") None"#, r#"e None Some("1")"#]
        );
    }

    #[test]
    fn keys_come_go_and_change() {
        let of = |keys: &[(&str, &str)]| -> BTreeMap<String, String> {
            keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let told = differences(
            &of(&[("a", "1"), ("b", "1"), ("c", "1")]),
            &of(&[("a", "1"), ("b", "2"), ("d", "1")]),
        );
        let expected = [("b", ChangeKind::Changed), ("c", ChangeKind::Removed), ("d", ChangeKind::Added)];
        assert_eq!(told, expected.map(|(key, change)| (key.to_owned(), change)));
    }
}

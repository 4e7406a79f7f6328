//! What nobody goes back to is removed: files of releases, what was kept of those that were taken back, artifacts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use seaworthy_artifact::{Digest, Store};
use seaworthy_rollout::ReleaseId;

use super::layout::{EnvironmentFolder, Layout};
use super::release::ReleaseRecord;

/// What is younger may be that of a ship whose order is still to come.
const GRACE: Duration = Duration::from_hours(1);

/// So many of the releases that were taken back have their logs and failed requests kept.
const EVIDENCE: usize = 20;

/// Removes the files of all releases but `keep`: those that were taken back, or never ordered.
pub(super) fn releases(folder: &EnvironmentFolder, keep: &BTreeSet<ReleaseId>) {
    let here: BTreeSet<ReleaseId> = entries(&folder.releases())
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .map(|name| ReleaseId::new(name.trim_start_matches(".incoming-").trim_end_matches(".json")))
        .collect();
    for release in here.difference(keep) {
        let incoming = folder.incoming(release);
        let parts = [folder.record(release), folder.tree(release), incoming.clone()];
        // What stays for once is removed the next time.
        if parts.iter().filter_map(|path| age(path)).all(|age| age >= GRACE) {
            let _ = folder.remove(release);
            let _ = fs::remove_dir_all(incoming);
        }
    }
    let mut kept = entries(&folder.all_evidence());
    kept.sort_by_key(|path| age(path));
    for path in kept.iter().skip(EVIDENCE) {
        let _ = fs::remove_dir_all(path);
    }
}

/// Removes the artifacts of which no release of this host is left. Blocks.
pub(super) fn artifacts(layout: &Layout) -> Result<(), seaworthy_artifact::Error> {
    let mut keep: BTreeSet<Digest> = BTreeSet::new();
    for (app, environment) in layout.environments() {
        let records = layout.environment(&app, &environment).records::<ReleaseRecord>();
        keep.extend(records.iter().filter_map(|record| record.artifact.parse::<Digest>().ok()));
    }
    Store::open(&layout.store())?.prune(&keep, GRACE).map(drop)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// How long ago it was written. A time to come is that of a clock that was put back.
fn age(path: &Path) -> Option<Duration> {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    Some(SystemTime::now().duration_since(modified).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_by(path: &Path, hours: u64) {
        let then = SystemTime::now() - Duration::from_hours(hours);
        fs::File::open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn what_is_kept_and_what_is_young_stays() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(&folder.path().join("state")).unwrap();
        let name = |text: &str| seaworthy_model::Name::parse(text).unwrap();
        let folder = layout.environment(&name("shop"), &name("production"));
        folder.prepare().unwrap();
        for (release, hours) in [("serves", [9, 9]), ("taken-back", [9, 9]), ("to-come", [9, 0])] {
            let release = ReleaseId::new(release);
            fs::create_dir_all(folder.tree(&release).join("src")).unwrap();
            fs::write(folder.record(&release), "{}").unwrap();
            for (path, hours) in [folder.tree(&release), folder.record(&release)].iter().zip(hours) {
                age_by(path, hours);
            }
        }
        let half = folder.incoming(&ReleaseId::new("half"));
        fs::create_dir_all(&half).unwrap();
        age_by(&half, 9);
        for number in 0..25 {
            let evidence = folder.evidence(&ReleaseId::new(format!("bad-{number}")));
            fs::create_dir_all(&evidence).unwrap();
            age_by(&evidence, number);
        }
        releases(&folder, &[ReleaseId::new("serves")].into());
        let mut left: Vec<String> = entries(&folder.releases())
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["serves", "serves.json", "to-come", "to-come.json"]);
        assert_eq!(entries(&folder.all_evidence()).len(), EVIDENCE);
        assert!(folder.evidence(&ReleaseId::new("bad-0")).exists());
        assert!(!folder.evidence(&ReleaseId::new("bad-24")).exists());
    }
}

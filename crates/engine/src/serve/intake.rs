//! What arrives of a release, and what is kept of it: its files and its record.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use seaworthy_artifact::{Digest, Store};
use seaworthy_model::Name;

use super::layout::{self, EnvironmentFolder, Layout};
use super::release::{Release, ReleaseRecord, model};
use super::{Error, commits, configuration, secrets};

/// Bytes of an SBOM or a provenance at most.
const LONGEST_NOTE: u64 = 64 << 20;

/// Takes a release in: its files, every one of them verified, and its record, completed by its configuration.
pub(super) fn take_in(
    layout: &Layout,
    folder: &EnvironmentFolder,
    environment: &Name,
    mut record: ReleaseRecord,
) -> Result<ReleaseRecord, Error> {
    let store = Store::open(&layout.store())?;
    let digest: Digest = record.artifact.parse().map_err(|_| Error::Manifest(record.artifact.clone()))?;
    let manifest = store.manifest(&digest)?;
    let write = |tree: &Path| {
        let written = store.materialise(&manifest, tree);
        if matches!(written, Err(seaworthy_artifact::Error::Altered { .. })) {
            // Where one blob was altered others may be: all that were are put out of the way, so that the next ship,
            // which has their true content, stores them again.
            for (blob, size) in manifest.blobs() {
                let _ = store.read(&blob, size.unwrap_or(LONGEST_NOTE));
            }
        }
        written.map(drop)
    };
    // What a release is called hangs on its secrets, and where those come from is said in its files: those of a release of
    // the same artifact, where there is one, else they are written out to be looked at.
    let known = folder
        .records::<ReleaseRecord>()
        .into_iter()
        .find(|known| known.artifact == record.artifact && folder.tree(&known.id()).is_dir());
    let incoming = folder.incoming(&record.id());
    let looked = if let Some(known) = &known {
        folder.tree(&known.id())
    } else {
        write(&incoming)?;
        incoming.clone()
    };
    let keys = keys(layout, environment, &record, looked);
    if known.is_none() {
        fs::remove_dir_all(&incoming).map_err(|source| Error::state(&incoming, source))?;
    }
    configuration::complete(&mut record, environment, keys?);
    let tree = folder.tree(&record.id());
    // One that is here already is as young as if it had just come: nothing sweeps it away before it is ordered.
    let _ = fs::File::open(&tree).and_then(|tree| tree.set_modified(SystemTime::now()));
    write(&tree)?;
    commits::keep(folder, &record.history)?;
    layout::save(&folder.record(&record.id()), &record)?;
    Ok(record)
}

/// Fingerprints of what a release is configured with. Secrets that cannot be had are refused where it is to begin.
fn keys(
    layout: &Layout,
    environment: &Name,
    record: &ReleaseRecord,
    tree: PathBuf,
) -> Result<BTreeMap<String, String>, Error> {
    let app = model(&tree, environment)?;
    let release = Release { id: record.id(), record: record.clone(), tree, app: Arc::new(app) };
    let secrets = secrets::find(layout, &release, environment).unwrap_or_default();
    configuration::keys(layout, &release.app, &secrets)
}

//! Whether an artifact is what it was.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::manifest::{Kind, Manifest};
use crate::store::{MOST_DOCUMENT, Store};
use crate::{Error, parallel};

/// A blob that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The blob.
    pub digest: Digest,
    /// What is wrong with it.
    pub wrong: Wrong,
    /// The paths of the artifact that it is the content of, or `sbom` or `provenance` for those.
    pub paths: Vec<String>,
}

/// What is wrong with a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is not in the store.
    Missing,
    /// It holds something else than its name says.
    Altered,
}

pub(crate) fn verify(store: &Store, manifest: &Manifest) -> Result<Vec<Damage>, Error> {
    let blobs: Vec<(Digest, Option<u64>)> = manifest.blobs().into_iter().collect();
    let wrongs = parallel::each(&blobs, |(digest, size)| {
        let result = store.unpack(digest, size.unwrap_or(MOST_DOCUMENT), "", &mut std::io::sink());
        match result {
            Ok(length) if size.is_none_or(|size| size == length) => Ok(None),
            Ok(_) | Err(Error::Altered { .. }) => Ok(Some(Wrong::Altered)),
            Err(Error::Incomplete { .. }) => Ok(Some(Wrong::Missing)),
            Err(error) => Err(error),
        }
    })?;
    let wrongs: BTreeMap<Digest, Wrong> =
        blobs.iter().zip(wrongs).filter_map(|((digest, _), wrong)| Some((*digest, wrong?))).collect();
    if wrongs.is_empty() {
        return Ok(Vec::new());
    }
    let mut paths: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
    for entry in manifest.entries() {
        if let Kind::File { digest, .. } = &entry.kind {
            paths.entry(*digest).or_default().push(entry.path.to_string());
        }
    }
    for (digest, name) in [(manifest.sbom(), "sbom"), (manifest.provenance(), "provenance")] {
        paths.entry(digest).or_default().push(name.to_owned());
    }
    Ok(wrongs
        .into_iter()
        .map(|(digest, wrong)| Damage { digest, wrong, paths: paths.remove(&digest).unwrap_or_default() })
        .collect())
}

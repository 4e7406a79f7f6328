//! The built tree -> an artifact in a store.

use std::collections::BTreeSet;

use seaworthy_artifact::{Contents, Digest, Error, Manifest, Pack, Store, Warning};
use seaworthy_check::lockfile;
use seaworthy_detect::{Manifest as ProjectManifest, Repository};

use super::checkout::Checkout;
use super::provenance::Provenance;
use super::{ShipError, sbom};

/// What an artifact is made of.
pub struct Parts<'a> {
    /// The app's name.
    pub app: &'a str,
    /// The checkout in which the pipeline ran.
    pub checkout: &'a Checkout,
    /// Its files.
    pub repository: &'a Repository,
    /// What its projects say they depend on.
    pub projects: &'a [ProjectManifest],
    /// What the pipeline made (`Report::products`). What else it left behind is removed before.
    pub products: &'a BTreeSet<String>,
    /// How it was built.
    pub provenance: &'a Provenance,
}

/// An artifact that is in the store.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its manifest.
    pub manifest: Manifest,
    /// What it is called.
    pub digest: Digest,
    /// What may not work elsewhere.
    pub warnings: Vec<Warning>,
    /// Files that had to be read; the others are known from the last time.
    pub read: usize,
}

/// Stores the tree of a checkout with its SBOM and provenance. The same commit, built by the same tools, gives the same digest.
///
/// # Errors
/// When the tree holds what no artifact can, a file changes meanwhile, or the file system refuses or is full.
pub fn package(store: &Store, parts: &Parts<'_>) -> Result<Package, ShipError> {
    let root = parts.checkout.root();
    let known = root.join(".seaworthy/cache/package.json");
    parts.checkout.sweep(parts.products)?;
    let writer = store.writer()?;
    let packed = writer.pack(&Pack { root, leave_out: &BTreeSet::new(), known: Some(&known) })?;
    let commit = &parts.checkout.commit().id;
    let locked = lockfile::read_all(parts.repository, parts.projects);
    let components = writer.put(sbom(parts.app, commit, &locked).to_string().as_bytes())?;
    let contents = Contents::new(parts.app, commit, parts.checkout.is_dirty(), packed.entries, components);
    let contents = contents.map_err(Error::Tree)?;
    let statement = parts.provenance.statement(parts.app, &contents.digest().hex());
    let provenance = writer.put(statement.to_string().as_bytes())?;
    let manifest = Manifest::new(contents, provenance);
    let digest = writer.finish(&manifest)?;
    Ok(Package { manifest, digest, warnings: packed.warnings, read: packed.read })
}

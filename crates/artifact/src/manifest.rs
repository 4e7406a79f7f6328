//! Every path of a tree, and what it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Hasher};
use crate::link::{self, LinkFault, Places};
use crate::path::TreePath;

/// The shape of a manifest's JSON.
pub const SCHEMA: &str = "sea.artifact/1";

/// A manifest with more paths is none of ours.
const MOST_ENTRIES: usize = 4_000_000;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Kind {
    /// A file.
    File {
        /// Of its content as it is stored.
        digest: Digest,
        /// The length of its content as it is stored, in bytes.
        size: u64,
        /// It is meant to be run.
        #[serde(default, skip_serializing_if = "is_false")]
        executable: bool,
        /// A placeholder stands for the folder that it is in, and is replaced when it is written.
        #[serde(default, skip_serializing_if = "is_false")]
        relocated: bool,
    },
    /// A symbolic link.
    Link {
        /// Where to, as it is written in the link.
        target: String,
    },
    /// A folder.
    Folder,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A path and what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where.
    pub path: TreePath,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What an artifact is: all that its digest is made from. No time, machine, builder or absolute path is in it, so the same
/// commit built twice has the same digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    app: String,
    commit: String,
    dirty: bool,
    entries: Vec<Entry>,
    sbom: Digest,
}

/// An artifact: its contents, and where they come from.
///
/// The provenance names the digest of the contents as its subject, and says who built them when. So it is no part of the
/// digest: two builders who make the same thing have made the same artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Manifest {
    contents: Contents,
    provenance: Digest,
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidManifest {
    /// Another version wrote it, or it is something else.
    #[error("it says it is `{0}`, and this version reads {SCHEMA}")]
    Schema(String),
    /// Paths are not in their order, or there twice.
    #[error("`{0}` is there twice or not in its order")]
    Order(TreePath),
    /// A path is in something that is no folder.
    #[error("`{0}` is in no folder of the manifest")]
    NoFolder(TreePath),
    /// A link that is not allowed.
    #[error("the link `{path}` -> `{target}` {fault}")]
    Link {
        /// The link.
        path: TreePath,
        /// Its target.
        target: String,
        /// What is wrong with it.
        fault: LinkFault,
    },
    /// There are too many paths.
    #[error("it has {0} paths, more than {MOST_ENTRIES}")]
    TooLong(usize),
}

impl Contents {
    /// Puts the entries in their order and checks them.
    ///
    /// # Errors
    /// When a path is there twice or in no folder, or a link leads out.
    pub fn new(
        app: impl Into<String>,
        commit: impl Into<String>,
        dirty: bool,
        mut entries: Vec<Entry>,
        sbom: Digest,
    ) -> Result<Self, InvalidManifest> {
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        let contents = Self { app: app.into(), commit: commit.into(), dirty, entries, sbom };
        contents.check()?;
        Ok(contents)
    }

    fn check(&self) -> Result<(), InvalidManifest> {
        if self.entries.len() > MOST_ENTRIES {
            return Err(InvalidManifest::TooLong(self.entries.len()));
        }
        if let Some(pair) = self.entries.windows(2).find(|pair| pair[0].path >= pair[1].path) {
            return Err(InvalidManifest::Order(pair[1].path.clone()));
        }
        let places: Places<'_> =
            self.entries.iter().map(|entry| (entry.path.as_str(), &entry.kind)).collect();
        for entry in &self.entries {
            if let Some(parent) = entry.path.parent()
                && !matches!(places.get(parent), Some(Kind::Folder))
            {
                return Err(InvalidManifest::NoFolder(entry.path.clone()));
            }
            if let Kind::Link { target } = &entry.kind {
                link::check(&places, entry.path.as_str(), target).map_err(|fault| InvalidManifest::Link {
                    path: entry.path.clone(),
                    target: target.clone(),
                    fault,
                })?;
            }
        }
        Ok(())
    }

    /// What the artifact is called: the SHA-256 of its canonical bytes.
    ///
    /// Canonical is: the schema, app, commit, `d` or `c` for dirty or clean, the 32 bytes of the SBOM's digest, the number
    /// of entries; then of each entry its path, a letter for its kind (`f`, `x` executable, `r` and `R` the same relocated,
    /// `l`, `d`), and the digest and size of a file or the target of a link. Each part has its length before it, as eight
    /// bytes, the least significant first; numbers are written like lengths.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::default();
        for part in [SCHEMA, &self.app, &self.commit, if self.dirty { "d" } else { "c" }] {
            hasher.part(part.as_bytes());
        }
        hasher.part(self.sbom.as_bytes());
        hasher.part(&(self.entries.len() as u64).to_le_bytes());
        for entry in &self.entries {
            hasher.part(entry.path.as_str().as_bytes());
            match &entry.kind {
                Kind::File { digest, size, executable, relocated } => {
                    hasher.part(match (executable, relocated) {
                        (false, false) => b"f",
                        (true, false) => b"x",
                        (false, true) => b"r",
                        (true, true) => b"R",
                    });
                    hasher.part(digest.as_bytes());
                    hasher.part(&size.to_le_bytes());
                }
                Kind::Link { target } => {
                    hasher.part(b"l");
                    hasher.part(target.as_bytes());
                }
                Kind::Folder => hasher.part(b"d"),
            }
        }
        hasher.finish()
    }
}

impl Manifest {
    /// Contents with their provenance, which is stored as a blob.
    pub fn new(contents: Contents, provenance: Digest) -> Self {
        Self { contents, provenance }
    }

    /// Reads the JSON of a manifest.
    ///
    /// # Errors
    /// When it is no JSON of this schema, or not sound.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(json).map_err(|error| error.to_string())
    }

    /// Its JSON.
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, numbers and lists: nothing that JSON could refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What the artifact is called.
    pub fn digest(&self) -> Digest {
        self.contents.digest()
    }

    /// The app it is of.
    pub fn app(&self) -> &str {
        &self.contents.app
    }

    /// The commit it was built from.
    pub fn commit(&self) -> &str {
        &self.contents.commit
    }

    /// It holds changes that were not committed.
    pub fn is_dirty(&self) -> bool {
        self.contents.dirty
    }

    /// Every path, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.contents.entries
    }

    /// The list of its components, a blob.
    pub fn sbom(&self) -> Digest {
        self.contents.sbom
    }

    /// How it was made, a blob.
    pub fn provenance(&self) -> Digest {
        self.provenance
    }

    /// Every blob that it needs, with its length where the manifest says it.
    pub fn blobs(&self) -> BTreeMap<Digest, Option<u64>> {
        let mut blobs: BTreeMap<Digest, Option<u64>> =
            [(self.sbom(), None), (self.provenance, None)].into_iter().collect();
        for entry in self.entries() {
            if let Kind::File { digest, size, .. } = entry.kind {
                blobs.insert(digest, Some(size));
            }
        }
        blobs
    }

    /// Bytes of all its files.
    pub fn size(&self) -> u64 {
        let size = |entry: &Entry| if let Kind::File { size, .. } = entry.kind { size } else { 0 };
        self.entries().iter().map(size).fold(0, u64::saturating_add)
    }
}

/// A manifest as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: String,
    app: String,
    commit: String,
    #[serde(default, skip_serializing_if = "is_false")]
    dirty: bool,
    sbom: Digest,
    provenance: Digest,
    entries: Vec<Entry>,
}

impl TryFrom<Wire> for Manifest {
    type Error = InvalidManifest;

    fn try_from(wire: Wire) -> Result<Self, InvalidManifest> {
        if wire.schema != SCHEMA {
            return Err(InvalidManifest::Schema(wire.schema.chars().take(80).collect()));
        }
        let Wire { app, commit, dirty, sbom, provenance, entries, .. } = wire;
        let contents = Contents { app, commit, dirty, entries, sbom };
        contents.check()?;
        Ok(Self { contents, provenance })
    }
}

impl From<Manifest> for Wire {
    fn from(Manifest { contents, provenance }: Manifest) -> Self {
        let Contents { app, commit, dirty, entries, sbom } = contents;
        Self { schema: SCHEMA.to_owned(), app, commit, dirty, sbom, provenance, entries }
    }
}

//! What an app needs and does not build.

use serde::Serialize;

use crate::Field;
use crate::quantity::{Duration, Retention};

/// A resource: a database, a cache, an object store, a mail server, or any other program in an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Its type: `postgres`, `mysql`, `mongodb`, `redis`, `s3`, `smtp`, ...; `container` for a third-party image
    /// that has no type of its own.
    pub r#type: Field<String>,
    /// Its version, as precise as the repository says it.
    pub version: Field<String>,
    /// The image that another tool runs it from.
    pub image: Field<String>,
    /// File with the desired schema, relative to the repository's root.
    pub schema: Field<String>,
    /// Folder with the migrations, relative to the repository's root.
    pub migrations: Field<String>,
    /// File or command that fills it with data to start with.
    pub seed: Field<String>,
    /// How it is backed up.
    pub backup: Field<Backup>,
}

/// How a resource is backed up, and how that is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// How often.
    pub every: Duration,
    /// What is kept.
    pub keep: Option<Retention>,
    /// How often a restore is tried.
    pub drill: Option<Duration>,
}

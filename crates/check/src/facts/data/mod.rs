//! Conclusions about schemas, migrations, queries and backups.

mod prisma;
mod project;
mod python_models;
mod schema;
mod sql;

use crate::facts::{Fact, FileFact};

pub(crate) use sql::{down_at, is_down, is_migration, is_postgres, violations};

/// From the whole.
pub(super) static FACTS: &[Fact] = &[project::FACT, schema::FACT];

/// From one file.
pub(super) static FILE_FACTS: &[FileFact] = &[prisma::FILE_FACT, python_models::FILE_FACT, sql::FILE_FACT];

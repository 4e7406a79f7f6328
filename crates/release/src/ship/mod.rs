//! From a commit to an artifact.
//!
//! | module | does |
//! |---|---|
//! | `git` | asks git |
//! | `checkout` | a clean checkout of a commit, in a folder that stays warm |
//! | `sbom`, `purl` | lockfiles -> `CycloneDX`, pure |
//! | `provenance` | what was built from what, by which steps, with which results, pure |
//! | `scan` | secrets in what was built |
//! | `package` | the built tree -> an artifact in a store |
//! | `migrations` | the migrations of a commit, and what each does to the release that serves |
//!
//! What becomes of a release afterwards is none of this module's business.

mod checkout;
mod error;
mod git;
mod migrations;
mod package;
mod provenance;
mod purl;
mod sbom;
mod scan;

pub use checkout::{Checkout, Commit, Wanted};
pub use error::ShipError;
pub use migrations::{Migration, migrations};
pub use package::{Package, Parts, package};
pub use provenance::{Findings, Provenance, Ran, Tests};
pub use sbom::sbom;
pub use scan::secrets;

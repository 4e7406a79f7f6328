//! What an app is and how it runs, concluded from the files of its repository alone: deterministic, nothing
//! executed, each value with its evidence.
//!
//! This crate knows file formats, languages, frameworks and conventions. It must never run anything, reach the
//! network, or know what is done with a plan.
//!
//! Data flows one way: [`Repository`] (what files there are) -> `language` (which projects there are) ->
//! `framework` and `source` (what each project is and reads) -> `importer` (what other tools were told) ->
//! `draft` (names, services, resources) -> `contradiction` -> [`App`].

mod builder;
mod command;
mod connect;
mod contradiction;
mod detect;
pub mod document;
mod draft;
mod first_data;
mod folder;
mod framework;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod importer;
mod language;
mod link;
mod load;
mod manifest;
mod observed;
mod pattern;
mod project;
mod repository;
mod resource;
mod rules;
mod secret;
mod source;
mod tool;
mod version;
mod workspace;

pub use detect::{Detection, detect};
pub use importer::kubernetes::is_manifest;
pub use load::{CONFIG_FILE, Loaded, Overrides, load, load_from};
pub use manifest::{Declared, Manifest};
pub use repository::{DERIVED_MARK, OpenError, Repository};
pub use secret::{is_public, is_secret};
pub use version::{runtimes_agree, versions_agree};

#[doc(no_inline)]
pub use seaworthy_model::App;

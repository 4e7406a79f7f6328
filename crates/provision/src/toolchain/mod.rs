//! Toolchains: an executable for every service's runtime, from what is on the machine.
//!
//! A runtime that is nowhere keeps its services from running. One in another version does not: the purpose is that
//! any repository runs, so the nearest version is taken and the difference said, with what would install the right one.

mod ask;
mod machine;
mod manager;
mod offer;
mod python;
mod requirement;
mod runtimes;
mod search;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy_model::{Name, Runtime};

use crate::state::State;

pub(crate) use ask::version_of;
pub use machine::Machine;
pub use manager::{MissingTool, tool};
pub use offer::Offer;
pub(crate) use offer::{Packages, packages};
pub use python::MARK;
pub use python::{PythonEnvironment, python_environment};
pub use requirement::{Fit, Requirement};
pub use version::Version;

use ask::Answers;
use runtimes::Known;
use search::Candidate;
pub(crate) use search::programs;

/// A runtime that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// What was asked for.
    pub runtime: Runtime,
    /// The version that was found; absent for a runtime that is not known here and taken as it is.
    pub version: Option<Version>,
    /// Its main executable.
    pub program: PathBuf,
    /// Who put it there: `PATH`, `pyenv`, ...
    pub keeper: &'static str,
    /// Folders that go before `PATH` for whatever runs with it.
    pub bin_dirs: Vec<PathBuf>,
    /// How well its version fits.
    pub fit: Fit,
    /// What would install the version that was asked for; empty when this one fits.
    pub offers: Vec<Offer>,
}

impl Toolchain {
    /// What a person should know: it runs with another version than the repository asks for.
    pub fn warning(&self) -> Option<String> {
        let version = self.version.as_ref().filter(|_| self.fit == Fit::Other)?;
        let offer =
            self.offers.first().map(|offer| format!("; type `{}`", offer.command)).unwrap_or_default();
        Some(format!(
            "{} is asked for, {} {version} runs it{offer}",
            wanted(&self.runtime),
            self.runtime.name
        ))
    }
}

/// A runtime that is nowhere on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What was asked for.
    pub runtime: Runtime,
    /// What would install it.
    pub offers: Vec<Offer>,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not on this machine", wanted(&self.runtime))?;
        match self.offers.first() {
            Some(offer) => write!(f, "; type `{}`", offer.command),
            None => Ok(()),
        }
    }
}

fn wanted(runtime: &Runtime) -> String {
    match &runtime.requirement {
        Some(requirement) => format!("{} {requirement}", runtime.name),
        None => format!("{} {}", runtime.name, runtime.version.as_deref().unwrap_or_default())
            .trim_end()
            .to_owned(),
    }
}

/// Finds runtimes.
#[derive(Debug)]
pub struct Toolchains {
    machine: Machine,
    answers: Answers,
}

impl Toolchains {
    /// Looks on `machine`; what programs answered before is remembered in the worktree's cache.
    pub fn open(machine: Machine, state: &State) -> Self {
        Self { machine, answers: Answers::open(&state.cache()) }
    }

    /// The machine that is searched.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// A toolchain for everyone who wants one.
    pub async fn find(
        &mut self,
        wants: &BTreeMap<Name, Runtime>,
    ) -> BTreeMap<Name, Result<Toolchain, Missing>> {
        let mut candidates: BTreeMap<&str, Vec<Candidate>> = BTreeMap::new();
        for runtime in wants.values() {
            if let Some(known) = Known::find(&runtime.name) {
                candidates.entry(known.name).or_insert_with(|| search::candidates(&self.machine, known));
            }
        }
        let asked = candidates.iter().flat_map(|(name, found)| {
            let ask = Known::find(name).map_or(&[][..], |known| known.ask);
            found.iter().map(move |candidate| (candidate.program.clone(), ask))
        });
        self.answers.ask(asked.collect()).await;
        wants.iter().map(|(name, runtime)| (name.clone(), self.choose(runtime, &candidates))).collect()
    }

    fn choose(
        &self,
        runtime: &Runtime,
        candidates: &BTreeMap<&str, Vec<Candidate>>,
    ) -> Result<Toolchain, Missing> {
        let Some(known) = Known::find(&runtime.name) else { return self.unknown(runtime) };
        let mut requirement = Requirement::of(runtime);
        if known.newer_will_do {
            requirement = requirement.or_newer();
        }
        let wished = runtime.version.as_deref().and_then(Version::parse);
        let found = candidates.get(known.name).into_iter().flatten().filter_map(|candidate| {
            let version = self.answers.version(&candidate.program)?;
            // Debian's Python cannot make an environment without a package of its own.
            let is_whole = known.name != "python" || python::has_ensurepip(&candidate.program, &version);
            Some((requirement.fit(&version, known.line), is_whole, version, candidate))
        });
        let best =
            found.reduce(|best, other| if is_better(&other, &best, wished.as_ref()) { other } else { best });
        match best {
            Some((fit, _, version, candidate)) => Ok(Toolchain {
                runtime: runtime.clone(),
                version: Some(version),
                program: candidate.program.clone(),
                keeper: candidate.keeper,
                bin_dirs: self.bin_dirs(&candidate.program),
                fit,
                offers: match fit {
                    Fit::Other => offer::runtime(&self.machine, known, wished.as_ref()),
                    Fit::SameLine | Fit::Exact => Vec::new(),
                },
            }),
            None => Err(Missing {
                runtime: runtime.clone(),
                offers: offer::runtime(&self.machine, known, wished.as_ref()),
            }),
        }
    }

    /// The folder to put before `PATH` so that a program is found; none where it is found anyway, since the folders of
    /// the system would then hide what a person put before them.
    fn bin_dirs(&self, program: &Path) -> Vec<PathBuf> {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let is_found = self.machine.find(&name).is_some_and(|found| found == program);
        program.parent().map(PathBuf::from).filter(|_| !is_found).into_iter().collect()
    }

    /// A runtime that the list does not know is whatever program of its name there is.
    fn unknown(&self, runtime: &Runtime) -> Result<Toolchain, Missing> {
        let program = self.machine.find(&runtime.name);
        let program = program.ok_or_else(|| Missing { runtime: runtime.clone(), offers: Vec::new() })?;
        Ok(Toolchain {
            runtime: runtime.clone(),
            version: None,
            program,
            keeper: "PATH",
            bin_dirs: Vec::new(),
            fit: Fit::Exact,
            offers: Vec::new(),
        })
    }
}

type Rated<'a> = (Fit, bool, Version, &'a Candidate);

/// `other` comes after `best` in the search, so it has to be better, not as good.
fn is_better(other: &Rated<'_>, best: &Rated<'_>, wished: Option<&Version>) -> bool {
    let ((fit, is_whole, version, candidate), (best_fit, best_is_whole, best_version, best_candidate)) =
        (other, best);
    if (fit, is_whole) != (best_fit, best_is_whole) {
        return (fit, is_whole) > (best_fit, best_is_whole);
    }
    match (fit, wished) {
        (Fit::Other, Some(wished)) => {
            // The nearest newer one; where all are older, the newest.
            let rank = |version: &Version| (version >= wished, version.clone());
            let ((newer, version), (best_newer, best_version)) = (rank(version), rank(best_version));
            if newer == best_newer && newer {
                version < best_version
            } else {
                (newer, version) > (best_newer, best_version)
            }
        }
        // What a person put on the search path is what they mean; elsewhere the newest.
        _ => best_candidate.keeper != "PATH" && (candidate.keeper == "PATH" || version > best_version),
    }
}

//! Servers of the machine: which program in which version runs a resource.

use std::path::PathBuf;

use super::{Context, Request};
use crate::Error;
use crate::toolchain::{Packages, Version, packages, programs, version_of};

/// A server program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    /// The program.
    pub(super) path: PathBuf,
    /// Its version.
    pub(super) version: Version,
}

/// How the programs of a server are looked for.
pub(super) struct Search<'a> {
    /// What people call the server: `PostgreSQL`.
    pub(super) title: &'a str,
    /// Names of the program, the likeliest first.
    pub(super) programs: &'a [&'a str],
    /// Folders beside the search path.
    pub(super) places: &'a [&'a str],
    /// Where packages have it.
    pub(super) packages: Packages,
}

impl Search<'_> {
    /// Every binary of the machine, asked for its version.
    pub(super) async fn all(&self, context: Context<'_>) -> Vec<Binary> {
        let mut found = Vec::new();
        for program in self.programs {
            for path in programs(context.machine, self.places, program) {
                if let Some(version) = version_of(&path, &["--version"]).await {
                    found.push(Binary { path, version });
                }
            }
        }
        found
    }

    /// The binary that fits the wanted version best: it, else the nearest newer one, else the newest. What is not
    /// the wanted one is said in `warnings`.
    pub(super) async fn best(
        &self,
        request: &Request,
        context: Context<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Binary, Error> {
        let found = self.all(context).await;
        let wanted = request.version.as_deref().and_then(Version::parse);
        let chosen =
            choose(&found, wanted.as_ref()).cloned().ok_or_else(|| self.missing(request, context))?;
        if let Some(wanted) = wanted.filter(|wanted| chosen.version.number(0) != wanted.number(0)) {
            warnings.push(format!(
                "`{}` asks for {} {wanted}; {} is what this machine has",
                request.name, self.title, chosen.version
            ));
        }
        Ok(chosen)
    }

    /// There is no binary.
    pub(super) fn missing(&self, request: &Request, context: Context<'_>) -> Error {
        let version = request.version.as_deref().and_then(Version::parse);
        let line = version.as_ref().map(|version| version.number(0).to_string());
        Error::ResourceMissing {
            name: request.name.clone(),
            wanted: format!("{} {}", self.title, request.version.as_deref().unwrap_or_default())
                .trim_end()
                .to_owned(),
            found: format!("neither {} nor a container engine", self.programs.join(", ")),
            offers: packages(context.machine, self.packages, line.as_deref()),
        }
    }
}

/// The wanted version, else the nearest newer one, else the newest.
pub(super) fn choose<'a>(found: &'a [Binary], wanted: Option<&Version>) -> Option<&'a Binary> {
    let newest = found.iter().max_by_key(|binary| &binary.version);
    let Some(wanted) = wanted else { return newest };
    let fitting =
        found.iter().filter(|binary| binary.version.is_a(wanted)).max_by_key(|binary| &binary.version);
    let same_major =
        found.iter().filter(|binary| binary.version.number(0) == wanted.number(0)).max_by_key(|b| &b.version);
    let newer = found.iter().filter(|binary| binary.version > *wanted).min_by_key(|binary| &binary.version);
    fitting.or(same_major).or(newer).or(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_version_else_the_nearest_newer_one_else_the_newest() {
        let binary =
            |text: &str| Binary { path: PathBuf::from(text), version: Version::parse(text).unwrap() };
        let found = [binary("13.4"), binary("15.18"), binary("17.2")];
        let chosen = |wanted: &str| choose(&found, Version::parse(wanted).as_ref()).unwrap().path.clone();
        assert_eq!(chosen("15"), PathBuf::from("15.18"));
        assert_eq!(chosen("15.2"), PathBuf::from("15.18"));
        assert_eq!(chosen("14"), PathBuf::from("15.18"));
        assert_eq!(chosen("18"), PathBuf::from("17.2"));
        assert_eq!(choose(&found, None).unwrap().path, PathBuf::from("17.2"));
        assert_eq!(choose(&[], None), None);
    }
}

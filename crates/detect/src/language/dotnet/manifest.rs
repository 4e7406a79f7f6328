//! `*.csproj` and `*.fsproj`, with what `Directory.Build.props` says for all of a tree.

use seaworthy_model::Place;

use crate::document::{Element, parse_xml};
use crate::language::runtime_files;
use crate::project::{Project, at};
use crate::repository::{Repository, file_name, parent, upwards};

pub(super) const WEB: &str = "Microsoft.NET.Sdk.Web";
pub(super) const WORKER: &str = "Microsoft.NET.Sdk.Worker";
pub(super) const BLAZOR: &str = "Microsoft.NET.Sdk.BlazorWebAssembly";

/// What a project file says beyond what every project has.
#[derive(Clone, Debug, Default)]
pub(super) struct Build {
    pub(super) sdk: String,
    /// The file's name without its ending.
    pub(super) stem: String,
    pub(super) assembly: String,
    output: String,
    pub(super) is_test: bool,
    /// A window, a phone: nothing that a server runs.
    pub(super) is_desktop: bool,
    /// .NET Framework, which runs on Windows alone.
    pub(super) is_legacy: bool,
    /// An Aspire host starts the others on a developer's machine.
    pub(super) is_host: bool,
}

impl Build {
    /// It makes a program: SDKs for servers do unless told otherwise.
    pub(super) fn is_executable(&self) -> bool {
        match self.output.to_ascii_lowercase().as_str() {
            "exe" => true,
            "" => matches!(self.sdk.as_str(), WEB | WORKER | BLAZOR),
            _ => false,
        }
    }
}

pub(super) fn read(repo: &Repository, path: &str) -> Option<(Project, Build)> {
    let text = repo.text(path)?;
    let root = match parse_xml(text.trim_start_matches('\u{feff}')) {
        Ok(root) => root,
        Err(error) => {
            repo.warn("malformed-file", error.message, path, error.line);
            return None;
        }
    };
    let dir = parent(path);
    let stem = file_name(path).rsplit_once('.').map_or("app", |(stem, _)| stem).to_owned();
    let mut project = Project::new(dir, "dotnet", path);
    project.name = Some(stem.clone());
    // `Sdk="Microsoft.NET.Sdk.Web/8.0.1"`, or an element of its own.
    let sdk = root
        .attribute("Sdk")
        .map(str::to_owned)
        .or_else(|| root.child("Sdk")?.attribute("Name").map(str::to_owned));
    let sdk = sdk.map(|sdk| sdk.split('/').next().unwrap_or(&sdk).to_owned()).unwrap_or_default();
    if !sdk.is_empty() {
        project.depend(&sdk, root.line, false);
    }
    for kind in ["PackageReference", "FrameworkReference"] {
        for element in root.descendants(kind) {
            if let Some(name) = element.attribute("Include").or_else(|| element.attribute("Update")) {
                project.depend(name, element.line, false);
            }
        }
    }
    let shared = shared(repo, dir);
    let property = |name: &str| {
        let own = root
            .descendants(name)
            .first()
            .map(|element| (element.text.trim().to_owned(), Place::line(path, element.line)));
        own.or_else(|| {
            let (path, props) = shared.as_ref()?;
            let element = *props.descendants(name).first()?;
            Some((element.text.trim().to_owned(), Place::line(path.clone(), element.line)))
        })
    };
    let is = |name: &str| property(name).is_some_and(|(value, _)| value.eq_ignore_ascii_case("true"));
    let target = property("TargetFramework").or_else(|| property("TargetFrameworks"));
    let is_windows = target.as_ref().is_some_and(|(target, _)| {
        ["-windows", "-android", "-ios"].iter().any(|platform| target.contains(platform))
    });
    let is_framework = target.as_ref().is_some_and(|(target, _)| target.starts_with("net4"));
    if let Some((text, place)) = target {
        // Of several targets the newest.
        let version = text.split(';').filter_map(|target| version(target.trim())).next_back();
        if let Some(version) = version {
            let origin = at("TargetFramework", &place.file, place.line.unwrap_or(1));
            runtime_files::say(&mut project.service, "dotnet", &version, origin);
        }
    }
    let output = property("OutputType").map(|(value, _)| value).unwrap_or_default();
    let tests =
        ["Microsoft.NET.Test.Sdk", "xunit", "xunit.v3", "NUnit", "MSTest.TestFramework", "MSTest", "TUnit"];
    let build = Build {
        assembly: property("AssemblyName")
            .map(|(name, _)| name)
            .filter(|name| !name.contains('$'))
            .unwrap_or_else(|| stem.clone()),
        is_test: is("IsTestProject") || project.first_dependency(tests).is_some(),
        is_desktop: is("UseWPF")
            || is("UseWindowsForms")
            || is("UseMaui")
            || is_windows
            || output.eq_ignore_ascii_case("winexe"),
        is_legacy: sdk.is_empty() || is_framework,
        is_host: sdk == "Aspire.AppHost.Sdk"
            || is("IsAspireHost")
            || root.descendants("Sdk").iter().any(|sdk| sdk.attribute("Name") == Some("Aspire.AppHost.Sdk")),
        sdk,
        stem,
        output,
    };
    Some((project, build))
}

/// The nearest `Directory.Build.props`.
fn shared(repo: &Repository, dir: &str) -> Option<(String, Element)> {
    let path = upwards(dir).find_map(|dir| repo.first_of(dir, ["Directory.Build.props"]))?;
    let text = repo.text(&path)?;
    let props = parse_xml(text.trim_start_matches('\u{feff}')).ok()?;
    Some((path, props))
}

/// `net8.0` and `netcoreapp3.1` name a runtime; `netstandard2.0` is a promise of a library.
fn version(target: &str) -> Option<String> {
    let target = target.split('-').next().unwrap_or(target);
    let number = target.strip_prefix("netcoreapp").or_else(|| target.strip_prefix("net"))?;
    let is_runtime = number.contains('.') && number.starts_with(|c: char| c.is_ascii_digit());
    is_runtime.then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn target_frameworks_that_are_runtimes() {
        for (target, found) in [
            ("net8.0", Some("8.0")),
            ("net9.0-windows", Some("9.0")),
            ("netcoreapp3.1", Some("3.1")),
            ("netstandard2.0", None),
            ("net48", None),
        ] {
            assert_eq!(version(target).as_deref(), found, "{target}");
        }
    }
}

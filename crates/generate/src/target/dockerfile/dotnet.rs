//! .NET.

use super::health::Asker;
use super::recipe::{Kitchen, System};
use super::subject::within;

/// Files that say which packages there are.
fn is_manifest(name: &str) -> bool {
    let endings = [".csproj", ".fsproj", ".vbproj", ".sln", ".slnx"];
    endings.iter().any(|ending| name.ends_with(ending))
        || [
            "global.json",
            "NuGet.config",
            "nuget.config",
            "Directory.Build.props",
            "Directory.Packages.props",
            "packages.lock.json",
            "paket.dependencies",
        ]
        .contains(&name)
}

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "dotnet";
    sdk(kitchen);
    let is_web = subject.instance.port.is_some();
    let runtime = if is_web { "aspnet" } else { "runtime" };
    kitchen.base("RUNTIME", format!("mcr.microsoft.com/dotnet/{runtime}:{}-alpine", version(kitchen)));
    kitchen.recipe.system = System::Alpine;
    let mut command = subject.command();
    // What was published is the root of the image.
    let published = command.words.iter_mut().find(|word| word.contains("bin/publish/"));
    if let Some(word) = published {
        *word = word.rsplit('/').next().unwrap_or(word).to_owned();
    }
    kitchen.recipe.artefacts = vec![format!("{} ./", within(&subject.workdir(), "bin/publish"))];
    kitchen.run_at_home();
    if let (true, Some(port)) = (is_web, subject.instance.port) {
        kitchen.env("ASPNETCORE_HTTP_PORTS", &port.to_string());
    }
    kitchen.env("DOTNET_EnableDiagnostics", "0");
    kitchen.run(&command, Asker::BusyBox);
}

/// The stage that builds.
pub(super) fn sdk(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.base("SDK", format!("mcr.microsoft.com/dotnet/sdk:{}-alpine", version(kitchen)));
    kitchen.cache(&["/root/.nuget/packages"]);
    kitchen.recipe.manifests = subject.manifests(is_manifest);
    kitchen.recipe.install = Some("dotnet restore".to_owned());
    kitchen.build_env("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
}

fn version(kitchen: &Kitchen<'_, '_>) -> String {
    let version = kitchen.subject.version(2, "9.0");
    if version.contains('.') { version } else { format!("{version}.0") }
}

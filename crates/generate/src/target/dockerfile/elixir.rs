//! Elixir, with Mix: a release where the project makes one, else the project as it is.

use super::health::Asker;
use super::recipe::Kitchen;
use super::subject::within;

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "elixir";
    let version = subject.version(3, "1.18");
    kitchen.base("ELIXIR_BUILD", format!("elixir:{version}"));
    // A release brings its own runtime, but wants the libraries that it was built against.
    kitchen.base("ELIXIR", format!("elixir:{version}-slim"));
    kitchen.recipe.manifests = subject.manifests(|name| name == "mix.exs" || name == "mix.lock");
    if subject.context_paths().any(|path| path.starts_with("config/")) {
        kitchen.recipe.manifests.push("config ./config".to_owned());
    }
    // The parts of an umbrella each have dependencies.
    let parts =
        subject.context_paths().filter(|path| path.starts_with("apps/") && path.ends_with("/mix.exs"));
    let parts: Vec<_> =
        parts.filter_map(|path| Some(format!("{path} {}/", path.rsplit_once('/')?.0))).collect();
    kitchen.recipe.manifests.extend(parts);
    kitchen.build_env("MIX_ENV", "prod");
    kitchen.cache(&["/root/.hex", "/root/.cache"]);
    kitchen.recipe.tool = Some("mix local.hex --force && mix local.rebar --force".to_owned());
    kitchen.recipe.install = Some("mix deps.get --only prod".to_owned());
    let build = kitchen.recipe.build.take().unwrap_or_else(|| "mix compile".to_owned());
    kitchen.recipe.build = Some(build.replace("MIX_ENV=prod ", ""));
    let mut command = subject.command();
    let release =
        command.words.first().and_then(|word| word.strip_prefix("_build/prod/rel/")).map(str::to_owned);
    if let Some((name, program)) = release.as_deref().and_then(|rest| rest.split_once('/')) {
        let built = within(&subject.workdir(), &format!("_build/prod/rel/{name}"));
        kitchen.recipe.artefacts = vec![format!("{built} ./")];
        command.words[0] = format!("/app/{program}");
        // It writes its configuration beside itself otherwise, where nothing can be written.
        kitchen.env("RELEASE_TMP", "/tmp");
    } else {
        kitchen.recipe.artefacts = vec!["/app ./".to_owned(), "/root/.mix /opt/mix".to_owned()];
        kitchen.env("MIX_ENV", "prod");
        kitchen.env("MIX_HOME", "/opt/mix");
    }
    // Starting Elixir to ask a port every few seconds costs too much.
    kitchen.run(&command, Asker::Copied);
}

//! Deno.

use super::health::Asker;
use super::recipe::Kitchen;

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "deno";
    kitchen.base("DENO", format!("denoland/deno:{}", subject.version(3, "2.4.5")));
    kitchen.recipe.manifests =
        subject.manifests(|name| ["deno.json", "deno.jsonc", "deno.lock", "package.json"].contains(&name));
    kitchen.cache(&["/root/.cache/deno"]);
    let has_lock = subject.has_in_context("deno.lock");
    kitchen.recipe.install = Some(if has_lock { "deno install --frozen" } else { "deno install" }.to_owned());
    if !has_lock {
        kitchen.lose(
            "package_manager",
            "no lockfile is committed: each build may install other versions",
            "commit the deno.lock that `deno install` writes",
        );
    }
    kitchen.env("DENO_NO_UPDATE_CHECK", "1");
    // The image brings an init of its own.
    if !subject.mentions(&[".ts", ".js", ".tsx", ".mts"], &["SIGTERM"]) {
        kitchen.recipe.init = Some("/tini");
    }
    let command = subject.command();
    kitchen.run(&command, Asker::Deno);
}

//! Static sites: built by whatever makes them, served by nginx without root.

use super::health::Asker;
use super::recipe::{Kitchen, System};
use super::subject::{Language, within};
use super::{dotnet, generic, node, ruby};

/// Frameworks whose pages are one application that looks at the path itself.
const SINGLE_PAGE: [&str; 9] =
    ["angular", "blazor", "create-react-app", "flutter", "sveltekit", "trunk", "vite", "vue", "solid"];

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "static";
    let has_build = kitchen.recipe.build.is_some();
    match subject.builder() {
        _ if !has_build => kitchen.recipe.install = None,
        Language::Node | Language::Bun => node::build(kitchen),
        Language::Ruby => ruby::build(kitchen),
        Language::Dotnet => dotnet::sdk(kitchen),
        _ => generic::build(kitchen),
    }
    kitchen.base("NGINX", "nginxinc/nginx-unprivileged:1.29-alpine");
    kitchen.recipe.system = System::Alpine;
    let served = subject.instance.service.static_dir.get().map_or(".", String::as_str);
    if kitchen.recipe.build.is_some() {
        kitchen.recipe.artefacts = vec![within(&subject.workdir(), served)];
    } else {
        let path = within("/", &format!("{}/{served}", subject.build.folder));
        kitchen.recipe.sources =
            vec![path.strip_prefix('/').filter(|path| !path.is_empty()).unwrap_or(".").to_owned()];
    }
    kitchen.recipe.is_single_page = SINGLE_PAGE.contains(&subject.framework());
    let file = format!("{}.nginx.conf", subject.instance.name);
    kitchen.recipe.configuration = Some(crate::join(&subject.build.folder, &file));
    "/usr/share/nginx/html".clone_into(&mut kitchen.recipe.workdir);
    // nginx drops requests at SIGTERM and finishes them at SIGQUIT.
    kitchen.recipe.stop = Some("SIGQUIT");
    let words = ["nginx", "-g", "daemon off;"].map(str::to_owned);
    let command = super::command::Command { words: words.into(), ..super::command::Command::default() };
    kitchen.run(&command, Asker::BusyBox);
}

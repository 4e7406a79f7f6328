//! `dockerfile`: one image for each service, with what its build is sent and the configuration of its web server.
//!
//! A service is a [`Subject`], what is cooked from it a [`Recipe`], the values of one template in
//! `templates/dockerfile/`: one file a language, here and there. `NAME.dockerignore` beside the Dockerfile is what
//! `BuildKit` reads before `.dockerignore` of the context: services that share a context each have their own.

mod command;
mod compiled;
mod deno;
mod dotnet;
mod elixir;
mod generic;
mod health;
mod jvm;
mod node;
mod php;
mod python;
mod recipe;
mod ruby;
mod script;
mod site;
mod subject;

use recipe::{Kitchen, Recipe, System};
use subject::{HOME, Language, Subject, within};

pub(crate) use recipe::plain_duration;

use super::Target;
use crate::output::Output;
use crate::{Build, Comment, Deployment, Header, Input, Instance, TemplateError, join};

const ID: &str = "dockerfile";

pub(super) const TARGET: Target = Target {
    id: ID,
    title: "an image for each service: Dockerfile and what its build is sent",
    by_default: true,
    make,
};

/// What others have to know of the image of a service.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// Where it is built.
    pub(crate) build: Build,
    /// What it runs.
    pub(crate) command: Vec<String>,
    /// The init before it.
    pub(crate) init: Option<&'static str>,
    /// The words of its health check.
    pub(crate) check: Option<Vec<String>>,
    /// It has a shell.
    pub(crate) has_shell: bool,
    /// Where the service's folder is.
    pub(crate) folder: String,
    /// Folders that the service writes to, apart from `/tmp`.
    pub(crate) writable: Vec<String>,
    /// Those of them that it keeps data in.
    pub(crate) volumes: Vec<String>,
    /// Files that say which dependencies there are, relative to the context.
    pub(crate) manifests: Vec<String>,
    /// Its files are run as they are: nothing is built from them.
    pub(crate) is_interpreted: bool,
    /// Node.js builds it, in a stage that is called `build`.
    pub(crate) is_node: bool,
}

/// The image of a service.
pub(crate) fn image(input: &Input<'_>, deployment: &Deployment<'_>, instance: &Instance<'_>) -> Image {
    let subject = Subject::new(input, deployment, instance);
    let recipe = cook(&subject, &mut Output::default());
    Image {
        command: recipe.words,
        init: recipe.init,
        check: recipe.check,
        has_shell: recipe.system != System::Distroless,
        folder: subject.workdir(),
        writable: recipe.writable,
        volumes: recipe.volumes,
        manifests: manifests(&recipe.manifests),
        is_interpreted: recipe.build.is_none()
            && matches!(recipe.template, "node" | "deno" | "python" | "ruby"),
        is_node: matches!(subject.builder(), Language::Node | Language::Bun) && recipe.build.is_some(),
        build: subject.build,
    }
}

/// The words of a command that runs in the image of a service.
pub(crate) fn words(
    input: &Input<'_>,
    deployment: &Deployment<'_>,
    instance: &Instance<'_>,
    text: &str,
) -> Vec<String> {
    Subject::new(input, deployment, instance).read(text).words
}

/// The health check of a service that runs in Node's image: a front end's development server.
pub(crate) fn ask_with_node(instance: &Instance<'_>) -> Option<Vec<String>> {
    health::check(instance, health::Asker::Node)
}

/// A folder of the repository inside the image; `None` where the image does not have it.
pub(crate) fn folder(build: &Build, path: &str) -> Option<String> {
    let inside = match build.context.as_str() {
        "." => path,
        context => path.strip_prefix(context)?.trim_start_matches('/'),
    };
    Some(within(HOME, inside))
}

/// The files that `COPY` lines name.
fn manifests(lines: &[String]) -> Vec<String> {
    let words = lines.iter().filter_map(|line| line.rsplit_once(' ')).flat_map(|(files, _)| files.split(' '));
    words.filter(|file| *file != "." && !file.contains('*')).map(str::to_owned).collect()
}

fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let deployment = input.deployment();
    let header = Header { target: ID, app: input.name() };
    for instance in deployment.images() {
        let subject = Subject::new(input, &deployment, instance);
        let recipe = cook(&subject, output);
        let file = &subject.build.dockerfile;
        let render = |template: &str| input.templates.render(&format!("dockerfile/{template}.j2"), &recipe);
        output.file(&header, Comment::Hash, file.as_str(), &render(recipe.template)?);
        output.file(&header, Comment::Hash, format!("{file}.dockerignore"), &render("dockerignore")?);
        if let Some(path) = &recipe.configuration {
            let path = join(&subject.build.context, path);
            output.file(&header, Comment::Hash, path, &render("nginx")?);
        }
    }
    Ok(())
}

/// The values of the Dockerfile of a service.
fn cook(subject: &Subject<'_>, output: &mut Output) -> Recipe {
    let mut kitchen = Kitchen::new(subject, output);
    let cook = match subject.language() {
        Language::Node | Language::Bun => node::service,
        Language::Deno => deno::service,
        Language::Python => python::service,
        Language::Go => compiled::go,
        Language::Rust => compiled::rust,
        Language::Java => jvm::service,
        Language::Dotnet => dotnet::service,
        Language::Php => php::service,
        Language::Ruby => ruby::service,
        Language::Elixir => elixir::service,
        Language::Site => site::service,
        Language::Other => generic::service,
    };
    cook(&mut kitchen);
    if kitchen.recipe.words.is_empty() {
        kitchen.lose(
            "start",
            "nothing says what starts it: its image has no command",
            "set `start` in seaworthy.toml",
        );
    }
    if health::is_rounded(subject.instance) && kitchen.recipe.health.is_some() {
        kitchen.lose("readiness.period", "an image says it in whole seconds", "it is rounded up");
    }
    kitchen.recipe.ignores = ignores(subject, kitchen.recipe.template);
    volumes(&mut kitchen);
    kitchen.recipe
}

/// What a language leaves in its folders that is made anew in the image.
fn ignores(subject: &Subject<'_>, template: &str) -> Vec<&'static str> {
    let mut patterns = match template {
        "rust" => vec!["**/target"],
        "java" => vec!["**/target", "**/build", "**/.gradle"],
        "dotnet" => vec!["**/bin", "**/obj"],
        "php" => vec!["**/vendor"],
        "ruby" => vec!["**/vendor/bundle", "tmp", "log"],
        "elixir" => vec!["**/_build", "**/deps"],
        "python" => vec!["**/*.egg-info"],
        _ => Vec::new(),
    };
    // What is committed under this name is no secret: front ends are built with it.
    if subject.context_paths().any(|path| path.rsplit('/').next() == Some(".env.production")) {
        patterns.push("!**/.env.production");
    }
    patterns
}

/// Folders that the service keeps data in belong to its user, so that a volume that is mounted there does, too.
fn volumes(kitchen: &mut Kitchen<'_, '_>) {
    let home = kitchen.recipe.workdir.clone();
    for volume in &kitchen.subject.instance.service.volumes {
        let path = within(&home, &volume.path);
        // A file is kept with the folder that it lies in.
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_file = name.contains('.') && !name.starts_with('.') && !volume.path.ends_with('/');
        let folder = if is_file { path.rsplit_once('/').map_or("/", |(folder, _)| folder) } else { &path };
        if home.starts_with(folder) {
            kitchen.lose(
                "volumes",
                &format!(
                    "{} lies among the program's own files, where no volume can be mounted",
                    volume.path
                ),
                "give it a folder of its own, such as data/",
            );
        } else if !kitchen.recipe.volumes.iter().any(|known| known == folder) {
            kitchen.recipe.volumes.push(folder.to_owned());
        }
    }
    let deployment = kitchen.subject.deployment;
    let mut needs = kitchen.subject.instance.needs.iter().filter_map(|name| deployment.backing(name));
    if needs.any(|backing| backing.kind == "sqlite") {
        kitchen.recipe.volumes.push("/data".to_owned());
    }
    for folder in kitchen.recipe.volumes.clone() {
        if !kitchen.recipe.writable.contains(&folder) {
            kitchen.recipe.writable.push(folder);
        }
    }
}

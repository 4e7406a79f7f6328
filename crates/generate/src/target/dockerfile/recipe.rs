//! What a Dockerfile is written from: the values of its template.

use std::collections::BTreeMap;

use seaworthy_model::quantity::Duration;
use serde::Serialize;

use super::health::{self, Asker};
use super::subject::{HOME, Subject, within};
use crate::USER;
use crate::output::Output;

/// The values of one Dockerfile's template.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Recipe {
    /// The template's file in `dockerfile/`, without its ending.
    #[serde(skip)]
    pub(crate) template: &'static str,
    /// Base images, each with an argument of the build for its tag.
    pub(crate) images: Vec<Base>,
    /// What `FROM` names, by the purpose of the image: `node:${NODE_TAG}`.
    pub(crate) from: BTreeMap<&'static str, String>,
    /// The purpose of the image that builds.
    pub(crate) builder: &'static str,
    /// Where everything lies.
    pub(crate) home: &'static str,
    /// Where commands run.
    pub(crate) workdir: String,
    /// The service's folder below that, `.` for itself.
    pub(crate) folder: String,
    /// Debian packages that the build needs.
    pub(crate) build_packages: Vec<String>,
    /// What the build's environment has: `NAME=value`.
    pub(crate) build_env: Vec<String>,
    /// Values that are built in, as arguments of the build.
    pub(crate) build_args: Vec<String>,
    /// What installs the package manager.
    pub(crate) tool: Option<String>,
    /// Files that say which dependencies there are: arguments of `COPY` lines.
    pub(crate) manifests: Vec<String>,
    /// Folders that builds share, as options of `RUN`.
    pub(crate) caches: String,
    /// Installs the dependencies.
    pub(crate) install: Option<String>,
    /// Installs only what is needed to run.
    pub(crate) install_production: Option<String>,
    /// Builds.
    pub(crate) build: Option<String>,
    /// Takes away what only the build needed.
    pub(crate) prune: Option<String>,
    /// Arguments of `COPY --from=build` lines.
    pub(crate) artefacts: Vec<String>,
    /// Arguments of `COPY` lines of the last stage.
    pub(crate) sources: Vec<String>,
    /// A stage in which Node.js builds the pages of a server in another language.
    pub(crate) assets: Option<Assets>,
    /// Packages that the last stage needs, with the versions that they are held to.
    pub(crate) packages: Vec<String>,
    /// The distribution of the last stage: `debian`, `alpine`, or none of them where it has no shell.
    pub(crate) system: System,
    /// What the environment of the last stage has.
    pub(crate) env: Vec<String>,
    /// Folders that the service writes to.
    pub(crate) writable: Vec<String>,
    /// Those of them that it keeps data in.
    #[serde(skip)]
    pub(crate) volumes: Vec<String>,
    /// What the app is called.
    pub(crate) app: String,
    /// What the service is called.
    pub(crate) service: String,
    /// Who runs it.
    pub(crate) user: u32,
    /// The port.
    pub(crate) port: Option<u16>,
    /// The health check in exec form.
    pub(crate) health: Option<String>,
    /// Its options.
    pub(crate) timing: String,
    /// The init that passes signals on, in exec form.
    pub(crate) init: Option<&'static str>,
    /// The signal that ends it well, where it is not SIGTERM.
    pub(crate) stop: Option<&'static str>,
    /// The command in exec form.
    pub(crate) command: String,
    /// The command's words.
    #[serde(skip)]
    pub(crate) words: Vec<String>,
    /// The words of the health check.
    #[serde(skip)]
    pub(crate) check: Option<Vec<String>>,
    /// A program of `BusyBox` that is copied for the health check.
    pub(crate) probe: Option<&'static str>,
    /// Remarks for who reads the file.
    pub(crate) notes: Vec<String>,
    /// The name of the configuration of its web server, next to the Dockerfile, relative to the context.
    pub(crate) configuration: Option<String>,
    /// Patterns of files that its builds have no use for.
    pub(crate) ignores: Vec<&'static str>,
    /// A page for every path: single-page applications.
    pub(crate) is_single_page: bool,
}

/// A stage in which Node.js builds pages.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Assets {
    /// Arguments of `COPY` lines.
    pub(crate) manifests: Vec<String>,
    /// Installs the dependencies.
    pub(crate) install: String,
    /// Builds.
    pub(crate) build: String,
}

/// A base image.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Base {
    /// The build's argument that has its tag.
    pub(crate) arg: String,
    /// Its tag.
    pub(crate) tag: String,
    /// Image and tag.
    #[serde(skip)]
    pub(crate) image: String,
}

/// What the last stage is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum System {
    /// Debian: apt and useradd.
    #[default]
    Debian,
    /// Alpine: apk and adduser.
    Alpine,
    /// Neither shell nor packages.
    Distroless,
}

/// What makes a recipe of a language.
pub(crate) struct Kitchen<'a, 'o> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) recipe: Recipe,
    pub(crate) output: &'o mut Output,
}

impl<'a, 'o> Kitchen<'a, 'o> {
    /// What all languages share.
    pub(crate) fn new(subject: &'a Subject<'a>, output: &'o mut Output) -> Self {
        let instance = subject.instance;
        let recipe = Recipe {
            home: HOME,
            workdir: subject.workdir(),
            folder: subject.build.folder.clone(),
            app: subject.deployment.name.to_owned(),
            service: instance.name.to_string(),
            user: USER,
            port: instance.port,
            timing: health::timing(instance),
            build_args: instance.build_env.keys().map(|name| (*name).to_owned()).collect(),
            install: instance.service.install.get().cloned(),
            build: instance.service.build.get().cloned(),
            ..Recipe::default()
        };
        Self { subject, recipe, output }
    }

    /// Adds a base image for a purpose. Its tag is an argument, so that a digest can follow it.
    pub(crate) fn base(&mut self, purpose: &'static str, image: impl Into<String>) {
        let image = image.into();
        let (repository, tag) = image.rsplit_once(':').unwrap_or((&image, "latest"));
        let (arg, tag) = (format!("{purpose}_TAG"), tag.to_owned());
        self.recipe.from.insert(purpose, format!("{repository}:${{{arg}}}"));
        if self.recipe.images.is_empty() {
            self.recipe.builder = purpose;
        }
        self.recipe.images.push(Base { arg, tag, image });
    }

    /// Adds a variable of the last stage.
    pub(crate) fn env(&mut self, name: &str, value: &str) {
        if !self.recipe.env.iter().any(|known| known.split('=').next() == Some(name)) {
            self.recipe.env.push(setting(name, value));
        }
    }

    /// Adds a variable of the build.
    pub(crate) fn build_env(&mut self, name: &str, value: &str) {
        self.recipe.build_env.push(setting(name, value));
    }

    /// Folders that builds share.
    pub(crate) fn cache(&mut self, folders: &[&str]) {
        let options: Vec<_> =
            folders.iter().map(|folder| format!("--mount=type=cache,target={folder} ")).collect();
        self.recipe.caches = options.concat();
    }

    /// The command, and how its health is asked for.
    pub(crate) fn run(&mut self, command: &super::command::Command, asker: Asker) {
        for (name, value) in &command.env {
            self.env(name, value);
        }
        if let Some(folder) = &command.folder {
            self.recipe.workdir = within(&self.recipe.workdir, folder);
        }
        self.recipe.words.clone_from(&command.words);
        self.recipe.command = super::command::Command::exec(&command.words);
        self.recipe.check = health::check(self.subject.instance, asker);
        self.recipe.health = self.recipe.check.as_deref().map(super::command::Command::exec);
        if asker == Asker::Copied {
            self.recipe.probe =
                match self.recipe.check.as_ref().and_then(|words| words.first()).map(String::as_str) {
                    Some("wget") => Some("wget"),
                    Some("nc") => Some("nc"),
                    _ => None,
                };
            if self.recipe.probe.is_some() {
                self.base("BUSYBOX", "busybox:1.37-musl");
            }
        }
    }

    /// Process 1 gets no signal that it does not ask for: a program that asks for none needs one before it that does.
    pub(crate) fn init(&mut self) {
        self.recipe.init = Some(match self.recipe.system {
            System::Alpine => "/sbin/tini",
            _ => "/usr/bin/tini",
        });
        match self.recipe.system {
            System::Debian => self.recipe.packages.push("tini=0.19.*".to_owned()),
            System::Alpine => self.recipe.packages.push("tini=~0.19".to_owned()),
            System::Distroless => {}
        }
    }

    /// What runs is not in the service's folder, but where everything lies.
    pub(crate) fn run_at_home(&mut self) {
        HOME.clone_into(&mut self.recipe.workdir);
    }

    /// Something of the model that the image does not have.
    pub(crate) fn lose(&mut self, part: &str, lost: &str, instead: &str) {
        let subject = format!("services.{}.{part}", self.subject.instance.name);
        self.output.lose(super::ID, subject, lost, instead);
    }
}

/// `NAME=value`, quoted as a Dockerfile wants it.
fn setting(name: &str, value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+*".contains(&byte);
    // Other variables in it are meant: `$PATH`.
    let value = if !value.is_empty() && value.bytes().all(|byte| is_plain(byte) || byte == b'$') {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    };
    format!("{name}={value}")
}

/// A length of time as Docker and Compose read it: they know no days.
pub(crate) fn plain_duration(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}

//! The service that an image is for, with the files that its recipe is read from.

use std::sync::Arc;

use seaworthy_model::{Kind, PortSetting};

use super::command::Command;
use super::script;
use crate::{Build, Deployment, Input, Instance, Sources, join};

/// Where everything lies in an image.
pub(crate) const HOME: &str = "/app";

/// A service whose image is to be made.
pub(crate) struct Subject<'a> {
    pub(crate) deployment: &'a Deployment<'a>,
    pub(crate) instance: &'a Instance<'a>,
    pub(crate) sources: &'a dyn Sources,
    pub(crate) build: Build,
}

/// What an image is made with: one template each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Node,
    Bun,
    Deno,
    Python,
    Go,
    Rust,
    Java,
    Dotnet,
    Php,
    Ruby,
    Elixir,
    Site,
    Other,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(
        input: &'a Input<'_>,
        deployment: &'a Deployment<'a>,
        instance: &'a Instance<'a>,
    ) -> Self {
        let build = Build::of(instance, deployment, input.sources);
        Self { deployment, instance, sources: input.sources, build }
    }

    /// What it is written in, as far as its image is concerned.
    pub(crate) fn language(&self) -> Language {
        if self.instance.kind == Kind::Static { Language::Site } else { self.builder() }
    }

    /// What builds it.
    pub(crate) fn builder(&self) -> Language {
        let service = self.instance.service;
        let text = |field: &'a seaworthy_model::Field<String>| field.get().map_or("", String::as_str);
        let manager = text(&service.package_manager);
        let runtime = service.runtime.get().map_or("", |runtime| runtime.name.as_str());
        match text(&service.language) {
            "javascript" | "typescript" | "vue" | "svelte" => match (runtime, manager) {
                ("deno", _) => Language::Deno,
                ("bun", _) | (_, "bun") => Language::Bun,
                _ if text(&service.framework) == "meteor" => Language::Other,
                _ => Language::Node,
            },
            "python" if manager != "conda" => Language::Python,
            "go" => Language::Go,
            "rust" => Language::Rust,
            "java" | "kotlin" | "scala" | "groovy" if matches!(manager, "maven" | "gradle") => Language::Java,
            "csharp" | "fsharp" => Language::Dotnet,
            "php" => Language::Php,
            "ruby" => Language::Ruby,
            "elixir" => Language::Elixir,
            "markdown" if runtime == "ruby" => Language::Ruby,
            "" => match Command::read(self.start(), &|_| Some(String::new())).program() {
                "python" | "python3" | "gunicorn" | "uvicorn" | "celery" => Language::Python,
                "node" => Language::Node,
                "ruby" | "bundle" => Language::Ruby,
                "php" => Language::Php,
                _ => self.by_manifest(),
            },
            _ => Language::Other,
        }
    }

    /// What it is written in, by the file that names its dependencies.
    fn by_manifest(&self) -> Language {
        let known = [
            ("package.json", Language::Node),
            ("deno.json", Language::Deno),
            ("pyproject.toml", Language::Python),
            ("requirements.txt", Language::Python),
            ("go.mod", Language::Go),
            ("Cargo.toml", Language::Rust),
            ("composer.json", Language::Php),
            ("Gemfile", Language::Ruby),
            ("mix.exs", Language::Elixir),
        ];
        known.into_iter().find(|(name, _)| self.has(name)).map_or(Language::Other, |(_, language)| language)
    }

    fn start(&self) -> &'a str {
        self.instance.start.unwrap_or_default()
    }

    /// What its container runs, with scripts followed to their programs and the port filled in.
    pub(crate) fn command(&self) -> Command {
        self.read(self.start())
    }

    /// Any command that runs in its image.
    pub(crate) fn read(&self, text: &str) -> Command {
        let text = script::resolve(text, self.instance.path(), self.sources);
        let text = ["uv run ", "poetry run ", "pdm run ", "pipenv run "]
            .iter()
            .find_map(|tool| text.strip_prefix(tool))
            .unwrap_or(&text);
        Command::read(text, &|name| {
            let own = match self.instance.service.port_setting.get() {
                Some(PortSetting::Env(setting)) => setting,
                _ => "PORT",
            };
            let port = if name == own || name == "PORT" { self.instance.port } else { None };
            port.map(|port| port.to_string())
        })
    }

    /// The folder that its commands run in, inside the image.
    pub(crate) fn workdir(&self) -> String {
        within(HOME, &self.build.folder)
    }

    /// There is such a file in its folder.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.sources.has(&join(self.instance.path(), name))
    }

    /// There is such a file in the folder that the builder is sent.
    pub(crate) fn has_in_context(&self, name: &str) -> bool {
        self.sources.has(&join(&self.build.context, name))
    }

    /// The text of a file in its folder.
    pub(crate) fn text(&self, name: &str) -> Option<Arc<str>> {
        self.sources.text(&join(self.instance.path(), name))
    }

    /// The text of a file in the folder that the builder is sent, else of one in its own.
    pub(crate) fn any_text(&self, name: &str) -> Option<Arc<str>> {
        self.sources.text(&join(&self.build.context, name)).or_else(|| self.text(name))
    }

    /// Paths of all files that the builder is sent, relative to what it is sent.
    pub(crate) fn context_paths(&self) -> impl Iterator<Item = &str> {
        let before =
            if self.build.context == "." { String::new() } else { format!("{}/", self.build.context) };
        self.sources.paths().filter_map(move |path| path.strip_prefix(before.as_str()))
    }

    /// The folder is a member of a workspace that is built from its root.
    pub(crate) fn is_member(&self) -> bool {
        self.build.folder != "."
    }

    /// Arguments of the `COPY` lines for files that say which dependencies there are: those at the context's root
    /// first, then one line for each folder below it.
    pub(crate) fn manifests(&self, is_manifest: impl Fn(&str) -> bool) -> Vec<String> {
        let mut root = Vec::new();
        let mut below: Vec<String> = Vec::new();
        for path in self.context_paths().filter(|path| !path.contains("node_modules/")) {
            match path.rsplit_once('/') {
                None if is_manifest(path) => root.push(path.to_owned()),
                Some((folder, name)) if self.is_member() && is_manifest(name) => {
                    match below.iter_mut().find(|line| line.ends_with(&format!(" {folder}/"))) {
                        Some(line) => *line = format!("{path} {line}"),
                        None => below.push(format!("{path} {folder}/")),
                    }
                }
                _ => {}
            }
        }
        let mut lines = Vec::new();
        if !root.is_empty() {
            lines.push(format!("{} ./", root.join(" ")));
        }
        lines.extend(below);
        lines
    }

    /// Some source file of its folder has one of these words.
    pub(crate) fn mentions(&self, endings: &[&str], words: &[&str]) -> bool {
        let before =
            if self.instance.path() == "." { String::new() } else { format!("{}/", self.instance.path()) };
        self.sources
            .paths()
            .filter(|path| path.starts_with(&before) && endings.iter().any(|ending| path.ends_with(ending)))
            .filter(|path| !path.contains("node_modules/"))
            .filter_map(|path| self.sources.text(path))
            .any(|text| words.iter().any(|word| text.contains(word)))
    }

    /// The framework's name, empty where it has none.
    pub(crate) fn framework(&self) -> &'a str {
        self.instance.service.framework.get().map_or("", String::as_str)
    }

    /// The version of its runtime as a tag has it: at most this many parts of it.
    pub(crate) fn version(&self, parts: usize, otherwise: &str) -> String {
        let version = self.instance.service.runtime.get().and_then(|runtime| runtime.version.as_deref());
        let numbers = version.filter(|version| {
            version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !version.is_empty()
        });
        numbers.map_or(otherwise.to_owned(), |version| {
            version.split('.').take(parts).collect::<Vec<_>>().join(".")
        })
    }
}

/// A path below a folder, with `.` and `..` followed.
pub(crate) fn within(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

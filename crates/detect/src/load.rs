//! The whole model of a repository: what was detected, what `seaworthy.toml`, the chosen environment and the
//! command line say, merged in that order and checked.

use std::collections::BTreeMap;
use std::path::Path;

use seaworthy_model::config::{Config, Diagnostic, Severity, Source};
use seaworthy_model::validate::{Problem, ValidationContext, validate};
use seaworthy_model::{App, Layer, Name, Place, Warning};

use crate::detect::detect_with;
use crate::{Detection, Manifest, OpenError, Repository};

/// The name of the model's file, at the root of a repository.
pub const CONFIG_FILE: &str = "seaworthy.toml";

/// What is said for one run, over what the repository says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The environment whose values apply.
    pub environment: Option<String>,
    /// `KEY=VALUE` settings, as in `seaworthy.toml`.
    pub set: Vec<String>,
}

/// A repository's model, with all that is wrong with what people wrote.
#[derive(Debug)]
pub struct Loaded {
    /// The merged model.
    pub app: App,
    /// What its projects say they depend on, by folder.
    pub manifests: Vec<Manifest>,
    /// The text of `seaworthy.toml`, empty where there is none.
    pub config_text: String,
    /// What is wrong in it; spans are of [`Loaded::config_text`].
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong with a setting of the command line: the setting, and spans in it.
    pub override_diagnostics: Vec<(String, Diagnostic)>,
    /// What is wrong elsewhere.
    pub problems: Vec<Problem>,
    /// The chosen environment is not one of those that exist.
    pub unknown_environment: Option<String>,
}

impl Loaded {
    /// The model as each environment sees it, by name. For a model that was loaded without one.
    pub fn environments(&self) -> BTreeMap<Name, App> {
        let (config, _) = Config::parse(&self.config_text);
        let source = Source::file(CONFIG_FILE, &self.config_text);
        let seen_from = |name: &Name| {
            let mut app = self.app.clone();
            config.apply_environment(name, &mut app, &source);
            app
        };
        self.app.environments.keys().map(|name| (name.clone(), seen_from(name))).collect()
    }

    /// Something that a person wrote is wrong, so that the model must not be acted on.
    pub fn has_errors(&self) -> bool {
        let is_error = |severity: Severity| severity == Severity::Error;
        self.unknown_environment.is_some()
            || self.diagnostics.iter().any(|diagnostic| is_error(diagnostic.severity))
            || self.override_diagnostics.iter().any(|(_, diagnostic)| is_error(diagnostic.severity))
            || self.problems.iter().any(|problem| is_error(problem.severity))
    }
}

/// Detects, reads and merges the model of the repository at `root`.
pub fn load(root: &Path, overrides: &Overrides) -> Result<Loaded, OpenError> {
    Ok(load_from(&Repository::open(root)?, overrides))
}

/// The same for a repository that is open already, and goes on to be read.
pub fn load_from(repo: &Repository, overrides: &Overrides) -> Loaded {
    let config_text = repo.text(CONFIG_FILE).map(|text| text.to_string()).unwrap_or_default();
    let (config, mut diagnostics) = Config::parse(&config_text);
    let Detection { mut app, manifests } = detect_with(repo, &config.started_folders());
    let source = Source::file(CONFIG_FILE, &config_text);
    config.apply(&mut app, &source);
    let mut unknown_environment = None;
    if let Some(environment) = &overrides.environment {
        let known = Name::parse(environment).ok().filter(|name| is_known(&app, name));
        match known {
            Some(name) => config.apply_environment(&name, &mut app, &source),
            None => unknown_environment = Some(environment.clone()),
        }
    }
    let mut override_diagnostics = Vec::new();
    for setting in &overrides.set {
        let (config, found) = Config::parse_override(setting);
        override_diagnostics.extend(found.into_iter().map(|diagnostic| (setting.clone(), diagnostic)));
        config.apply(&mut app, &Source { file: None, text: setting, layer: Layer::CommandLine });
    }
    let context = if config_text.is_empty() {
        ValidationContext::default()
    } else {
        ValidationContext::new(CONFIG_FILE, &config_text)
    };
    let mut problems = Vec::new();
    for problem in validate(&app, &context) {
        match problem.to_diagnostic() {
            Some(diagnostic) => diagnostics.push(diagnostic),
            None => problems.push(problem),
        }
    }
    app.warnings.extend(repo.take_warnings());
    // What is odd in other people's files is part of the plan; what is wrong in ours is an error.
    let (wrong, odd): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
    app.warnings.extend(odd.iter().map(warning));
    Loaded {
        app,
        manifests,
        config_text,
        diagnostics,
        override_diagnostics,
        problems: wrong,
        unknown_environment,
    }
}

/// `local` is always there: it is where `sea up` runs.
fn is_known(app: &App, name: &Name) -> bool {
    name.as_str() == "local" || app.environments.contains_key(name)
}

fn warning(problem: &Problem) -> Warning {
    use seaworthy_model::validate::Site;
    let places = problem.sites.iter().filter_map(|site| match site {
        Site::File { place, .. } => Some(place.clone()),
        Site::Config { .. } => Some(Place::file(CONFIG_FILE)),
        Site::Elsewhere { .. } => None,
    });
    Warning::new(problem.code, problem.message.clone(), places)
}

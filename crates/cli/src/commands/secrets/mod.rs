//! `sea secrets`: the secrets of an environment.

mod edit;
mod export_key;
mod get;
mod init;
mod list;
mod prompt;
mod recipient;
mod remove;
mod rotate;
mod set;

use std::collections::BTreeMap;
use std::path::PathBuf;

use seaworthy_detect::CONFIG_FILE;
use seaworthy_model::{App, Name, SecretSource};
use seaworthy_provision::environment::{Without, without};
use seaworthy_secrets::folder::Folder;
use seaworthy_secrets::key::Places;
use seaworthy_secrets::need::{Fallback, Needs, needs};
use seaworthy_secrets::provider::{self, COMMAND_TIMEOUT, Context, Provider};
use seaworthy_secrets::{Error, SecretName};

use crate::args::{Global, SecretsArgs, SecretsCommand};
use crate::commands::load;
use crate::exit::{Mistake, Outside};
use crate::output;

/// The environment that is meant where none is named.
const PRODUCTION: &str = "production";

pub(crate) fn run(global: &Global, args: &SecretsArgs) -> anyhow::Result<u8> {
    let scene = match Scene::load(global)? {
        Ok(scene) => scene,
        Err(code) => return Ok(code),
    };
    match &args.command {
        SecretsCommand::Init(args) => init::run(&scene, args),
        SecretsCommand::Set(args) => set::run(&scene, args),
        SecretsCommand::Get(args) => get::run(&scene, args),
        SecretsCommand::List(args) => list::run(&scene, args),
        SecretsCommand::Check => list::check(&scene),
        SecretsCommand::Remove(args) => remove::run(&scene, args),
        SecretsCommand::Edit => edit::run(&scene),
        SecretsCommand::Rotate => rotate::run(&scene),
        SecretsCommand::Recipient(args) => recipient::run(&scene, args),
        SecretsCommand::ExportKey => export_key::run(&scene),
    }
}

/// What every one of them works on.
struct Scene {
    root: PathBuf,
    /// The model as the environment sees it.
    app: App,
    environment: Name,
    folder: Folder,
    places: Places,
}

impl Scene {
    /// Detects and reads; the exit code where what people wrote is wrong, which they have been told then.
    fn load(global: &Global) -> anyhow::Result<Result<Self, u8>> {
        let root = load::root(global, None)?;
        let loaded = load::load(&Global { env: None, ..global.clone() }, None)?;
        if loaded.has_errors() {
            return Ok(Err(output::problems(&loaded)));
        }
        let environment = chosen(global, &loaded.app)?;
        let app = loaded.environments().remove(&environment).unwrap_or(loaded.app);
        // A host's own key opens what a person's does not.
        let state = variable("SEA_STATE").map(PathBuf::from);
        let places = Places::new(variable, state.as_deref());
        Ok(Ok(Self { folder: Folder::of(&root), root, app, environment, places }))
    }

    fn sources(&self) -> Vec<SecretSource> {
        provider::sources(self.app.environments.get(&self.environment))
    }

    fn providers(&self) -> anyhow::Result<Vec<Box<dyn Provider>>> {
        let variables: BTreeMap<_, _> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?.into())))
            .collect();
        let context = Context {
            root: self.root.clone(),
            environment: self.environment.clone(),
            keys: self.places.clone(),
            variables,
            timeout: COMMAND_TIMEOUT,
        };
        provider::open(&self.sources(), &context).map_err(advise)
    }

    fn needs(&self) -> Needs {
        needs(&self.app, &self.environment, |service, name, variable| {
            match without(&self.app, service, name, variable) {
                Without::Nothing => Fallback::Nothing,
                Without::MadeUp => Fallback::MadeUp,
                Without::Given => Fallback::Given,
                Without::Code => Fallback::Code,
            }
        })
    }

    /// We write age files alone: what others keep, their own tools change.
    fn check_writable(&self) -> anyhow::Result<()> {
        let sources = self.sources();
        if sources.contains(&SecretSource::Age) {
            return Ok(());
        }
        let titles: Vec<String> = sources.iter().map(ToString::to_string).collect();
        let environment = &self.environment;
        Err(Mistake {
            message: format!(
                "the secrets of {environment} come from {}, which sea only reads",
                titles.join(", ")
            ),
            help: Some(format!("set it there, or add \"age\" to `secrets` of [environments.{environment}]")),
        }
        .into())
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The environment that is named, else production.
fn chosen(global: &Global, app: &App) -> anyhow::Result<Name> {
    let wanted = global.env.as_deref().unwrap_or(PRODUCTION);
    let declared: Vec<&str> = app.environments.keys().map(Name::as_str).collect();
    let name = Name::parse(wanted).ok();
    // Production needs no declaration; another name that is not declared is misspelt, and would be a file of its own.
    if let Some(name) = name.filter(|name| {
        declared.contains(&name.as_str())
            || (name.as_str() == PRODUCTION && (declared.is_empty() || global.env.is_some()))
    }) {
        return Ok(name);
    }
    let message = match &global.env {
        Some(_) => format!("no environment `{wanted}` is declared"),
        None => "which environment is not said, and none is called production".to_owned(),
    };
    let help = match declared.first() {
        Some(first) => format!("--env {first}; there is {}", declared.join(", ")),
        None => format!("[environments.{wanted}] in {CONFIG_FILE}, or --env {PRODUCTION}"),
    };
    Err(Mistake { message, help: Some(help) }.into())
}

/// A name that a person typed.
fn parse(name: &str) -> anyhow::Result<SecretName> {
    SecretName::parse(name).map_err(advise)
}

/// An error with what to type next.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn advise(error: Error) -> anyhow::Error {
    let page = format!("sea explain {}", error.code());
    let help = Some(error.help().map_or_else(|| page.clone(), |help| format!("{help} ({page})")));
    let message = error.to_string();
    match error {
        Error::Name | Error::Value(_) => Mistake { message, help }.into(),
        _ => Outside { message, help }.into(),
    }
}

/// Tells on the side what is dangerous about how secrets are kept.
fn warn(warnings: &[String]) {
    for warning in warnings {
        anstream::eprintln!("{}: {warning}", output::style::paint(output::style::WARNING, "warning"));
    }
}

//! The environment of a service: every variable, with its source.
//!
//! Who goes before whom in development, and why:
//!
//! 1. The port that was handed out: anything else would not be reached.
//! 2. `seaworthy.toml` and the command line: someone said it to us.
//! 3. What a resource or service of this run provides. It goes before the shell and `.env`, since migrations and seeds
//!    run against it: an address that a shell still holds from elsewhere must never get them. Whoever means their own
//!    database says so in `seaworthy.toml`. What is passed over is told ([`Value::instead_of`]).
//! 4. The environment of the person who calls.
//! 5. `.env` files, in the order of the service's framework.
//! 6. What other tools' files say (Compose, Procfile, ...), except the mode: this is development.
//! 7. Secrets of the app's own, made up once per worktree, and what example files suggest.
//!
//! In production ([`Mode::Production`]):
//!
//! 1. The port that was handed out.
//! 2. `seaworthy.toml` and the command line, with the secrets that they name. One that is not there is missing: nothing
//!    else takes its place.
//! 3. A secret that was set under the variable's own name. It goes before a resource of this host, for it was set for
//!    this environment: that is how a database elsewhere is meant.
//! 4. What a resource or service provides.
//! 5. `.env.production` and `.env`, for what is no secret. The environment of the caller is a host's, and never used.
//! 6. What other tools' files say and what example files suggest, for what is no secret, and unless it was written for a
//!    developer's machine.
//! 7. Secrets of the app's own, made up once per environment.
//!
//! What is needed and not there is an error, all of it at once.

mod defaults;
mod digest;
pub mod dotenv;
mod files;
mod mode;
mod parts;
mod without;

use std::collections::BTreeMap;
use std::fmt;

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{Evidence, Layer, Name, Place, PortSetting, Service, Variable};
use secrecy::{ExposeSecret as _, SecretString};

use crate::Error;
use crate::address::{self, Target};
use crate::resource::Attributes;
use crate::secret::Secrets;

pub use defaults::is_own_secret;
pub use digest::digest;
pub use files::{EnvFile, files};
pub use mode::{Mode, inherited};
pub use without::{Without, without};

/// A resource of this run, for those who use it.
#[derive(Clone, Debug)]
pub struct Provided {
    /// Its type.
    pub kind: String,
    /// What placeholders can ask of it.
    pub attributes: Attributes,
    /// Where addresses of it point.
    pub target: Option<Target>,
}

/// A service of this run, for those who call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What the environment of a service is made of.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// What the environment is for.
    pub mode: Mode,
    /// The service.
    pub service: &'a Service,
    /// Every resource that was provided.
    pub resources: &'a BTreeMap<Name, Provided>,
    /// Where a service listens; asked only for those that a value names, since the answer can take a port.
    pub services: &'a dyn Fn(&Name) -> Option<Endpoint>,
    /// The name of the environment: `local`.
    pub environment: &'a str,
    /// Its domain.
    pub domain: &'a str,
    /// The secrets that this service names, by name. Only production asks for them.
    pub secrets: &'a BTreeMap<String, SecretString>,
    /// The environment of the person who calls. Only development looks at it.
    pub process: &'a BTreeMap<String, String>,
    /// The `.env` files, those that go before others first.
    pub files: &'a [EnvFile],
    /// The port that was handed out.
    pub port: Option<u16>,
    /// Output is shown in colours.
    pub colour: bool,
}

/// The environment of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Every variable that is known, by name.
    pub values: BTreeMap<String, Value>,
    /// Variables that the code reads without a fallback and nobody gives.
    pub missing: Vec<Missing>,
}

impl Environment {
    /// What is handed to the process on top of the caller's environment.
    pub fn handed(&self) -> BTreeMap<String, String> {
        let handed = self.values.iter().filter(|(_, value)| value.is_handed);
        handed.map(|(name, value)| (name.clone(), value.value.clone())).collect()
    }
}

/// The value of a variable.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// The value.
    pub value: String,
    /// It must not be seen.
    pub secret: bool,
    /// Who says it.
    pub source: Source,
    /// The process gets it from us; otherwise it inherits it or reads it from a file by itself.
    pub is_handed: bool,
    /// Another source that was passed over, with another value.
    pub instead_of: Option<Source>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.secret { "***" } else { &self.value };
        write!(f, "{value:?} from {}", self.source)?;
        self.instead_of.as_ref().map_or(Ok(()), |other| write!(f, " instead of {other}"))
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The model: `seaworthy.toml`, the command line or another tool's file, with the place where there is one.
    Model(Option<Place>),
    /// A resource of this run.
    Resource(Name),
    /// Another service of this run.
    Service(Name),
    /// The environment of the person who calls.
    Process,
    /// A `.env` file.
    File(String),
    /// An example file, or the fallback that the code has.
    Example(Option<Place>),
    /// A secret of this environment.
    Secret(String),
    /// Made up for this worktree.
    Generated,
    /// Made up for this environment of the host.
    MadeUp,
    /// What development wants.
    Development,
    /// What production wants.
    Production,
    /// The port that was handed out.
    Port,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(Some(place)) => write!(f, "{place}"),
            Self::Model(None) => f.write_str("the model"),
            Self::Resource(name) => write!(f, "the resource `{name}`"),
            Self::Service(name) => write!(f, "the service `{name}`"),
            Self::Process => f.write_str("your environment"),
            Self::File(path) => f.write_str(path),
            Self::Example(Some(place)) => write!(f, "the example in {place}"),
            Self::Example(None) => f.write_str("an example"),
            Self::Secret(name) => write!(f, "the secret {name}"),
            Self::Generated => f.write_str("made up for development"),
            Self::MadeUp => f.write_str("made up once for this environment"),
            Self::Development => f.write_str("the default for development"),
            Self::Production => f.write_str("the default for production"),
            Self::Port => f.write_str("the port handed out"),
        }
    }
}

/// A variable that is needed and that nobody gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Where the code reads it; the file that names it where the code is not known to.
    pub places: Vec<Place>,
    /// The file to put it into, in development.
    pub file: String,
    /// What to type next.
    pub next: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is missing", self.name)?;
        if let Some(place) = self.places.first() {
            write!(f, "; {place} reads it")?;
        }
        write!(f, "; {}", self.next)
    }
}

/// The environment of a service. Secrets of the app's own are made up in `secrets` where nobody gives them.
///
/// In production what is missing is an [`Error::VariablesMissing`]; in development it is told beside the rest, since many
/// services can do without.
pub fn resolve(inputs: Inputs<'_>, secrets: &mut Secrets) -> Result<Environment, Error> {
    let mut resolver = Resolver { inputs, secrets };
    let mut environment = Environment::default();
    for (name, variable) in &inputs.service.env {
        match resolver.variable(name, variable)? {
            Some(value) => {
                environment.values.insert(name.clone(), value);
            }
            None if resolver.is_needed(variable) => {
                environment.missing.push(resolver.missing(name, variable));
            }
            None => {}
        }
    }
    // A `.env` file may say more than the code is known to read.
    for file in inputs.files {
        for (name, text) in &file.values {
            // In production what is known of the code decides, and a file that says a secret in clear does not.
            let is_decided = inputs.mode == Mode::Production && inputs.service.env.contains_key(name);
            if !environment.values.contains_key(name) && !is_decided {
                let value = resolver.outside(name, false, Some((file, text)));
                environment.values.extend(value.map(|value| (name.clone(), value)));
            }
        }
    }
    if let Some(port) = inputs.port {
        let handed_out = value(port.to_string(), Source::Port);
        match inputs.service.port_setting.get() {
            Some(PortSetting::Env(name)) => {
                environment.values.insert(name.clone(), handed_out);
            }
            // How it takes its port is not known: this is what most read, and whoever does not is no worse off.
            None => {
                environment.values.entry("PORT".to_owned()).or_insert(handed_out);
            }
            Some(_) => {}
        }
    }
    resolver.defaults(&mut environment);
    // What every tool says for itself is no one's to give.
    environment.missing.retain(|missing| !environment.values.contains_key(&missing.name));
    if inputs.mode == Mode::Production && !environment.missing.is_empty() {
        return Err(Error::VariablesMissing(environment.missing));
    }
    Ok(environment)
}

struct Resolver<'a, 'b> {
    inputs: Inputs<'a>,
    secrets: &'b mut Secrets,
}

fn value(value: String, source: Source) -> Value {
    Value { value, secret: false, source, is_handed: true, instead_of: None }
}

impl Resolver<'_, '_> {
    fn variable(&mut self, name: &str, variable: &Variable) -> Result<Option<Value>, Error> {
        match self.inputs.mode {
            Mode::Development => self.in_development(name, variable),
            Mode::Production => self.in_production(name, variable),
        }
    }

    fn in_development(&mut self, name: &str, variable: &Variable) -> Result<Option<Value>, Error> {
        let outside = self.outside(name, variable.secret, None);
        let mark = |mut value: Value| {
            value.secret |= variable.secret;
            value
        };
        let said = match variable.value.winner() {
            Some(evidence) => self.said(evidence)?.map(|value| (value, evidence.origin.layer)),
            None => None,
        };
        if let Some((said, layer)) = &said
            && (*layer >= Layer::Config || is_provided(&said.source))
        {
            return Ok(Some(mark(over(said.clone(), outside.as_ref()))));
        }
        if let Some(provided) = self.provided(name, variable, outside.as_ref()) {
            return Ok(Some(mark(over(provided, outside.as_ref()))));
        }
        if outside.is_some() {
            return Ok(outside);
        }
        if let Some((said, _)) = said
            && !defaults::is_mode(name)
        {
            return Ok(Some(mark(said)));
        }
        if variable.secret && is_own_secret(name) {
            return Ok(Some(mark(self.made_up(name)?)));
        }
        // Where the code falls back, it may; what it needs, an example may give.
        let example = variable.default.winner().filter(|_| variable.required || variable.used_at.is_empty());
        Ok(example.filter(|example| !defaults::is_blank(&example.value)).map(|example| {
            let place = example.origin.place.clone();
            mark(value(example.value.clone(), Source::Example(place)))
        }))
    }

    fn in_production(&mut self, name: &str, variable: &Variable) -> Result<Option<Value>, Error> {
        let mark = |mut value: Value| {
            value.secret |= variable.secret;
            value
        };
        let set = variable.secret.then(|| self.secret(name)).flatten();
        let outside = set.clone().or_else(|| self.outside(name, false, None).filter(|_| !variable.secret));
        let winner = variable.value.winner();
        let said = match winner {
            Some(evidence) => self.said(evidence)?,
            None => None,
        };
        if winner.is_some_and(|evidence| evidence.origin.layer >= Layer::Config) {
            return Ok(said.map(|said| mark(over(said, outside.as_ref()))));
        }
        let is_from_here = said.as_ref().is_some_and(|said| is_provided(&said.source));
        let provided = said.clone().filter(|_| is_from_here);
        let provided = provided.or_else(|| self.provided(name, variable, outside.as_ref())).map(mark);
        if let Some(set) = set {
            return Ok(Some(over(set, provided.as_ref())));
        }
        if let Some(provided) = provided {
            return Ok(Some(over(provided, outside.as_ref())));
        }
        if outside.is_some() && !defaults::is_mode(name) {
            return Ok(outside);
        }
        if variable.secret {
            // A secret that the model composes of others stands; what files say in clear is not for production.
            let composed = said.filter(|said| matches!(said.source, Source::Secret(_) | Source::MadeUp));
            if composed.is_some() || !is_own_secret(name) {
                return Ok(composed.map(mark));
            }
            return self.made_up(name).map(Some);
        }
        if defaults::is_mode(name) {
            return Ok(Some(value("production".to_owned(), Source::Production)));
        }
        if let Some(said) = said
            && !mode::is_for_development(&said.value)
        {
            return Ok(Some(said));
        }
        // Where the code falls back, it may; what it needs, an example may give.
        let example = variable.default.winner().filter(|_| variable.required);
        Ok(example
            .filter(|example| !mode::is_for_development(&example.value))
            .map(|example| value(example.value.clone(), Source::Example(example.origin.place.clone()))))
    }

    /// Nothing takes the place of this variable.
    fn is_needed(&self, variable: &Variable) -> bool {
        let said = |evidence: &Evidence<String>| match self.inputs.mode {
            Mode::Development => true,
            // A plain value of another tool that was passed over is no reason to stop.
            Mode::Production => {
                evidence.origin.layer >= Layer::Config
                    || Template::parse(&evidence.value).is_ok_and(|text| text.placeholders().next().is_some())
            }
        };
        variable.required || variable.value.winner().is_some_and(said)
    }

    /// What the runtime, the framework and the tools around them want, where nobody says it.
    fn defaults(&self, environment: &mut Environment) {
        let inputs = &self.inputs;
        let (values, source) = match inputs.mode {
            Mode::Development => (defaults::of_runtime(inputs.service, inputs.colour), Source::Development),
            Mode::Production => (mode::of_production(inputs.service), Source::Production),
        };
        for (name, text) in values {
            let is_inherited = inputs.mode == Mode::Development && inputs.process.contains_key(name);
            // The mode that was put in for a name is less precise than what its framework calls it.
            let known = environment.values.get(name).map(|value| &value.source);
            if !is_inherited && known.is_none_or(|known| *known == Source::Production) {
                environment.values.insert(name.to_owned(), value(text.to_owned(), source.clone()));
            }
        }
    }

    /// A secret of this environment.
    fn secret(&self, name: &str) -> Option<Value> {
        let given = self.inputs.secrets.get(name)?.expose_secret();
        Some(Value { secret: true, ..value(given.to_owned(), Source::Secret(name.to_owned())) })
    }

    /// What the model says, with its placeholders filled in; `None` when one of them stands for nothing here.
    fn said(&mut self, evidence: &Evidence<String>) -> Result<Option<Value>, Error> {
        let Ok(template) = Template::parse(&evidence.value) else { return Ok(None) };
        let mut source = Source::Model(evidence.origin.place.clone());
        let mut secret = false;
        let mut filled: BTreeMap<Placeholder, String> = BTreeMap::new();
        for (placeholder, _) in template.placeholders() {
            let text = match placeholder {
                Placeholder::Resource { name, attribute } => {
                    let Some(resource) = self.inputs.resources.get(name) else { return Ok(None) };
                    let Some(found) = resource.attributes.get(attribute.as_str()) else { return Ok(None) };
                    source = Source::Resource(name.clone());
                    secret |= found.secret;
                    self.tailored(resource, attribute, &found.value)
                }
                Placeholder::Service { name, attribute } => {
                    let Some(endpoint) = (self.inputs.services)(name) else { return Ok(None) };
                    source = Source::Service(name.clone());
                    match attribute.as_str() {
                        "host" => endpoint.host.clone(),
                        "port" => endpoint.port.to_string(),
                        _ => format!("http://{}:{}", endpoint.host, endpoint.port),
                    }
                }
                Placeholder::Secret(name) => {
                    secret = true;
                    let given = match self.inputs.mode {
                        Mode::Development => self.outside(name, true, None),
                        Mode::Production => self.secret(name),
                    };
                    match given {
                        Some(given) => {
                            source = given.source;
                            given.value
                        }
                        None if is_own_secret(name) => {
                            let made_up = self.made_up(name)?;
                            source = made_up.source;
                            made_up.value
                        }
                        None => return Ok(None),
                    }
                }
                Placeholder::Environment(attribute) if attribute == "domain" => self.inputs.domain.to_owned(),
                Placeholder::Environment(_) => self.inputs.environment.to_owned(),
            };
            filled.insert(placeholder.clone(), text);
        }
        let text = template.resolve(|placeholder| filled.get(placeholder).cloned());
        Ok(text.map(|text| Value { secret, ..value(text, source) }))
    }

    /// The value that only a resource of this run can give: an address in a library's own dialect, or a part of one.
    fn provided(&self, name: &str, variable: &Variable, outside: Option<&Value>) -> Option<Value> {
        let needed = || {
            let resources = self.inputs.resources.iter();
            resources.filter(|(name, _)| self.inputs.service.depends_on.contains_key(*name))
        };
        let only = |types: &[&str]| {
            let mut found = needed().filter(|(_, resource)| types.contains(&resource.kind.as_str()));
            found.next().filter(|_| found.next().is_none())
        };
        let given = outside.map(|value| value.value.as_str());
        for example in
            given.into_iter().chain(variable.default.all().iter().map(|evidence| evidence.value.as_str()))
        {
            if let Some((resource, provided)) = only(address::resource_types(example))
                && let Some(target) = &provided.target
                && let Some(there) = address::rewrite(example, target)
            {
                let secret = target.password.is_some();
                return Some(Value { secret, ..value(there, Source::Resource(resource.clone())) });
            }
        }
        let (types, attribute) = parts::of(name)?;
        let (resource, provided) = only(types)?;
        let found = provided.attributes.get(attribute)?;
        Some(Value { secret: found.secret, ..value(found.value.clone(), Source::Resource(resource.clone())) })
    }

    /// What the caller's environment or a `.env` file says.
    fn outside(&self, name: &str, secret: bool, known: Option<(&EnvFile, &String)>) -> Option<Value> {
        if self.inputs.mode == Mode::Development
            && let Some(text) = self.inputs.process.get(name)
        {
            let inherited = Value { is_handed: false, ..value(text.clone(), Source::Process) };
            return Some(Value { secret, ..inherited });
        }
        let in_files = || {
            let mut files = self.inputs.files.iter();
            files.find_map(|file| {
                let text = file.values.iter().rev().find(|(other, _)| other == name).map(|(_, text)| text)?;
                Some((file, text))
            })
        };
        let (file, text) = known.or_else(in_files)?;
        let is_handed = !file.read_by_service;
        // Nothing is known of a variable that only a file names: it may be a secret.
        let secret = secret || known.is_some();
        Some(Value { secret, is_handed, ..value(text.clone(), Source::File(file.path.clone())) })
    }

    fn made_up(&mut self, name: &str) -> Result<Value, Error> {
        // By its name alone: services that sign for one another share it.
        let secret = self.secrets.get_or_create(&format!("env.{name}"))?;
        let text = defaults::shaped(name, self.inputs.service, &secret);
        let source = match self.inputs.mode {
            Mode::Development => Source::Generated,
            Mode::Production => Source::MadeUp,
        };
        Ok(Value { secret: true, ..value(text, source) })
    }

    /// lib/pq, alone of all drivers, demands TLS of a server unless told otherwise.
    fn tailored(&self, resource: &Provided, attribute: &str, text: &str) -> String {
        let is_go = self.inputs.service.language.get().is_some_and(|language| language == "go");
        if is_go && attribute == "url" && resource.kind == "postgres" && !text.contains('?') {
            return format!("{text}?sslmode=disable");
        }
        text.to_owned()
    }

    fn missing(&self, name: &str, variable: &Variable) -> Missing {
        let places = if variable.used_at.is_empty() { &variable.declared_at } else { &variable.used_at };
        let path = self.inputs.service.path();
        let file = if path == "." { ".env".to_owned() } else { format!("{path}/.env") };
        let next = match self.inputs.mode {
            Mode::Development => format!("type `echo '{name}=...' >> {file}`"),
            Mode::Production => self.next(name, variable),
        };
        Missing { name: name.to_owned(), places: places.clone(), file, next }
    }

    /// What to type for a variable that production lacks.
    fn next(&self, name: &str, variable: &Variable) -> String {
        let environment = self.inputs.environment;
        let template = variable.value.get().and_then(|text| Template::parse(text).ok());
        let placeholders = template.iter().flat_map(Template::placeholders);
        let mut secrets: Vec<&str> = placeholders
            .filter_map(|(placeholder, _)| match placeholder {
                Placeholder::Secret(secret) if !self.inputs.secrets.contains_key(secret) => {
                    Some(secret.as_str())
                }
                _ => None,
            })
            .collect();
        if variable.secret && template.is_none() {
            secrets.push(name);
        }
        if secrets.is_empty() {
            return format!(
                "give it in seaworthy.toml, in `env` of the service under [environments.{environment}]"
            );
        }
        let commands: Vec<String> =
            secrets.iter().map(|secret| format!("`sea secrets set {secret} --env {environment}`")).collect();
        format!("type {}", commands.join(" and "))
    }
}

fn is_provided(source: &Source) -> bool {
    matches!(source, Source::Resource(_) | Source::Service(_))
}

/// `said`, and whom it goes before.
fn over(said: Value, outside: Option<&Value>) -> Value {
    let passed = outside.filter(|outside| outside.value != said.value);
    Value { instead_of: passed.map(|outside| outside.source.clone()), ..said }
}

#[cfg(test)]
mod tests;

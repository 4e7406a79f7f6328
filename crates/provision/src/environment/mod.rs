//! The environment of a service: every variable, with its source.
//!
//! Who goes before whom, and why:
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

mod defaults;
pub mod dotenv;
mod files;
mod parts;

use std::collections::BTreeMap;
use std::fmt;

use seaworthy_model::placeholder::{Placeholder, Template};
use seaworthy_model::{Evidence, Layer, Name, Place, PortSetting, Service, Variable};

use crate::Error;
use crate::address::{self, Target};
use crate::resource::Attributes;
use crate::secret::Secrets;

pub use files::{EnvFile, files};

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
    /// The environment of the person who calls.
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
    /// Made up for this worktree.
    Generated,
    /// What development wants.
    Development,
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
            Self::Generated => f.write_str("made up for development"),
            Self::Development => f.write_str("the default for development"),
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
    /// The file to put it into.
    pub file: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is missing", self.name)?;
        if let Some(place) = self.places.first() {
            write!(f, "; {place} reads it")?;
        }
        write!(f, "; type `echo '{}=...' >> {}`", self.name, self.file)
    }
}

/// The environment of a service. Secrets of the app's own are made up in `secrets` where nobody gives them.
pub fn resolve(inputs: Inputs<'_>, secrets: &mut Secrets) -> Result<Environment, Error> {
    let mut resolver = Resolver { inputs, secrets };
    let mut environment = Environment::default();
    for (name, variable) in &inputs.service.env {
        match resolver.variable(name, variable)? {
            Some(value) => {
                environment.values.insert(name.clone(), value);
            }
            None if variable.required || variable.value.get().is_some() => {
                environment.missing.push(resolver.missing(name, variable));
            }
            None => {}
        }
    }
    // A `.env` file may say more than the code is known to read.
    for file in inputs.files {
        for (name, text) in &file.values {
            if !environment.values.contains_key(name) {
                let value = resolver.outside(name, false, Some((file, text)));
                environment.values.extend(value.map(|value| (name.clone(), value)));
            }
        }
    }
    if let (Some(port), Some(PortSetting::Env(name))) = (inputs.port, inputs.service.port_setting.get()) {
        environment.values.insert(name.clone(), value(port.to_string(), Source::Port));
    }
    for (name, text) in defaults::of_runtime(inputs.service, inputs.colour) {
        let is_said = environment.values.contains_key(name) || inputs.process.contains_key(name);
        if !is_said {
            environment.values.insert(name.to_owned(), value(text.to_owned(), Source::Development));
        }
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
        if variable.secret && defaults::is_own_secret(name) {
            return Ok(Some(mark(self.made_up(name)?)));
        }
        // Where the code falls back, it may; what it needs, an example may give.
        let example = variable.default.winner().filter(|_| variable.required || variable.used_at.is_empty());
        Ok(example.filter(|example| !defaults::is_blank(&example.value)).map(|example| {
            let place = example.origin.place.clone();
            mark(value(example.value.clone(), Source::Example(place)))
        }))
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
                    match self.outside(name, true, None) {
                        Some(given) => {
                            source = given.source;
                            given.value
                        }
                        None if defaults::is_own_secret(name) => {
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
        if let Some(text) = self.inputs.process.get(name) {
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
        Ok(Value { secret: true, ..value(text, Source::Generated) })
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
        Missing { name: name.to_owned(), places: places.clone(), file }
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

//! The environment of services as expressions of Terraform, and the secrets that it refers to.

use std::collections::BTreeMap;

use seaworthy_model::placeholder::{Part, Placeholder, Template};

use serde_json::{Value as Json, json};

use super::module::Module;
use crate::print::hcl::{escape, quote};
use crate::{Access, Backing, Instance, Setting, identifier};

/// Where a resource is reached: parts of strings, with `${...}` in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: String,
    /// The scheme of its address, where it is not that of its image.
    pub(super) scheme: Option<&'static str>,
    /// What follows the address's path.
    pub(super) query: &'static str,
    /// Who signs in, where the cloud does not let us choose freely.
    pub(super) username: Option<String>,
    /// Its password is one that we make; else only the outside knows it.
    pub(super) managed: bool,
}

/// What differs between clouds.
pub(super) trait Cloud {
    /// Where a resource that the cloud runs is reached; `None` when it runs elsewhere.
    fn address(&self, backing: &Backing<'_>) -> Option<Address>;
    /// The `url`, `host` or `port` at which a service is reached by another one, as part of a string; `None` for one
    /// that listens to nothing.
    fn service(&self, instance: &Instance<'_>, attribute: &str) -> Option<String>;
    /// An attribute of an object store, as part of a string.
    fn bucket(&self, backing: &Backing<'_>, attribute: &str) -> Option<String>;
    /// The password that is kept in this secret, as part of a string; `None` where the cloud makes it and Terraform
    /// must not see it.
    fn password(&self, secret: &str) -> Option<String>;
}

/// What a variable of a service is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An expression.
    Plain(String),
    /// The secret of this identifier.
    Secret(String),
}

/// A secret that has to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Secret {
    /// Its identifier in Terraform.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// What is in it.
    pub(super) content: Content,
}

/// What is in a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Something that only the outside knows, for this.
    Outside(String),
    /// The password of this resource.
    Password(String),
    /// An expression of other secrets.
    Composed(String),
}

/// A variable of the module that the model's gaps make necessary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needed {
    pub(super) id: String,
    pub(super) description: String,
}

/// All environments of services.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// By service, by variable.
    pub(super) services: BTreeMap<String, BTreeMap<String, Value>>,
    /// In the order in which they were met.
    pub(super) secrets: Vec<Secret>,
    /// By identifier.
    pub(super) needed: Vec<Needed>,
}

impl Settings {
    /// Resolves the environment of every service.
    pub(super) fn of(module: &mut Module<'_>, cloud: &dyn Cloud) -> Self {
        let mut settings = Self::default();
        let deployment = module.deployment;
        for backing in &deployment.backings {
            let managed = cloud.address(backing).is_some_and(|address| address.managed);
            if let (Some(name), true) = (&backing.password, managed) {
                let content = Content::Password(backing.name.to_string());
                settings.add(name, content, "");
            }
        }
        for instance in &deployment.instances {
            for (key, setting) in &instance.env {
                let value = settings.value(module, cloud, instance, key, setting);
                settings
                    .services
                    .entry(instance.name.to_string())
                    .or_default()
                    .insert((*key).to_owned(), value);
            }
        }
        settings
    }

    /// The environment of a service.
    pub(super) fn service(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.services.get(name).into_iter().flatten()
    }

    /// The secrets for templates: what is in them, and why nothing rotates them.
    pub(super) fn described(&self) -> Vec<Json> {
        let describe = |secret: &Secret| {
            let outside = "whoever hands it out says when it changes";
            let (comment, rotation) = match &secret.content {
                Content::Outside(known) if known.is_empty() => {
                    ("Made empty: its value is put in outside of Terraform.".to_owned(), outside)
                }
                Content::Outside(known) => {
                    let first = known.lines().next().unwrap_or_default().trim_end_matches('.');
                    (format!("{first}. Made empty: its value is put in outside of Terraform."), outside)
                }
                Content::Password(resource) => (
                    format!("The password of {resource}."),
                    "raising `password_version` changes it together with the addresses that hold it",
                ),
                Content::Composed(_) => (
                    "An address with a password in it; neither gets into the state.".to_owned(),
                    "raising `password_version` changes it together with the password in it",
                ),
            };
            let composed = match &secret.content {
                Content::Composed(text) => Some(text),
                Content::Outside(_) | Content::Password(_) => None,
            };
            json!({
                "id": secret.id,
                "name": secret.name,
                "comment": comment,
                "rotation": rotation,
                "password": matches!(secret.content, Content::Password(_)),
                "composed": composed,
            })
        };
        self.secrets.iter().map(describe).collect()
    }

    /// Terraform makes some of the secrets up.
    pub(super) fn has_passwords(&self) -> bool {
        self.secrets.iter().any(|secret| !matches!(secret.content, Content::Outside(_)))
    }

    /// Secrets that are made empty.
    pub(super) fn outside(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().filter(|secret| matches!(secret.content, Content::Outside(_)))
    }

    fn value(
        &mut self,
        module: &mut Module<'_>,
        cloud: &dyn Cloud,
        instance: &Instance<'_>,
        key: &str,
        setting: &Setting,
    ) -> Value {
        let owner = instance.name.as_str();
        match setting {
            Setting::Value(template) => match self.resolve(module, cloud, template) {
                Resolved::Text(text) => Value::Plain(quote(&text)),
                Resolved::Outside => self.missing(module, instance, key),
            },
            Setting::Composed(template) => {
                if let Some(secret) = self.lone_password(module, template) {
                    return Value::Secret(secret);
                }
                let content = match self.resolve(module, cloud, template) {
                    Resolved::Text(text) => Content::Composed(quote(&text)),
                    Resolved::Outside => {
                        module.lose(
                            format!("{owner}.env.{key}"),
                            "it is composed of something that is made outside of Terraform",
                            format!("put the whole of it into the secret {key}: {template}"),
                        );
                        Content::Outside(format!("{key} of {owner}: {template}"))
                    }
                };
                Value::Secret(self.add(key, content, owner))
            }
            Setting::Secret { name, .. } => {
                if let Some(text) = bucket_attribute(module, cloud, instance, key) {
                    return Value::Plain(quote(&text));
                }
                let known = module.input.app.secrets.get(name).and_then(|secret| secret.description.get());
                let content = Content::Outside(known.cloned().unwrap_or_default());
                // One secret under one name, whoever uses it.
                let same = self.secrets.iter().find(|one| one.name == *name);
                match same {
                    Some(secret) => Value::Secret(secret.id.clone()),
                    None => Value::Secret(self.add(name, content, owner)),
                }
            }
            Setting::Missing => self.missing(module, instance, key),
        }
    }

    fn missing(&mut self, module: &mut Module<'_>, instance: &Instance<'_>, key: &str) -> Value {
        let id = identifier(&format!("{}_{key}", instance.name));
        module.lose(
            format!("{}.env.{key}", instance.name),
            "nothing in the repository says what it is",
            format!("the variable `{id}` has to be set"),
        );
        self.need(&id, format!("{key} of {}: nothing in the repository says what it is", instance.name));
        Value::Plain(format!("var.{id}"))
    }

    fn need(&mut self, id: &str, description: String) {
        if !self.needed.iter().any(|known| known.id == id) {
            self.needed.push(Needed { id: id.to_owned(), description });
        }
    }

    /// Adds a secret and gives its identifier; one of the same name with something else in it takes its owner's name
    /// too.
    fn add(&mut self, name: &str, content: Content, owner: &str) -> String {
        if let Some(same) = self.secrets.iter().find(|one| one.content == content && one.name.ends_with(name))
        {
            return same.id.clone();
        }
        let taken = self.secrets.iter().any(|one| one.name == name);
        let name =
            if taken { format!("{}_{name}", identifier(owner).to_uppercase()) } else { name.to_owned() };
        let id = identifier(&name);
        self.secrets.push(Secret { id: id.clone(), name, content });
        id
    }

    /// The template is the password of a resource and nothing else.
    fn lone_password(&self, module: &Module<'_>, template: &Template) -> Option<String> {
        let [Part::Placeholder(Placeholder::Resource { name, attribute }, _)] = template.parts() else {
            return None;
        };
        if !matches!(attribute.as_str(), "password" | "key" | "token") {
            return None;
        }
        let password = module.deployment.backing(name)?.password.as_ref()?;
        self.secrets.iter().find(|secret| secret.name == *password).map(|secret| secret.id.clone())
    }

    fn resolve(&mut self, module: &mut Module<'_>, cloud: &dyn Cloud, template: &Template) -> Resolved {
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Literal(literal, _) => text.push_str(&escape(literal)),
                Part::Placeholder(placeholder, _) => {
                    let Some(value) = self.placeholder(module, cloud, placeholder) else {
                        return Resolved::Outside;
                    };
                    text.push_str(&value);
                }
            }
        }
        Resolved::Text(text)
    }

    fn placeholder(
        &mut self,
        module: &mut Module<'_>,
        cloud: &dyn Cloud,
        placeholder: &Placeholder,
    ) -> Option<String> {
        match placeholder {
            Placeholder::Environment(attribute) if attribute == "name" => {
                Some("${var.environment}".to_owned())
            }
            Placeholder::Environment(_) => Some("${var.domain}".to_owned()),
            Placeholder::Secret(_) => None,
            Placeholder::Service { name, attribute } => {
                cloud.service(module.deployment.instance(name)?, attribute)
            }
            Placeholder::Resource { name, attribute } => {
                let backing = module.deployment.backing(name)?;
                if let Some(text) = cloud.bucket(backing, attribute) {
                    return Some(text);
                }
                let address = match cloud.address(backing) {
                    Some(address) => address,
                    None if backing.kind == "sqlite" => Address::default(),
                    None => elsewhere(backing)?,
                };
                let text = attribute_of(backing, attribute, &address, cloud)?;
                if text.contains(&format!("${{var.{}}}", host_variable(backing))) {
                    self.need(
                        &host_variable(backing),
                        format!("Host of {}, a {} that runs elsewhere", backing.name, backing.kind),
                    );
                }
                Some(text)
            }
        }
    }
}

/// The variable with the host of a resource that the cloud does not run.
fn host_variable(backing: &Backing<'_>) -> String {
    identifier(&format!("{}_host", backing.name))
}

/// Its address.
fn elsewhere(backing: &Backing<'_>) -> Option<Address> {
    let port = backing.port()?.to_string();
    Some(Address { host: format!("${{var.{}}}", host_variable(backing)), port, ..Address::default() })
}

enum Resolved {
    /// The inside of a string.
    Text(String),
    /// Only the outside knows.
    Outside,
}

/// A variable that the model sets to the name, the region or the address of an object store: no secret here, where the
/// object store is made by the same files.
fn bucket_attribute(
    module: &Module<'_>,
    cloud: &dyn Cloud,
    instance: &Instance<'_>,
    key: &str,
) -> Option<String> {
    let value = instance.service.env.get(key)?.value.get()?;
    Template::parse(value).ok()?.resolve(|placeholder| match placeholder {
        Placeholder::Resource { name, attribute } => {
            cloud.bucket(module.deployment.backing(name)?, attribute)
        }
        _ => None,
    })
}

fn attribute_of(
    backing: &Backing<'_>,
    attribute: &str,
    address: &Address,
    cloud: &dyn Cloud,
) -> Option<String> {
    let password = match (&backing.password, address.managed) {
        (Some(name), true) => cloud.password(&identifier(name)),
        _ => None,
    };
    if backing.is_secret(attribute) && password.is_none() {
        return None;
    }
    let mut backing = backing.clone();
    if address.username.is_some() {
        backing.username.clone_from(&address.username);
    }
    let access = Access {
        host: &address.host,
        port: &address.port,
        password: password.as_deref().unwrap_or_default(),
    };
    let text = backing.attribute(attribute, &access)?;
    if attribute != "url" {
        return Some(text);
    }
    let text = match (address.scheme, text.split_once("://")) {
        (Some(scheme), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => text,
    };
    Some(format!("{text}{}", address.query))
}

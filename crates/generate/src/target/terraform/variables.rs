//! Variables of a module, and what each environment sets them to.

use std::collections::BTreeMap;

use seaworthy_model::placeholder::Part;

use super::module::Module;
use super::module::handle;
use super::settings::{Settings, Value as Resolved};
use crate::print::hcl::{Body, Value, quote};
use crate::{Deployment, Instance, Setting, identifier};

/// A variable: its type, what it is for, and what it is when nobody says otherwise.
pub(super) fn variable(name: &str, kind: &str, description: &str, default: Option<Value>) -> Body {
    let mut body = Body::new().expression("type", kind).text("description", description);
    if let Some(default) = default {
        body = body.value("default", default);
    }
    Body::new().block(&["variable", name], body)
}

/// A variable whose values are checked: `condition` is an expression.
pub(super) fn checked(
    name: &str,
    kind: &str,
    description: &str,
    default: Option<Value>,
    (condition, message): (&str, &str),
) -> Body {
    let mut body = Body::new().expression("type", kind).text("description", description);
    if let Some(default) = default {
        body = body.value("default", default);
    }
    let rule = Body::new().expression("condition", condition).text("error_message", message);
    Body::new().block(&["variable", name], body.block(&["validation"], rule))
}

/// Those of every cloud.
pub(super) fn common(module: &Module<'_>, settings: &Settings) -> Body {
    let mut body = checked(
        "environment",
        "string",
        "Name of the environment: goes into every name",
        None,
        (
            "can(regex(\"^[a-z][a-z0-9-]{0,15}$\", var.environment))",
            "Lower case letters, digits and dashes, at most 16.",
        ),
    )
    .append(checked(
        "release",
        "string",
        "Tag of the images, the same for all services",
        None,
        (
            "can(regex(\"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$\", var.release)) && var.release != \"latest\"",
            "A tag of an image that says which release it is, so not `latest`.",
        ),
    ));
    if module.has_domain() {
        body = body.append(checked(
            "domain",
            "string",
            "The public domain",
            None,
            (
                "can(regex(\"^([a-z0-9-]+\\\\.)+[a-z]{2,}$\", var.domain))",
                "A domain without a scheme: shop.example.com.",
            ),
        ));
    }
    for needed in &settings.needed {
        body = body.append(variable(&needed.id, "string", &needed.description, None));
    }
    body
}

/// The one object that holds what environments may set of services; `fields` gives each field with its type and value.
pub(super) fn services(
    deployment: &Deployment<'_>,
    fields: impl Fn(&Instance<'_>) -> Vec<(&'static str, &'static str, String)>,
    validations: &[(&str, &str)],
) -> Body {
    if deployment.instances.is_empty() {
        return Body::new();
    }
    let mut kinds = Vec::new();
    for instance in &deployment.instances {
        let mut inner: Vec<String> = fields(instance)
            .iter()
            .map(|(name, kind, value)| format!("    {name} = optional({kind}, {value})\n"))
            .collect();
        inner.push("    env = optional(map(string), {})\n".to_owned());
        kinds.push(format!(
            "  {} = optional(object({{\n{}  }}), {{}})\n",
            handle(instance.name),
            inner.concat()
        ));
    }
    let mut body = Body::new()
        .value("type", Value::Plain(crate::print::hcl::expression(&aligned(&kinds.concat()))))
        .text("description", "Size and number of services, and variables that only this environment sets")
        .object("default", Body::new());
    for (condition, message) in validations {
        let rule = Body::new().expression("condition", condition).text("error_message", message);
        body = body.block(&["validation"], rule);
    }
    Body::new().block(&["variable", "services"], body)
}

/// `object({ ... })` as `terraform fmt` lays it out.
fn aligned(fields: &str) -> String {
    let mut text = String::from("object({\n");
    let lines: Vec<&str> = fields.lines().collect();
    let is_plain = |line: &str| line.starts_with("    ") && line.contains(" = ");
    for (index, line) in lines.iter().enumerate() {
        if !is_plain(line) {
            text.extend(["  ", line, "\n"]);
            continue;
        }
        let first = lines[..index].iter().rposition(|line| !is_plain(line)).map_or(0, |at| at + 1);
        let last =
            lines[index..].iter().position(|line| !is_plain(line)).map_or(lines.len(), |at| index + at);
        let width = |line: &str| line.trim_start().split(" = ").next().map_or(0, str::len);
        let most = lines[first..last].iter().map(|line| width(line)).max().unwrap_or_default();
        if let Some((name, value)) = line.split_once(" = ") {
            let name = name.trim_start();
            text.extend(["      ", &format!("{name:most$}"), " = ", value, "\n"]);
        }
    }
    text.push_str("  })");
    text
}

/// What each environment sets: files of values, by the environment's name.
pub(super) fn environments(
    module: &mut Module<'_>,
    settings: &Settings,
    fields: impl Fn(&Instance<'_>) -> Vec<(&'static str, &'static str, String)>,
) -> BTreeMap<String, Body> {
    let input = module.input;
    let mut files = BTreeMap::new();
    for (name, environment) in &input.app.environments {
        if name.as_str() == "local" {
            continue;
        }
        let Some(here) = input.deployment_in(name) else { continue };
        let mut body = Body::new().text("environment", name.as_str());
        if let (Some(domain), true) = (environment.domain.get(), module.has_domain()) {
            body = body.text("domain", domain);
        }
        let mut objects = Body::new();
        for instance in &here.instances {
            let Some(base) = module.deployment.instance(instance.name) else { continue };
            let mut object = Body::new();
            let (usual, own) = (fields(base), fields(instance));
            for ((key, _, value), (_, _, before)) in own.iter().zip(&usual) {
                if value != before {
                    object = object.expression(key, value);
                }
            }
            let mut env = Body::new();
            for (key, setting) in &instance.env {
                if base.env.get(key) == Some(setting) {
                    continue;
                }
                let id = identifier(&format!("{}_{key}", instance.name));
                match literal(setting) {
                    Some(text) if settings.needed.iter().any(|needed| needed.id == id) => {
                        body = body.text(&id, &text);
                    }
                    Some(text) => env = env.text(key, &text),
                    None => module.lose(
                        format!("{}.env.{key}", instance.name),
                        format!("its value in {name} is composed, and a file of values holds no expressions"),
                        "it has the value that the app's model gives it without an environment",
                    ),
                }
            }
            if !env.is_empty() {
                object = object.object("env", env);
            }
            if !object.is_empty() {
                objects = objects.object(&handle(instance.name), object);
            }
        }
        if !objects.is_empty() {
            body = body.object("services", objects);
        }
        files.insert(name.to_string(), body);
    }
    files
}

/// The text of a setting that names nothing.
fn literal(setting: &Setting) -> Option<String> {
    let Setting::Value(template) = setting else { return None };
    match template.parts() {
        [] => Some(String::new()),
        [Part::Literal(text, _)] => Some(text.clone()),
        _ => None,
    }
}

/// A text as an expression.
pub(super) fn text(text: &str) -> String {
    quote(&crate::print::hcl::escape(text))
}

/// The environment of each service as two local objects: values, and references to secrets as `secret` writes them.
pub(super) fn environment(
    module: &Module<'_>,
    settings: &Settings,
    keeps: impl Fn(&str) -> bool,
    secret: impl Fn(&str) -> String,
) -> Body {
    let mut locals = Body::new();
    for instance in &module.deployment.instances {
        let id = handle(instance.name);
        let (mut values, mut secrets) = (Body::new(), Body::new());
        for (key, value) in settings.service(instance.name.as_str()) {
            match value {
                Resolved::Plain(expression) if keeps(key) => {
                    values = values.expression(&quoted(key), expression);
                }
                Resolved::Plain(_) => {}
                Resolved::Secret(id) => secrets = secrets.expression(&quoted(key), &secret(id)),
            }
        }
        locals =
            locals.object(&format!("{id}_environment"), values).object(&format!("{id}_secrets"), secrets);
    }
    if locals.is_empty() { locals } else { Body::new().block(&["locals"], locals) }
}

/// A key of an object: quoted where it is no identifier.
fn quoted(key: &str) -> String {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !key.starts_with(|c: char| c.is_ascii_digit());
    if plain { key.to_owned() } else { text(key) }
}

/// An output.
pub(super) fn output(name: &str, description: &str, value: Value) -> Body {
    Body::new().block(&["output", name], Body::new().text("description", description).value("value", value))
}

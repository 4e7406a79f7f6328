//! The reference of variables.

use std::collections::BTreeSet;

use serde::Serialize;

use super::TARGET;
use crate::text::{cell, code, or_dash, tidy};
use crate::variables::{self, Origin};
use crate::{Comment, Header, Input, Output, TemplateError};

#[derive(Serialize)]
struct Page<'a> {
    app: &'a str,
    services: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
    name: String,
    variables: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    needed: &'static str,
    secret: &'static str,
    value: String,
    what: String,
    read: String,
}

pub(super) fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let known = variables::all(input.app);
    let deployment = input.deployment();
    let mut services = Vec::new();
    for name in input.app.services.keys() {
        let mut rows = Vec::new();
        for variable in &known {
            let Some((_, own)) = variable.readers.iter().find(|(reader, _)| *reader == name) else {
                continue;
            };
            let origin = variables::origin(own);
            let public = variables::is_built_in(input.app, name, own);
            // The line would change with every edit above it; the file is enough to find it.
            let files: BTreeSet<_> = own.used_at.iter().map(|place| place.file.as_str()).collect();
            rows.push(Row {
                name: cell(variable.name),
                needed: if own.required {
                    "yes"
                } else if own.used_at.is_empty() {
                    "not seen in code"
                } else {
                    "no"
                },
                secret: match (variables::is_secret(&deployment, name, variable.name, own), public) {
                    (true, true) => "named like one, but built into what browsers download",
                    (true, false) => "yes",
                    (false, true) => "no: built into what browsers download",
                    (false, false) => "no",
                },
                value: match &origin {
                    Origin::Secret => "handed in".to_owned(),
                    Origin::Composed(template) => format!("set by `sea`: {}", code(template)),
                    Origin::Value(value) => code(value),
                    Origin::Default(default) if default.is_empty() => "empty by default".to_owned(),
                    Origin::Default(default) => format!("{} by default", code(default)),
                    Origin::Unknown => "-".to_owned(),
                },
                what: or_dash(variable.description.map(cell).unwrap_or_default()),
                read: or_dash(files.into_iter().map(code).collect::<Vec<_>>().join(", ")),
            });
        }
        if !rows.is_empty() {
            services.push(Service { name: name.to_string(), variables: rows });
        }
    }
    let text = input.templates.render("docs/environment.md", Page { app: input.name(), services })?;
    output.file(&header, Comment::Html, "docs/environment.md", &tidy(&text));
    Ok(())
}

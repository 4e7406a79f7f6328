//! The reference of requests: what OpenAPI documents say, and for services without one what their code defines.

use seaworthy_model::Kind;
use serde::Serialize;

use super::TARGET;
use super::openapi::{self, Document};
use super::routes::{self, Route};
use crate::text::tidy;
use crate::{Comment, Header, Input, Output, TemplateError};

#[derive(Serialize)]
struct Page<'a> {
    app: &'a str,
    documents: Vec<Document>,
    services: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
    name: String,
    /// `, public at /api`.
    at: String,
    routes: Vec<Route>,
}

/// Makes the page; tells whether there is anything to say.
pub(super) fn make(input: &Input<'_>, output: &mut Output) -> Result<bool, TemplateError> {
    let header = Header { target: TARGET.id, app: input.name() };
    let documents = openapi::documents(input.sources);
    let deployment = input.deployment();
    let mut services = Vec::new();
    let mut folders = Vec::new();
    for instance in deployment.instances.iter().filter(|instance| instance.kind == Kind::Web) {
        let folder = instance.path();
        let within = |path: &str| folder == "." || path.starts_with(&format!("{folder}/"));
        let documented = documents.iter().any(|document| within(&document.path));
        // Two services of one folder have the same code.
        if documented || folders.contains(&folder) {
            continue;
        }
        folders.push(folder);
        let others: Vec<_> = deployment
            .instances
            .iter()
            .map(crate::Instance::path)
            .filter(|path| *path != folder && within(path))
            .collect();
        let routes = routes::of(input.sources, &within, &others);
        if !routes.is_empty() {
            let at = instance.service.route.get().map(|route| format!(", public at `{route}`"));
            services.push(Service { name: instance.name.to_string(), at: at.unwrap_or_default(), routes });
        }
    }
    if documents.is_empty() && services.is_empty() {
        return Ok(false);
    }
    if !services.is_empty() {
        output.lose(
            TARGET.id,
            "http",
            "Routes that code defines are shown with the path of their own file: prefixes of mounted routers, and what \
             they take and answer, are not known.",
            "An openapi.yaml in the service's folder takes their place.",
        );
    }
    let text = input.templates.render("docs/http.md", Page { app: input.name(), documents, services })?;
    output.file(&header, Comment::Html, "docs/http.md", &tidy(&text));
    Ok(true)
}

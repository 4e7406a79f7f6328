//! Templates: for texts that are no data, such as Dockerfiles and prose. They are minijinja, embedded in the binary; a
//! project's own in `.seaworthy/templates` take their place.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates");

/// A template that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the template {name} cannot be used: {why}")]
pub struct TemplateError {
    /// Its path below `templates/`.
    pub name: String,
    /// What is wrong, with the line.
    pub why: String,
}

/// All templates, by their path below `templates/`.
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The templates of the binary, with those of a project (`.seaworthy/templates`, by path below it) over them.
    ///
    /// # Errors
    /// When one of the project's is no template.
    pub fn new(project: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // A name that nothing is known of is a mistake in the template, not an empty text.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // Tags stand on lines of their own and leave none behind.
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        // Only delimiters can be refused, and these are the usual ones.
        environment.set_syntax(syntax.build().unwrap_or_default());
        let own = project.clone();
        environment.set_loader(move |name| {
            let embedded = || TEMPLATES.get_file(name)?.contents_utf8().map(str::to_owned);
            Ok(own.get(name).cloned().or_else(embedded))
        });
        let templates = Self { environment };
        for name in project.keys() {
            templates.environment.get_template(name).map_err(|error| failed(name, &error))?;
        }
        Ok(templates)
    }

    /// There is a template of this name.
    pub fn has(&self, name: &str) -> bool {
        self.environment.get_template(name).is_ok()
    }

    /// The text of a template, with these values in it.
    ///
    /// # Errors
    /// When a project's template asks for what there is not. Those of the binary are held to it by tests.
    pub fn render(&self, name: &str, values: impl Serialize) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name).map_err(|error| failed(name, &error))?;
        template.render(Value::from(Serde(values))).map_err(|error| failed(name, &error))
    }
}

fn failed(name: &str, error: &minijinja::Error) -> TemplateError {
    let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    TemplateError { name: name.to_owned(), why: format!("{error}{line}") }
}

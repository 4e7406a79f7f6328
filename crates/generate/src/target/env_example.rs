//! `.env.example`: every variable that services read, with what is known of it.

use std::fmt::Write as _;

use crate::variables::{self, Known, Origin};
use crate::{Comment, Deployment, Header, Input, Output, Target, TemplateError};

pub(super) const TARGET: Target = Target {
    id: "env-example",
    title: ".env.example: every variable that services read",
    by_default: true,
    make,
};

#[allow(clippy::unnecessary_wraps, reason = "every target may fail")]
fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let variables = variables::all(input.app);
    if variables.is_empty() {
        return Ok(());
    }
    let header = Header { target: TARGET.id, app: input.name() };
    let mut body = String::from(
        "#\n# Copy it to .env and fill in what is empty. Never commit .env. `sea up` sets what is marked so by itself.\n",
    );
    let deployment = input.deployment();
    for variable in &variables {
        body.push('\n');
        body.push_str(&entry(input, &deployment, variable));
    }
    output.file(&header, Comment::Hash, ".env.example", &body);
    Ok(())
}

fn entry(input: &Input<'_>, deployment: &Deployment<'_>, variable: &Known<'_>) -> String {
    let mut text = String::new();
    let mut comment = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# {}", line.split_whitespace().collect::<Vec<_>>().join(" "));
    };
    if let Some(description) = variable.description {
        comment(description);
    }
    let origin = variable.origin();
    let need = match (variable.required(), variable.is_read()) {
        (true, _) => "required; read by",
        (false, true) => "optional; read by",
        (false, false) => "handed to",
    };
    let readers: Vec<_> = variable.readers.iter().map(|(name, _)| name.as_str()).collect();
    let secret = if variable.is_secret(deployment) { "secret; " } else { "" };
    comment(&format!("{secret}{need} {}", readers.join(", ")));
    if variable.readers.iter().any(|(service, it)| variables::is_built_in(input.app, service, it)) {
        comment("built into what browsers download: everybody can read it");
    }
    let line = match &origin {
        Origin::Secret | Origin::Unknown => format!("{}=", variable.name),
        Origin::Composed(template) => {
            comment(&format!("`sea up` sets it to {template}"));
            format!("{}=", variable.name)
        }
        // What the code falls back to needs no line of its own.
        Origin::Default(value) if !variable.required() => {
            comment("default:");
            format!("# {}={}", variable.name, quoted(value))
        }
        Origin::Value(value) | Origin::Default(value) => format!("{}={}", variable.name, quoted(value)),
    };
    text + line.trim_end() + "\n"
}

/// A value as readers of `.env` files agree on it.
fn quoted(value: &str) -> String {
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@,+=?&%*~".contains(c));
    if is_plain {
        return value.to_owned();
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_are_quoted_where_readers_differ() {
        assert_eq!(quoted("http://localhost:4000/a?b=c"), "http://localhost:4000/a?b=c");
        assert_eq!(quoted("a b # c"), "\"a b # c\"");
        assert_eq!(quoted("$HOME \"x\""), "\"\\$HOME \\\"x\\\"\"");
    }
}

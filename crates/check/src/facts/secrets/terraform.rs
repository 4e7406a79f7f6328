//! Secrets in Terraform: defaults of variables, values of resources, committed `.tfvars`.

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::facts::secrets::{evidence, scan};
use crate::file::{Role, SourceFile, extension};

const RULE: &str = "secret-in-terraform";

pub(super) static FACT: FileFact = FileFact {
    rules: &[RULE],
    wants: |file| {
        matches!(extension(file.path), "tf" | "tfvars") && !matches!(file.role, Role::Test | Role::Example)
    },
    check,
};

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    if !context.is_shared(file.path) || file.path.contains("example") {
        return;
    }
    let mut variable = "";
    for (number, line) in (1_u32..).zip(file.text.lines()) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("variable ") {
            variable = rest.trim_start().trim_start_matches('"').split('"').next().unwrap_or_default();
        } else if line.starts_with("resource ") || line.starts_with("module ") || line.starts_with("locals") {
            variable = "";
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = match name.trim().trim_matches('"') {
            "default" => variable,
            name => name,
        };
        let Some(value) = value.trim().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        if evidence::is_secret_value(name, value) && !scan::is_known(value) {
            let says = format!(
                "the value of `{name}` is written here, and everyone with the repository can read it"
            );
            sink.report_in(file, scan::hidden(RULE, file, number, value).says(says));
        }
    }
}

//! What `seaworthy.toml` files, good and bad, lead to: one file of `tests/config` a case.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use seaworthy_model::App;
use seaworthy_model::config::{Config, Diagnostic, Severity, Source, line_column};
use seaworthy_model::validate::{Problem, Site, ValidationContext, validate};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn place(text: &str, offset: usize) -> String {
    let (line, column) = line_column(text, offset);
    format!("{line}:{column}")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn render(text: &str, diagnostic: &Diagnostic) -> String {
    let mut out = format!(
        "{} {}[{}]: {}",
        place(text, diagnostic.span.start),
        severity(diagnostic.severity),
        diagnostic.code,
        diagnostic.message
    );
    let underlined = &text[diagnostic.span.clone()];
    let _ = write!(out, "\n    at `{}` {}", underlined.escape_debug(), diagnostic.label);
    for (span, label) in &diagnostic.secondary {
        let _ = write!(out, "\n    and {} `{}` {label}", place(text, span.start), &text[span.clone()]);
    }
    if let Some(note) = &diagnostic.note {
        let _ = write!(out, "\n    note: {note}");
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(out, "\n    help: {help}");
    }
    out
}

fn render_problem(text: &str, problem: &Problem) -> String {
    let mut out = format!("{}[{}]: {}", severity(problem.severity), problem.code, problem.message);
    for site in &problem.sites {
        let _ = match site {
            Site::Config { span, label } => {
                write!(out, "\n    at {} `{}` {label}", place(text, span.start), &text[span.clone()])
            }
            Site::File { place, label } => write!(out, "\n    at {place} {label}"),
            Site::Elsewhere { rule, label } => write!(out, "\n    by {rule} {label}"),
        };
    }
    if let Some(note) = &problem.note {
        let _ = write!(out, "\n    note: {note}");
    }
    if let Some(help) = &problem.help {
        let _ = write!(out, "\n    help: {help}");
    }
    out
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    for file in cases() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let (config, diagnostics) = Config::parse(&text);
        let mut app = App::default();
        config.apply(&mut app, &Source::file("seaworthy.toml", &text));
        let problems = validate(&app, &ValidationContext::new("seaworthy.toml", &text));
        let told: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| render(&text, diagnostic))
            .chain(problems.iter().map(|problem| render_problem(&text, problem)))
            .map(|told| told.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
            .collect();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, told.join("\n\n"));
        });
    }
}

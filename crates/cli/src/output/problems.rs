//! Errors and warnings of `seaworthy.toml` and the command line, with their excerpts, as rustc shows its own.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use seaworthy_detect::{CONFIG_FILE, Loaded};
use seaworthy_model::config::{Diagnostic, Severity};
use seaworthy_model::validate::{Problem, Site};

use super::style;
use crate::exit;

/// Prints all that is wrong, and returns the exit code that it means.
pub(crate) fn problems(loaded: &Loaded) -> u8 {
    for diagnostic in &loaded.diagnostics {
        print(diagnostic, CONFIG_FILE, &loaded.config_text);
    }
    for (setting, diagnostic) in &loaded.override_diagnostics {
        print(diagnostic, "--set", setting);
    }
    for problem in &loaded.problems {
        print_problem(problem);
    }
    if let Some(name) = &loaded.unknown_environment {
        let known: Vec<&str> = loaded.app.environments.keys().map(seaworthy_model::Name::as_str).collect();
        let known =
            if known.is_empty() { "none is".to_owned() } else { format!("there is {}", known.join(", ")) };
        anstream::eprintln!(
            "{}: no environment `{name}` is declared; {known}\n  {}: [environments.{name}] in {CONFIG_FILE}",
            style::paint(style::ERROR, "error[unknown-environment]"),
            style::paint(style::HINT, "next"),
        );
    }
    if loaded.has_errors() { exit::WRONG } else { exit::DONE }
}

fn print(diagnostic: &Diagnostic, file: &str, text: &str) {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut snippet = Snippet::source(text).path(file).fold(true);
    snippet = snippet.annotation(
        AnnotationKind::Primary.span(within(&diagnostic.span, text)).label(diagnostic.label.as_str()),
    );
    for (span, label) in &diagnostic.secondary {
        snippet = snippet.annotation(AnnotationKind::Context.span(within(span, text)).label(label.as_str()));
    }
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code))
        .element(snippet);
    if let Some(note) = &diagnostic.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    anstream::eprintln!("{}\n", Renderer::styled().render(&[group]));
}

/// Spans lie within the text they were made for; the excerpt must not fail even if one did not.
fn within(span: &std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let end = span.end.min(text.len());
    span.start.min(end)..end
}

fn print_problem(problem: &Problem) {
    let heading = format!("error[{}]", problem.code);
    anstream::eprintln!("{}: {}", style::paint(style::ERROR, &heading), problem.message);
    for site in &problem.sites {
        match site {
            Site::File { place, label } => anstream::eprintln!("  {place}: {label}"),
            Site::Elsewhere { rule, label } => anstream::eprintln!("  {rule}: {label}"),
            Site::Config { label, .. } => anstream::eprintln!("  {CONFIG_FILE}: {label}"),
        }
    }
    for (word, text) in [("note", &problem.note), ("help", &problem.help)] {
        if let Some(text) = text {
            anstream::eprintln!("  {}: {text}", style::paint(style::HINT, word));
        }
    }
    anstream::eprintln!();
}

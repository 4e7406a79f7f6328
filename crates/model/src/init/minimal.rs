//! The smallest `seaworthy.toml` that says what could not be detected.

use super::values::text;
use super::writer::{Writer, reason};
use crate::config::words::word;
use crate::{App, Confidence, Evidence, Kind, PortSetting, Service, Variable};

/// The smallest `seaworthy.toml` for a detected app: its name, what is missing or only guessed, and what the
/// repository contradicts itself about. What is known stays out, so that it follows the repository.
pub fn minimal(app: &App) -> String {
    let mut writer = Writer::default();
    writer.comment(
        "What runs and what it needs is detected; what is said here wins. `sea plan` prints the whole.",
    );
    let asks = app.services.values().any(asks_something) || !app.warnings.is_empty();
    writer.comment(if asks {
        "Below is what the repository does not say for sure: correct the lines that matter, delete the rest."
    } else {
        "Everything was found in the repository: there is nothing else to say."
    });
    let name = app.name.get().map_or("app", |name| name.as_str());
    writer.line("name", &text(&name), "");
    for warning in &app.warnings {
        let places: Vec<_> = warning.places.iter().map(ToString::to_string).collect();
        let places = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
        writer.comment(&format!("{}: {}{places}", warning.code, warning.message));
    }
    for (name, service) in app.services.iter().filter(|(_, service)| asks_something(service)) {
        writer.table(&["services", name.as_str()]);
        writer.begin();
        for line in lines(service) {
            writer.comment(&line);
        }
        let open: Vec<_> = open_variables(service).collect();
        if open.is_empty() {
            continue;
        }
        writer.table(&["services", name.as_str(), "env"]);
        for (name, variable) in open {
            let reader = variable.used_at.first().or(variable.declared_at.first());
            let reader = reader.map_or_else(|| "required".to_owned(), |place| format!("required at {place}"));
            if variable.secret {
                writer.line(name, &text(&format!("${{secrets.{name}}}")), &reader);
            } else {
                // An empty value in force would only hide that there is none.
                writer.comment(&format!("{name} = \"\"  # {reader}"));
            }
        }
    }
    writer.finish()
}

fn asks_something(service: &Service) -> bool {
    !lines(service).is_empty() || open_variables(service).next().is_some()
}

/// Variables that the code needs and nothing sets.
fn open_variables(service: &Service) -> impl Iterator<Item = (&String, &Variable)> {
    service.env.iter().filter(|(name, variable)| {
        let handed_out = matches!(service.port_setting.get(), Some(PortSetting::Env(port)) if port == *name);
        variable.required && variable.value.is_empty() && variable.default.is_empty() && !handed_out
    })
}

/// What is missing or guessed, as lines to be taken out of their comment.
fn lines(service: &Service) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = service.kind.get().copied();
    let runs = !matches!(kind, Some(Kind::Static)) && service.static_dir.is_empty();
    guess(&mut lines, "path", service.path.winner(), text);
    guess(&mut lines, "kind", service.kind.winner(), |kind| text(&word(*kind)));
    guess(&mut lines, "runtime", service.runtime.winner(), text);
    guess(&mut lines, "install", service.install.winner(), text);
    guess(&mut lines, "build", service.build.winner(), text);
    guess(&mut lines, "dev", service.dev.winner(), text);
    guess(&mut lines, "start", service.start.winner(), text);
    if runs && service.start.is_empty() && service.dev.is_empty() {
        lines.push("start = \"...\"  # not found: the command that runs it".to_owned());
    }
    guess(&mut lines, "port", service.port.winner(), ToString::to_string);
    if runs && kind == Some(Kind::Web) && service.port.is_empty() {
        lines.push("port = 3000  # not found: the port it listens on".to_owned());
    }
    guess(&mut lines, "static", service.static_dir.winner(), text);
    guess(&mut lines, "route", service.route.winner(), text);
    lines
}

fn guess<T>(
    lines: &mut Vec<String>,
    key: &str,
    winner: Option<&Evidence<T>>,
    written: impl FnOnce(&T) -> String,
) {
    if let Some(winner) = winner
        && winner.origin.confidence == Confidence::Low
    {
        lines.push(format!("{key} = {}  # a guess: {}", written(&winner.value), reason(&winner.origin)));
    }
}

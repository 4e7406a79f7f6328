//! How many processes a container starts, and whether anything bounds them.

use super::commands::{Started, all};
use crate::context::{Context, Sink};
use crate::facts::infrastructure::{compose::is_compose, dockerfile::is_dockerfile};
use crate::facts::{Fact, FileFact};
use crate::file::{Role, SourceFile, name};
use crate::finding::Draft;

/// Commands of containers.
pub(super) static FACT: Fact = Fact {
    rules: &[
        "celery-default-concurrency",
        "workers-by-cores",
        "concurrency-without-memory-limit",
        "concurrency-times-replicas",
    ],
    whole: true,
    check,
};

/// Files that configure a process manager.
pub(super) static CONFIG: FileFact = FileFact {
    rules: &["workers-by-cores"],
    wants: |file| {
        let is_gunicorn = file.path.ends_with(".py") && name(file.path).contains("gunicorn");
        let is_pm2 = name(file.path).starts_with("ecosystem.config.");
        (is_gunicorn || is_pm2) && file.role == Role::App
    },
    check: configured,
};

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    for started in all(context) {
        let say = |rule: &'static str, message: String| {
            sink.report(Draft::line(rule, &*started.file, started.line).says(message));
        };
        let Some(count) = count(&started) else { continue };
        match count {
            Count::Celery => say(
                "celery-default-concurrency",
                "Celery starts a process for each core of the host".to_owned(),
            ),
            Count::Cores => {
                say("workers-by-cores", "a process is started for each core of the host".to_owned());
            }
            Count::Fixed(number) if number > 1 => {
                if started.has_limit == Some(false) {
                    let message = format!("{number} processes share a container that has no memory limit");
                    say("concurrency-without-memory-limit", message);
                }
                if started.replicas > 1 {
                    let message = format!("{} copies of {number} processes each", started.replicas);
                    say("concurrency-times-replicas", message);
                }
            }
            Count::Fixed(_) => {}
        }
    }
}

/// How many processes a command starts.
enum Count {
    /// As many as Celery likes.
    Celery,
    /// As many as there are cores.
    Cores,
    Fixed(i64),
}

fn count(started: &Started) -> Option<Count> {
    let by_words = |value: &str| {
        if value.contains("nproc")
            || value.contains("cpu_count")
            || matches!(value, "max" | "0" | "-1" | "auto")
        {
            return Some(Count::Cores);
        }
        value.parse().ok().map(Count::Fixed)
    };
    if started.runs("celery") && started.words.iter().any(|word| word == "worker") {
        let pool = started.option(&["-P", "--pool"]).unwrap_or("prefork");
        let given = started.option(&["-c", "--concurrency"]);
        let scales = started.words.iter().any(|word| word.starts_with("--autoscale"));
        return match given {
            Some(value) if pool == "prefork" || pool == "processes" => by_words(value),
            None if pool == "prefork" && !scales => Some(Count::Celery),
            _ => None,
        };
    }
    if started.runs("gunicorn")
        || started.runs("uvicorn")
        || started.runs("hypercorn")
        || started.runs("granian")
    {
        // `$((2 * $(nproc) + 1))` has been taken apart at its brackets: the option has lost its value.
        if started.words.iter().any(|word| word.contains("nproc")) {
            return Some(Count::Cores);
        }
        return by_words(started.option(&["--workers", "-w"])?);
    }
    if started.runs("pm2-runtime") || started.runs("pm2") {
        return by_words(started.option(&["-i", "--instances"])?);
    }
    None
}

fn configured(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let in_container =
        context.repository.paths().iter().any(|path| is_dockerfile(name(path)) || is_compose(name(path)));
    if !in_container {
        return;
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        let code = text.split(['#']).next().unwrap_or_default().trim();
        let key = code.split(['=', ':']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        let value = code.split_once(['=', ':']).map_or("", |(_, value)| value).trim();
        let is_cores = match key {
            "workers" => {
                value.contains("cpu_count()") && !value.starts_with("min(") && !value.contains("environ")
            }
            "instances" => ["'max'", "\"max\"", "0,", "-1,"].iter().any(|text| value.starts_with(text)),
            _ => false,
        };
        if is_cores && !code.starts_with("//") {
            sink.report_in(file, Draft::line("workers-by-cores", file.path, line));
        }
    }
}

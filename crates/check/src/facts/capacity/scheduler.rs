//! Schedules that live in a process of which there are several.

use super::commands::all;
use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;

/// Code that keeps its own schedule.
pub(super) static FACT: FileFact = FileFact {
    rules: &["scheduler-in-every-copy"],
    wants: |file| {
        file.role == Role::App
            && STARTS.iter().any(|(ending, text)| file.path.ends_with(ending) && file.has(text))
    },
    check,
};

/// What starts a schedule, by the ending of the file.
const STARTS: [(&str, &str); 10] = [
    (".py", "BackgroundScheduler("),
    (".py", "AsyncIOScheduler("),
    (".py", "BlockingScheduler("),
    (".js", "cron.schedule("),
    (".ts", "cron.schedule("),
    (".js", "new CronJob("),
    (".ts", "new CronJob("),
    (".js", "CronJob.from("),
    (".ts", "CronJob.from("),
    (".ts", "@Cron("),
];

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    // A lock, or a switch for one copy, says that somebody thought of it.
    let is_guarded = [
        "redlock",
        "Redlock",
        "advisory_lock",
        "RUN_SCHEDULER",
        "ENABLE_CRON",
        "isLeader",
        "is_leader",
        "NODE_APP_INSTANCE",
    ]
    .iter()
    .any(|mark| file.has(mark));
    if is_guarded {
        return;
    }
    let is_python = file.path.ends_with(".py");
    let several = all(context).into_iter().find_map(|started| {
        let is_its_language = if is_python {
            ["gunicorn", "uvicorn", "hypercorn", "python", "python3"]
                .iter()
                .any(|program| started.runs(program))
        } else {
            ["node", "npm", "pm2", "pm2-runtime", "yarn", "pnpm"].iter().any(|program| started.runs(program))
        };
        let names = ["--workers", "-w", "-i", "--instances"];
        let workers = started.option(&names).map_or(1, |value| match value {
            // As many as there are cores.
            "max" | "0" | "-1" => 2,
            value => value.parse().unwrap_or(1),
        });
        let copies = started.replicas.saturating_mul(workers);
        (is_its_language && copies > 1).then_some((started.file, started.line))
    });
    let in_model = context.app.services.values().find_map(|service| {
        let folder = service.path();
        let is_here = folder == "." || file.path.starts_with(&format!("{folder}/"));
        service
            .replicas
            .get()
            .filter(|replicas| is_here && **replicas > 1)
            .map(|replicas| i64::from(*replicas))
    });
    let message = match (several, in_model) {
        (Some((path, line)), _) => {
            format!("{path}:{line} starts several copies, and each keeps this schedule")
        }
        (None, Some(copies)) => format!("there are {copies} copies, and each keeps this schedule"),
        (None, None) => return,
    };
    for (line, text) in (1..).zip(file.text.lines()) {
        let code = text.trim_start();
        let is_code =
            !code.starts_with(['#', '*']) && !code.starts_with("//") && !code.starts_with("import ");
        if is_code && STARTS.iter().any(|(ending, start)| file.path.ends_with(ending) && code.contains(start))
        {
            sink.report_in(file, Draft::line("scheduler-in-every-copy", file.path, line).says(message));
            return;
        }
    }
}

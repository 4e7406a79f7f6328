//! Tasks of the workspace, run as `cargo xtask TASK`. One file a task; the standard library only, so that the
//! first task of a fresh clone starts within seconds.

mod bench;
mod compose;
mod dashboard;
mod docs;
mod engine;
mod figures;
mod fuzz;
mod licences;
mod lint;
mod machine;
mod needs;
mod process;
mod test;
mod validators;

use std::process::ExitCode;

/// A task: its name, what it does, and how.
type Task = (&'static str, &'static str, fn() -> process::Outcome);

const TASKS: [Task; 9] = [
    ("lint", "formatting and clippy, warnings are errors", lint::run),
    (
        "test",
        "install what the tests need, build, every test, the dashboard in a browser, licences",
        test::run,
    ),
    ("docs", "write what is generated in docs/", docs::run),
    ("dashboard", "build the dashboard with npm into crates/server/assets", dashboard::run),
    ("licences", "licences, bans and sources of the dependencies, by deny.toml", licences::run),
    (
        "validators",
        "install the tools that judge derived files in the tests, and make the machine that they boot",
        validators::run,
    ),
    ("fuzz", "build every fuzz target with nightly and run it for 20 seconds", fuzz::run),
    ("bench", "compare sea plan with listing the files", bench::run),
    ("figures", "size of the release binary and time of a cold build", figures::run),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next();
    let task = TASKS.iter().find(|(name, ..)| Some(*name) == wanted.as_deref());
    let (Some((name, _, run)), None) = (task, arguments.next()) else {
        eprintln!("cargo xtask TASK, where TASK is one of");
        for (name, about, _) in TASKS {
            eprintln!("  {name:<12}{about}");
        }
        return ExitCode::from(2);
    };
    match run() {
        Ok(summary) => {
            println!("xtask {name}: ok: {summary}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            println!("xtask {name}: FAILED: {why}");
            ExitCode::FAILURE
        }
    }
}

//! `sea`: arguments in; text, JSON and an exit code out. Everything it knows is in the crates below it.

mod args;
mod commands;
mod exit;
mod output;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not mistakes.
            let code = if error.use_stderr() { exit::WRONG } else { exit::DONE };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outcome = match &cli.command {
        Command::Plan(args) => commands::plan::run(&cli.global, args),
        Command::Init(args) => commands::init::run(&cli.global, args),
        Command::Schema(args) => commands::schema::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Completions(args) => commands::completions::run(args),
        Command::Man(args) => commands::man::run(args),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // A closed pipe (`sea plan | head`) is how the reader says that it has enough.
            if is_broken_pipe(&error) {
                return ExitCode::from(exit::DONE);
            }
            output::failure(&error);
            ExitCode::from(exit::of(&error))
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    // serde_json keeps the error of the writer inside its own.
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind)
            .or_else(|| cause.downcast_ref::<serde_json::Error>()?.io_error_kind())
    };
    error.chain().filter_map(kind).any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}

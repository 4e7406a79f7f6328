//! `sea`: arguments in; text, JSON and an exit code out. Everything it knows is in the crates below it.

mod args;
mod commands;
mod exit;
mod output;

use std::process::ExitCode;

use clap::Parser;
use seaworthy_engine::Order;

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    if let Some(code) = hidden() {
        return code;
    }
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
        Command::Up(args) => commands::up::run(&cli.global, args),
        Command::Status(args) => commands::status::run(&cli.global, args),
        Command::Logs(args) => commands::logs::run(&cli.global, args),
        Command::Start(args) => commands::order::run(&cli.global, args, Order::Start),
        Command::Stop(args) => commands::order::run(&cli.global, args, Order::Stop),
        Command::Restart(args) => commands::order::run(&cli.global, args, Order::Restart),
        Command::Exec(args) => commands::exec::run(&cli.global, args),
        Command::Wait(args) => commands::wait::run(&cli.global, args),
        Command::Open(args) => commands::open::run(&cli.global, args),
        Command::Down(args) => commands::down::run(&cli.global, args),
        Command::Check(args) => commands::check::run(&cli.global, args),
        Command::Advisories(args) => commands::advisories::run(&cli.global, args),
        Command::Drift(args) => commands::drift::run(&cli.global, args),
        Command::Generate(args) => commands::generate::run(&cli.global, args),
        Command::History(args) => commands::history::run(&cli.global, args),
        Command::Show(args) => commands::show::run(&cli.global, args),
        Command::Audit(args) => commands::audit::run(&cli.global, args),
        Command::Dora(args) => commands::dora::run(&cli.global, args),
        Command::Ci(args) => commands::ci::run(&cli.global, args),
        Command::Ship(args) => commands::ship::run(&cli.global, args),
        Command::Rollback(args) => commands::ship::rollback(&cli.global, args),
        Command::Serve(args) => commands::serve::run(&cli.global, args),
        Command::Scale(args) => commands::ship::scale(&cli.global, args),
        Command::Maintenance(args) => commands::ship::maintenance(&cli.global, args),
        Command::Secrets(args) => commands::secrets::run(&cli.global, args),
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

/// The processes around an app are this binary too. They start in no time, so they are looked for before anything else.
fn hidden() -> Option<ExitCode> {
    let first = std::env::args_os().nth(1)?;
    match first.to_str()? {
        seaworthy_supervise::shim::ARGUMENT => Some(seaworthy_supervise::shim::main()),
        seaworthy_supervise::sweep::ARGUMENT => Some(seaworthy_supervise::sweep::main()),
        seaworthy_engine::host::PROXY_ARGUMENT => Some(match seaworthy_engine::host::proxy_main() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }),
        _ => None,
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

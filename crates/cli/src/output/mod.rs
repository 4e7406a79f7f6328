//! What people read. Colours vanish by themselves where the output is no terminal (`anstream`).

pub(crate) mod derived;
pub(crate) mod diff;
pub(crate) mod differences;
pub(crate) mod event;
pub(crate) mod explanation;
pub(crate) mod findings;
pub(crate) mod host;
pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod moment;
mod problems;
pub(crate) mod release;
mod sentence;
pub(crate) mod steps;
pub(crate) mod style;
pub(crate) mod summary;
pub(crate) mod transfer;

use seaworthy_engine::host::Error as EngineError;
use seaworthy_ledger::LedgerError;
use seaworthy_remote::Error as RemoteError;

use crate::exit::{Mistake, Outside};

pub(crate) use problems::problems;

/// An error of the engine with what to type next.
pub(crate) fn advise(error: &EngineError) -> anyhow::Error {
    let help = match error {
        EngineError::AlreadyRunning { .. } => Some("sea status, or sea down to end it".to_owned()),
        EngineError::Empty(_) => Some("sea init, then write down what runs".to_owned()),
        EngineError::Provision(error) => error.help(),
        EngineError::UnknownService { .. } => Some("sea plan".to_owned()),
        EngineError::State { .. } | EngineError::Proxy(_) | EngineError::System { .. } => None,
    };
    let is_mistake = matches!(error, EngineError::Empty(_) | EngineError::UnknownService { .. });
    let message = error.to_string();
    if is_mistake { Mistake { message, help }.into() } else { Outside { message, help }.into() }
}

/// Prints why a command failed, and what to type next.
pub(crate) fn failure(error: &anyhow::Error) {
    let remote = error.downcast_ref::<RemoteError>();
    let code = error.downcast_ref::<LedgerError>().map(LedgerError::code).or(remote.map(RemoteError::code));
    let code = code.map(|code| format!("[{code}]"));
    let heading = format!("error{}", code.unwrap_or_default());
    anstream::eprintln!("{}: {error}", style::paint(style::ERROR, &heading));
    for cause in error.chain().skip(1) {
        anstream::eprintln!("  because: {cause}");
    }
    let mistake = error.downcast_ref::<Mistake>().and_then(|mistake| mistake.help.as_deref());
    let outside = error.downcast_ref::<Outside>().and_then(|outside| outside.help.as_deref());
    let remote = remote.and_then(RemoteError::help);
    if let Some(help) = mistake.or(outside).or(remote.as_deref()) {
        anstream::eprintln!("  {}next{}: {help}", style::HINT.render(), style::HINT.render_reset());
    }
}

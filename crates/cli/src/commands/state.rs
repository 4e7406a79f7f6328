//! Where this machine keeps what it ships, and the ledger in there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seaworthy_ledger::clock::SystemClock;
use seaworthy_ledger::mask::Mask;
use seaworthy_ledger::{Actor, Ledger, Options};

use crate::args::StateArgs;
use crate::exit::Outside;

/// The folder: the one that is named, else `$SEA_STATE`, else that of the system for root and the user's own for others.
pub(crate) fn folder(args: &StateArgs) -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let found = args.state.clone().or_else(|| variable("SEA_STATE")).or_else(|| {
        if rustix::process::geteuid().is_root() {
            return Some(PathBuf::from("/var/lib/seaworthy"));
        }
        // The XDG specification has relative paths ignored.
        let own = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
        own.or_else(|| variable("HOME").map(|home| home.join(".local/state")))
            .map(|state| state.join("seaworthy"))
    });
    found.ok_or_else(|| {
        Outside {
            message: "neither $SEA_STATE nor $HOME says where the ledger is".to_owned(),
            help: Some("--state DIR".to_owned()),
        }
        .into()
    })
}

/// The file of the ledger.
pub(crate) fn ledger_file(state: &Path) -> PathBuf {
    state.join("ledger").join("ledger.db")
}

/// The ledger, to be read; none when nothing was ever shipped here.
pub(crate) fn ledger(args: &StateArgs) -> anyhow::Result<Option<Ledger>> {
    Ok(Ledger::open_read_only(ledger_file(&folder(args)?), options())?)
}

/// What a person at this machine opens the ledger with. Nothing that such a command writes holds a secret.
pub(crate) fn options() -> Options {
    let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Options {
        clock: Arc::new(SystemClock),
        mask: Mask::nothing(),
        actor: Actor::Person { user: user.unwrap_or_else(|| "unknown".to_owned()), host },
    }
}

/// Says that there is nothing to show, to a person.
pub(crate) fn nothing_yet() {
    anstream::eprintln!("nothing was shipped from or to this machine yet; `sea ship` does");
}

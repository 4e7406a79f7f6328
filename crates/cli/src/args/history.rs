//! What the commands take that read the ledger.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where the ledger is.
#[derive(Args, Clone, Debug)]
pub(crate) struct StateArgs {
    /// Where the host keeps what is shipped to it; `$SEA_STATE`, /var/lib/seaworthy or ~/.local/state/seaworthy when left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

/// Which events: what `history` and `audit` both take.
#[derive(Args, Clone, Debug)]
pub(crate) struct FilterArgs {
    /// Of one app.
    #[arg(long, value_name = "NAME")]
    pub(crate) app: Option<String>,

    /// Of this time or later: a date, a time, or how long ago (2h, 30d).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

/// Show what was shipped from this machine, and what happened since.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea history                       the newest events of all apps of this machine
  sea history --app shop --env production --since 7d
  sea history --kind promotion --kind rollback
  sea history --release r42 --all   with every step of the journal
  sea history --follow              and what happens from now on
  sea history --json                for programs (sea.history/1)
  sea history --verify              proves that nothing was changed
  sea history --repair              what a repair of a damaged ledger would do; --yes does it

--verify exits with 1 when the ledger is damaged.")]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,

    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    /// Of this kind, such as promotion; can be given more than once.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,

    /// Of one release.
    #[arg(long, value_name = "RELEASE")]
    pub(crate) release: Option<String>,

    /// With the transitions of the journal, which are left out otherwise.
    #[arg(long)]
    pub(crate) all: bool,

    /// How many events.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,

    /// Only events before the one with this number: the next page.
    #[arg(long, value_name = "SEQ", conflicts_with = "follow")]
    pub(crate) before: Option<u64>,

    /// Go on with what happens, oldest first.
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// Print events as JSON (sea.history/1; with --follow one event a line).
    #[arg(long)]
    pub(crate) json: bool,

    /// Check every event, and that none is missing.
    #[arg(long, conflicts_with_all = ["repair", "follow", "json"])]
    pub(crate) verify: bool,

    /// With --verify: the number and hash of an event that were noted elsewhere, such as 812:e3b0...
    #[arg(long, value_name = "SEQ:HASH", requires = "verify")]
    pub(crate) noted: Option<String>,

    /// Show what a repair would keep and lose.
    #[arg(long, conflicts_with_all = ["follow", "json"])]
    pub(crate) repair: bool,

    /// Repair.
    #[arg(short, long, requires = "repair")]
    pub(crate) yes: bool,
}

/// Show a release: what it is, what it changes, its gates, and where it stands.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea show r42
  sea show 7f3a                     the beginning of its id is enough when it is the only one
  sea show production               what serves there
  sea show production --app shop
  sea show r42 --json               for programs (sea.show/1)")]
pub(crate) struct ShowArgs {
    /// The release, the beginning of its id, or an environment.
    pub(crate) release: String,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Of this app, where several have such a release.
    #[arg(long, value_name = "NAME")]
    pub(crate) app: Option<String>,

    /// Print everything as JSON (sea.show/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show who changed what users meet, when, and through which gates.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea audit --since 2026-01-01 --env production
  sea audit --since 2026-01-01 --until 2026-04-01 --csv > quarter.csv
  sea audit --app shop --json       for programs (sea.audit/1)

Promotions, rollbacks, aborts, flags and configuration, oldest first. `sea history --verify` proves that the trail is whole.")]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,

    #[command(flatten)]
    pub(crate) filter: FilterArgs,

    /// Print the trail as CSV (RFC 4180).
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,

    /// Print the trail as JSON (sea.audit/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where deployments are known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoraSource {
    /// The ledger of this machine.
    Ledger,
    /// The version tags of the repository.
    Tags,
}

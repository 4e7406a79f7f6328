//! What the commands take that ship and serve.

use std::path::PathBuf;

use clap::Args;

use super::StateArgs;

/// Serve what is shipped to this machine: keep it running, release it, take it back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea serve                         on loopback, in the foreground; Ctrl-C leaves the apps running
  sea serve --public --http 80 --https 443 --acme-agree
                                    for everyone, with certificates by Let's Encrypt
  sea serve --stop                  stops all that runs here, and the server
  sea serve --install               writes the unit for systemd

What runs goes on when this process ends, however it ends; the next `sea serve` takes it over.")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// The port for HTTP; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 8080, overrides_with = "http")]
    pub(crate) http: u16,

    /// The port of the dashboard, on loopback; `$SEA_DASHBOARD` or 8090 when left out, 0 takes any that is free.
    #[arg(long, value_name = "PORT")]
    pub(crate) dashboard: Option<u16>,

    /// Let other machines connect, not only this one.
    #[arg(long)]
    pub(crate) public: bool,

    /// Stop everything that runs here, and the server.
    #[arg(long, conflicts_with_all = ["public", "install"])]
    pub(crate) stop: bool,

    /// Start a server in the background unless one serves, and print how it is reached as JSON (sea.serve/1).
    #[arg(long, conflicts_with_all = ["public", "install", "stop"])]
    pub(crate) ensure: bool,

    /// Write a unit for systemd, which starts the server with the machine.
    #[arg(long)]
    pub(crate) install: bool,

    #[command(flatten)]
    pub(crate) https: HttpsArgs,
}

/// How a host speaks HTTPS.
#[derive(Args, Debug)]
#[command(next_help_heading = "HTTPS")]
pub(crate) struct HttpsArgs {
    /// The port for HTTPS, 443 as a rule; without it the host speaks plain HTTP.
    #[arg(long, value_name = "PORT")]
    pub(crate) https: Option<u16>,

    /// The port by which others reach it, where something before this machine changes it.
    #[arg(long, value_name = "PORT", requires = "https")]
    pub(crate) https_public_port: Option<u16>,

    /// You agree to the terms of the authority that issues certificates.
    #[arg(long, requires = "https")]
    pub(crate) acme_agree: bool,

    /// Whom the authority may write to.
    #[arg(long, value_name = "ADDRESS", requires = "https")]
    pub(crate) acme_email: Vec<String>,

    /// The authority's directory; Let's Encrypt's when absent.
    #[arg(long, value_name = "URL", requires = "https")]
    pub(crate) acme_directory: Option<String>,

    /// The roots by which the authority is known, PEM; Mozilla's when absent.
    #[arg(long, value_name = "FILE", requires = "https")]
    pub(crate) acme_roots: Option<PathBuf>,

    /// A certificate of your own for a host, `*.shop.com` for all below it: PEM files of chain and key.
    #[arg(long, value_name = "HOST=CHAIN,KEY", requires = "https")]
    pub(crate) certificate: Vec<String>,
}

/// Ship a commit: test, build, release and watch it, and take it back when it is worse.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea ship                          the current commit to the first environment
  sea ship --env production         what passed the environment before, to production
  sea ship v1.4.2                   another commit
  sea ship --plan                   what would run, and why
  sea ship --retry                  a release that was taken back, once more
  sea ship --promote                all traffic to the release under way, now
  sea ship --abort                  take the release under way back

Ctrl-C takes the release back as long as it is not promoted; after that it only stops watching.")]
pub(crate) struct ShipArgs {
    /// The commit, as git calls it.
    #[arg(value_name = "COMMIT", default_value = "HEAD")]
    pub(crate) commit: String,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Ship the files as they are, committed or not; the release is marked so.
    #[arg(long, conflicts_with = "commit")]
    pub(crate) dirty: bool,

    /// Show what would run, and why.
    #[arg(long)]
    pub(crate) plan: bool,

    /// Show what the result of a step depends on.
    #[arg(long, value_name = "STEP", conflicts_with = "plan")]
    pub(crate) explain: Option<String>,

    /// Try a release again that was taken back.
    #[arg(long)]
    pub(crate) retry: bool,

    /// Its migrations are such that the running release cannot live with them: back up, hold requests, migrate, switch.
    #[arg(long)]
    pub(crate) breaking: bool,

    /// How it takes over, instead of what seaworthy.toml says.
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) strategy: Option<StrategyName>,

    /// Return when the release is on its way.
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Stay at the present share of the traffic.
    #[arg(long, group = "order")]
    pub(crate) pause: bool,

    /// Go on after a pause.
    #[arg(long, group = "order")]
    pub(crate) resume: bool,

    /// All traffic to the release under way, now.
    #[arg(long, group = "order")]
    pub(crate) promote: bool,

    /// Take the release under way back.
    #[arg(long, group = "order")]
    pub(crate) abort: bool,

    /// Print the outcome as JSON (sea.ship/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a release takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StrategyName {
    /// A growing share of the traffic, judged at every step.
    Canary,
    /// All traffic at once, the release before kept warm.
    BlueGreen,
    /// Instance by instance.
    Rolling,
}

/// Go back to the release before, or to another that is kept.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea rollback                      to the release before
  sea rollback 3f9a2c1b7d04         to this one
  sea rollback --env staging

While the release before is kept warm (10 minutes, unless seaworthy.toml says otherwise) this takes less than a second;
later it is started again from its artifact and passes the same gates. Migrations stay: where the
release does not know a breaking one that ran since, the rollback is refused.")]
pub(crate) struct RollbackArgs {
    /// The release to go back to; the one before when left out.
    pub(crate) release: Option<String>,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Print the outcome as JSON (sea.ship/1).
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show visitors a page that says that the app is being worked on.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea maintenance on
  sea maintenance off --env staging")]
pub(crate) struct MaintenanceArgs {
    /// On or off.
    #[arg(value_enum)]
    pub(crate) switch: Switch,

    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Switch {
    /// Visitors get the page.
    On,
    /// Visitors get the app.
    Off,
}

/// Run more or fewer instances of a service.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  sea scale api=3                   three instances, without a request lost
  sea scale api                     as many as seaworthy.toml says again")]
pub(crate) struct ScaleArgs {
    /// The service, and how many instances of it.
    #[arg(value_name = "SERVICE[=COUNT]")]
    pub(crate) service: String,

    #[command(flatten)]
    pub(crate) state: StateArgs,
}

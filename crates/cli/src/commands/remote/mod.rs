//! The machine behind `host = "ssh://..."`: this `sea` over there, and what it is asked.

mod deliver;
mod pass;

use seaworthy_engine::serve::HostRecord;
use seaworthy_remote::{Address, Error, Program, Session, Ssh};
use seaworthy_server::ServerError;
use seaworthy_server::host::HostClient;

use crate::args::StateArgs;
use crate::commands::connect::block_on;
use crate::exit::Outside;
use crate::output::style::{self, paint};
use crate::output::transfer::Transfer;

pub(crate) use deliver::deliver;
pub(crate) use pass::{exec, pass};

/// The user's own ssh, with arguments that stand first.
const SSH: &str = "SEA_SSH";

/// A connection to a host that has this `sea`.
pub(crate) struct Remote {
    session: Session,
    /// Where it is over there.
    program: String,
    /// The state folder, where one was named.
    state: Option<String>,
}

impl Remote {
    /// Connects; copies this `sea` there where it is not.
    pub(crate) fn open(address: &Address, args: &StateArgs) -> anyhow::Result<Self> {
        let ssh = Ssh::from_text(std::env::var(SSH).ok().as_deref())?;
        let own = std::env::current_exe()?;
        let program = Program::open(&own, "sea", env!("CARGO_PKG_VERSION"))?;
        let state = args.state.as_ref().map(|state| state.to_string_lossy().into_owned());
        let session = Session::open(ssh, address, state.as_deref(), &program)?;
        if let Some(ahead) = session.skew() {
            let way = if ahead > 0 { "ahead of" } else { "behind" };
            anstream::eprintln!(
                "{}: the clock of {address} is {} s {way} this one; times of what happens there are its own\n  {}: ssh {} timedatectl set-ntp true",
                paint(style::WARNING, "warning"),
                ahead.abs(),
                paint(style::HINT, "next"),
                address.typed()
            );
        }
        session.check()?;
        if !session.facts().has_program {
            if session.facts().part > 0 {
                anstream::eprintln!("{} MiB are there already", session.facts().part >> 20);
            }
            let mut transfer = Transfer::begin(format!("copying sea to {address}"), program.size());
            program.copy(&session, &mut |bytes| transfer.at(bytes))?;
        }
        Ok(Self { program: program.on(&session), session, state })
    }

    /// The host's server, started where none serves, at a socket of this machine.
    pub(crate) fn serve(&self) -> anyhow::Result<HostClient> {
        let mut words = vec![self.program.as_str(), "serve", "--ensure"];
        words.extend(self.state_words());
        let said = self.session.output("starting the server there", &words)?;
        let record: HostRecord = serde_json::from_slice(&said)?;
        let client = HostClient::new(self.session.forward(&record.socket.to_string_lossy())?);
        let view = block_on(async { Ok(client.view().await) })?;
        match view {
            Ok(view) if view.version != env!("CARGO_PKG_VERSION") => {
                anstream::eprintln!(
                    "{}: {} serves with sea {}, and this is {}; what it does not know it refuses",
                    paint(style::WARNING, "warning"),
                    self.session.address(),
                    view.version,
                    env!("CARGO_PKG_VERSION")
                );
            }
            Ok(_) => {}
            Err(_) => {
                let message = format!(
                    "{} does not forward its sockets: {}",
                    self.session.address(),
                    self.session.said()
                );
                let help =
                    "AllowStreamLocalForwarding yes (or local) in /etc/ssh/sshd_config over there".to_owned();
                return Err(Outside { message, help: Some(help) }.into());
            }
        }
        Ok(client)
    }

    /// What went wrong while the host was asked: where its answer broke off, the connection did.
    pub(crate) fn explain(&self, error: anyhow::Error, what: &'static str) -> anyhow::Error {
        match error.downcast_ref::<ServerError>() {
            Some(ServerError::NotRunning(_) | ServerError::Connect { .. } | ServerError::Broken(_)) => {
                Error::Broken { address: self.session.address().clone(), what, said: self.session.said() }
                    .into()
            }
            _ => error,
        }
    }

    fn state_words(&self) -> impl Iterator<Item = &str> {
        self.state.iter().flat_map(|state| ["--state", state.as_str()])
    }
}

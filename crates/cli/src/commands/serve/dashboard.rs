//! Where the dashboard of a host is.

use std::net::{Ipv4Addr, TcpListener};

use crate::args::ServeArgs;
use crate::exit::{Mistake, Outside};
use crate::output::style::{self, paint};

/// The port when nobody says which.
const PORT: u16 = 8090;
/// Says which, where the arguments do not.
const VARIABLE: &str = "SEA_DASHBOARD";

/// The port that is wanted.
pub(super) fn port(args: &ServeArgs) -> anyhow::Result<u16> {
    let said = std::env::var(VARIABLE).ok().filter(|said| !said.is_empty());
    match (args.dashboard, said) {
        (Some(port), _) => Ok(port),
        (None, Some(said)) => said.parse().map_err(|_| {
            let message = format!("${VARIABLE} is `{said}`, which is no port");
            Mistake { message, help: Some(format!("{VARIABLE}={PORT} sea serve")) }.into()
        }),
        (None, None) => Ok(PORT),
    }
}

/// Listens there; somewhere else when that cannot be had, since a dashboard must not keep apps from being served.
pub(super) fn listener(port: u16) -> anyhow::Result<TcpListener> {
    let taken = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => return Ok(listener),
        Err(error) => error,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| Outside {
        message: format!("there is no port for the dashboard: {error}"),
        help: None,
    })?;
    anstream::eprintln!(
        "{}: the dashboard cannot have port {port} ({taken}); it takes one that is free",
        paint(style::WARNING, "warning")
    );
    Ok(listener)
}

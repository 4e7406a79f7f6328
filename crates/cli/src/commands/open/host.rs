//! `sea open --host`: the dashboard of a host, signed in.
//!
//! A browser is signed in by a ticket, which works once and for minutes. It is behind the `#` of the address, which browsers send
//! to nobody. A browser that is started here is given a file that leads there, since everyone sees the arguments of processes.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use seaworthy_server::host::HostClient;

use crate::args::{Global, OpenArgs};
use crate::commands::connect::block_on;
use crate::commands::{browser, remote, serve, state};
use crate::exit;

pub(super) fn run(global: &Global, args: &OpenArgs) -> anyhow::Result<u8> {
    if let Some(code) = remote::pass(global, &args.state)? {
        return Ok(code);
    }
    let (folder, record) = serve::serving(&args.state, "sea serve, or sea ship, which starts it")?;
    let client = HostClient::new(record.socket);
    let who = state::options().actor.to_string();
    let url = block_on(async { Ok(client.ticket(&who).await?) })?.url;
    if global.here.is_some() {
        // Asked from another machine, whose browser reaches this one through a tunnel alone.
        let port = record.dashboard;
        anstream::eprintln!(
            "it is on loopback over there; a tunnel brings it here: ssh -N -L {port}:localhost:{port} and the host"
        );
    } else if !args.print && browser::open(leading_to(&url, &folder)?) {
        println!("http://localhost:{}/", record.dashboard);
        return Ok(exit::DONE);
    }
    println!("{url}");
    Ok(exit::DONE)
}

/// A page for this user alone that leads to an address.
fn leading_to(url: &str, folder: &Path) -> anyhow::Result<std::path::PathBuf> {
    let path = folder.join("run/open.html");
    let _ = std::fs::remove_file(&path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    // Tickets are letters, digits, `-` and `_`: nothing in the address has to be escaped.
    write!(
        file,
        "<!doctype html><meta charset=utf-8><title>sea</title><meta http-equiv=refresh content=\"0;url={url}\"><a href=\"{url}\">The dashboard</a>"
    )?;
    Ok(path)
}

//! The proxy alone, for the tests of this crate and `bench/proxy`.
//!
//! - `seaworthy-proxy __proxy`: the proxy process, on the control socket that is its standard input.
//! - `seaworthy-proxy PORT TABLE.json [FOLDER [SECONDS]]`: a control process that serves a table, told what to do line by
//!   line on its standard input: `pid`, `replace`, `stats`, `leave`; the end of its input ends it. With a folder, its
//!   proxy outlives it (for so many seconds at most), and one that waits there is adopted with the port that it has.

use std::ffi::OsString;
use std::time::Duration;

use seaworthy_proxy::control::{Listener, Proxy, ProxyOptions, Scope, Survivor};
use seaworthy_proxy::wire::{DrainPlan, Linger, OnControlLoss, Settings};
use seaworthy_proxy::{dataplane, table::RoutingTable};
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["__proxy"] => Ok(dataplane::run_from_stdin()?),
        [port, table, ref linger @ ..] if linger.len() <= 2 => {
            let table = serde_json::from_slice(&std::fs::read(table)?)?;
            let at_most = linger.get(1).map(|seconds| seconds.parse()).transpose()?.map(Duration::from_secs);
            let linger = linger.first().map(|folder| Linger { folder: folder.into(), at_most });
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(serve(port.parse()?, table, linger))
        }
        _ => {
            Err("usage: seaworthy-proxy __proxy | seaworthy-proxy PORT TABLE.json [FOLDER [SECONDS]]".into())
        }
    }
}

async fn start(port: u16, table: RoutingTable, linger: Option<Linger>) -> Result<(u16, Proxy), Failure> {
    let mut options = ProxyOptions {
        program: std::env::current_exe()?,
        arguments: vec![OsString::from("__proxy")],
        settings: Settings::default(),
    };
    if let Some(linger) = linger {
        let survivor = Survivor::find(&linger.folder).await?;
        options.settings.on_control_loss = OnControlLoss::Serve(linger);
        if let Some(survivor) = survivor {
            let port = survivor.listeners().first().map_or(0, Listener::port);
            return Ok((port, Proxy::adopt(options, survivor, table).await?));
        }
    }
    let listener = Listener::bind("main", port, Scope::Loopback)?;
    let port = listener.port();
    Ok((port, Proxy::start(options, vec![listener], table).await?))
}

async fn serve(port: u16, table: RoutingTable, linger: Option<Linger>) -> Result<(), Failure> {
    let (port, proxy) = start(port, table, linger).await?;
    println!("port {port}");
    // A thread of its own, which ends with the process: reading standard input cannot be called off.
    let (sender, mut lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        let lines = std::io::stdin().lines().map_while(Result::ok);
        for line in lines {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = lines.recv().await {
        match line.as_str() {
            "pid" => {
                let mut state = proxy.state();
                let pid = state.wait_for(|state| state.pid.is_some()).await?.pid.unwrap_or_default();
                println!("{pid}");
            }
            "replace" => {
                let plan = DrainPlan { announce: Duration::from_millis(500), finish: Duration::from_secs(5) };
                let report = proxy.replace(plan).await?;
                println!("{} {}", report.pid, report.cut);
            }
            "stats" => println!("{}", serde_json::to_string(&proxy.stats().await?)?),
            "leave" => {
                proxy.leave().await;
                println!("left");
                return Ok(());
            }
            _ => println!("?"),
        }
    }
    proxy.stop().await;
    Ok(())
}

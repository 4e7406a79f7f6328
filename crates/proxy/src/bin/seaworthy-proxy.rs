//! The proxy alone, for the tests of this crate and `bench/proxy`.
//!
//! - `seaworthy-proxy __proxy`: the proxy process, on the control socket that is its standard input.
//! - `seaworthy-proxy PORT TABLE.json`: a control process that serves a table, told what to do line by line on its
//!   standard input: `pid`, `replace`, `stats`; the end of its input ends it.

use std::ffi::OsString;
use std::time::Duration;

use seaworthy_proxy::control::{Listener, Proxy, ProxyOptions, Scope};
use seaworthy_proxy::wire::{DrainPlan, Settings};
use seaworthy_proxy::{dataplane, table::RoutingTable};
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["__proxy"] => Ok(dataplane::run_from_stdin()?),
        [port, table] => {
            let table = serde_json::from_slice(&std::fs::read(table)?)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(serve(port.parse()?, table))
        }
        _ => Err("usage: seaworthy-proxy __proxy | seaworthy-proxy PORT TABLE.json".into()),
    }
}

async fn serve(port: u16, table: RoutingTable) -> Result<(), Failure> {
    let listener = Listener::bind("main", port, Scope::Loopback)?;
    println!("port {}", listener.port());
    let options = ProxyOptions {
        program: std::env::current_exe()?,
        arguments: vec![OsString::from("__proxy")],
        settings: Settings::default(),
    };
    let proxy = Proxy::start(options, vec![listener], table).await?;
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
            _ => println!("?"),
        }
    }
    proxy.stop().await;
    Ok(())
}

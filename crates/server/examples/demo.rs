//! An app that does not exist, for looking at the dashboard and for its browser tests.
//!
//! `cargo run -p seaworthy-server --example demo -- [--port 7700] [--lines 100000] [--rate 40000] [--still]`;
//! `--rate` is in lines a second, `--still` writes none and changes nothing by itself.

mod demo_app;

use std::sync::Arc;

use demo_app::Demo;
use seaworthy_server::{Listeners, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<usize>().ok()
    };
    let tcp = std::net::TcpListener::bind(("127.0.0.1", u16::try_from(value("--port").unwrap_or(0))?))?;
    let port = tcp.local_addr()?.port();
    let folder = tempfile::tempdir()?;
    let demo = Arc::new(Demo::new(value("--lines").unwrap_or(100_000), port));
    let server = Server::bind(demo.clone(), Listeners { tcp, socket: folder.path().join("run/api.sock") })?;
    println!("http://localhost:{port}/");
    let rate = value("--rate").unwrap_or(12);
    let still = arguments.iter().any(|argument| argument == "--still");
    let life = async { if still { std::future::pending::<()>().await } else { demo.live(rate).await } };
    let stop = async {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = demo.ended() => {}
            () = life => {}
        }
    };
    server.run(stop).await;
    Ok(())
}

//! Prints what is heard of a folder: `cargo run -p seaworthy-watch --example print -- FOLDER`

use seaworthy_watch::{Config, Event, Watcher};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), seaworthy_watch::Error> {
    let root = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let (_watcher, mut events) = Watcher::start(&Config::new(root))?;
    while let Some(event) = events.next().await {
        match event {
            Event::Ready { folders, took } => println!("{folders} folders are watched after {took:?}"),
            Event::Limited(limit) => println!("{limit}"),
            Event::RootGone => println!("the folder is gone"),
            Event::Batch(batch) => {
                println!("{:?} after the first event:", batch.first_event.elapsed());
                if batch.overflow {
                    println!("  anything may have changed");
                }
                for change in &batch.changes {
                    println!("  {} {}", change.kind, change.path.display());
                }
            }
        }
    }
    Ok(())
}

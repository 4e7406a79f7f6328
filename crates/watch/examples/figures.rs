//! Figures of the watcher, printed: latency from write to batch, start on a large tree, memory.
//!
//! `cargo run --profile profiling -p seaworthy-watch --example figures`

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use seaworthy_watch::{Config, Event, Receiver, Watcher};

const SAVES: u32 = 500;
const FOLDERS: usize = 10_000;
/// Of the folders, those in `node_modules`.
const IGNORED: usize = 8000;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    let small = folder.path().join("small");
    fs::create_dir(&small)?;
    fs::write(small.join("app.py"), "before")?;
    latency("write in place", &small, |path, content| fs::write(path, content)).await?;
    latency("rename over", &small, |path, content| {
        let temporary = path.with_extension("tmp");
        fs::write(&temporary, content)?;
        fs::rename(temporary, path)
    })
    .await?;

    let large = folder.path().join("large");
    for number in 0..FOLDERS {
        let top = if number < IGNORED { "node_modules" } else { "src" };
        let path = large.join(format!("{top}/{}/{number}", number % 100));
        fs::create_dir_all(&path)?;
        for file in ["index.js", "package.json", "README.md"] {
            fs::write(path.join(file), "content")?;
        }
    }
    start("10,000 folders, 8,000 in node_modules", &large).await?;
    fs::rename(large.join("node_modules"), large.join("modules"))?;
    start("10,000 folders, none ignored", &large).await
}

async fn latency(name: &str, root: &Path, save: impl Fn(&Path, String) -> std::io::Result<()>) -> Outcome {
    let (_watcher, mut events) = Watcher::start(&Config::new(root))?;
    ready(&mut events).await;
    let path = root.join("app.py");
    let (sender, mut received) = tokio::sync::mpsc::channel(1);
    let consumer = tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if matches!(event, Event::Batch(_)) && sender.send(Instant::now()).await.is_err() {
                return;
            }
        }
    });
    let mut times = Vec::new();
    for number in 0..SAVES {
        // Longer than a burst: each save is the first after a silence.
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The batch may be there before the save's last system call returns: the save counts as well.
        let began = Instant::now();
        save(&path, format!("{name} {number}"))?;
        let received = received.recv().await.ok_or("the consumer is gone")?;
        times.push(received.saturating_duration_since(began));
    }
    drop(received);
    consumer.abort();
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100];
    println!(
        "{name}: {SAVES} saves, from before the save to the batch: median {:?}, p99 {:?}, most {:?}",
        at(50),
        at(99),
        times[times.len() - 1]
    );
    Ok(())
}

async fn start(name: &str, root: &Path) -> Outcome {
    let before = memory();
    let called = Instant::now();
    let (_watcher, mut events) = Watcher::start(&Config::new(root))?;
    let returned = called.elapsed();
    let (folders, took) = ready(&mut events).await;
    println!(
        "{name}: start returns after {returned:?}, {folders} watched after {took:?}, {} KiB",
        memory() - before
    );
    Ok(())
}

async fn ready(events: &mut Receiver) -> (usize, Duration) {
    loop {
        if let Some(Event::Ready { folders, took }) = events.next().await {
            return (folders, took);
        }
    }
}

/// The private memory of this process in KiB; zero where the system does not say.
fn memory() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

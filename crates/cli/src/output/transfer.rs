//! How far something is on its way to another machine: a bar at a terminal, lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Something on its way.
pub(crate) struct Transfer {
    what: String,
    total: u64,
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Transfer {
    /// `what` is about to be sent: so many bytes.
    pub(crate) fn begin(what: String, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            if let Ok(style) =
                ProgressStyle::with_template("{msg}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left")
            {
                bar.set_style(style);
            }
            bar.set_message(what.clone());
            bar
        });
        if bar.is_none() {
            anstream::eprintln!("{what}: {}", size(total));
        }
        Self { what, total, bar, told: Instant::now() }
    }

    /// So many bytes of it are there.
    pub(crate) fn at(&mut self, bytes: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(bytes),
            None if self.told.elapsed() >= EVERY => {
                self.told = Instant::now();
                anstream::eprintln!("{}: {} of {}", self.what, size(bytes), size(self.total));
            }
            None => {}
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

//! What happens, line by line: for pipes, files and CI.

use std::io::Write;
use std::sync::Arc;

use seaworthy_engine::Control;

use crate::output::live::Feed;

/// Prints until it is aborted.
pub(super) async fn show(control: Arc<dyn Control>, json: bool) {
    let mut feed = Feed::new(control);
    loop {
        let items = feed.next().await;
        let mut text = String::new();
        for item in &items {
            let line = if json { item.json() } else { item.line(feed.width()) };
            if let Some(line) = line {
                text.push_str(&line);
                text.push('\n');
            }
        }
        // A reader that is gone does not end the app.
        let _ = anstream::stdout().lock().write_all(text.as_bytes());
    }
}

//! `sea logs`.

use std::io::{IsTerminal, Write};

use jiff::{Span, SpanRelativeTo, Timestamp};
use seaworthy_engine::view::LineView;
use seaworthy_server::client::Client;
use seaworthy_server::{LogParams, LogView};
use seaworthy_supervise::log::{Level, ansi};

use crate::args::{Global, LogsArgs};
use crate::commands::connect::{block_on, connect};
use crate::exit::{self, Mistake};
use crate::output::live::log_line;

/// Lines that are shown unless more are asked for.
const LINES: usize = 200;

pub(crate) fn run(global: &Global, args: &LogsArgs) -> anyhow::Result<u8> {
    let params = params(args)?;
    let running = connect(global)?;
    block_on(show(&running.client, args, params))?;
    Ok(exit::DONE)
}

fn params(args: &LogsArgs) -> anyhow::Result<LogParams> {
    let since = args.since.as_deref().map(since).transpose()?;
    let level = args.level.as_deref().map(|word| {
        Level::parse(word).ok_or_else(|| Mistake {
            message: format!("`{word}` is no level"),
            help: Some("--level debug, info, warn or error".to_owned()),
        })
    });
    Ok(LogParams {
        member: args.service.clone(),
        since,
        until: None,
        level: level.transpose()?,
        grep: args.grep.clone(),
        limit: Some(args.lines.unwrap_or(LINES)),
        after: None,
    })
}

/// A time, or how long ago: `10m`, `2h 30m`, `2026-11-21T12:00:00Z`.
fn since(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let ago = text.parse::<Span>().ok().and_then(|span| {
        let ago = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        Timestamp::now().checked_sub(ago).ok()
    });
    ago.ok_or_else(|| {
        Mistake {
            message: format!("`{text}` is neither a time nor how long ago"),
            help: Some("--since 10m, or --since 2026-11-21T12:00:00Z".to_owned()),
        }
        .into()
    })
}

async fn show(client: &Client, args: &LogsArgs, params: LogParams) -> anyhow::Result<()> {
    let mut page = client.logs(&params).await?;
    let width = page.lines.iter().map(|line| line.member.len()).max().unwrap_or(0);
    print(&page, args.json, width)?;
    if !args.follow {
        return Ok(());
    }
    let mut follow =
        client.follow(&LogParams { after: Some(std::mem::take(&mut page.cursor)), ..params }).await?;
    while let Some(page) = follow.next().await? {
        print(&page, args.json, width)?;
    }
    Ok(())
}

fn print(page: &LogView, json: bool, width: usize) -> std::io::Result<()> {
    let is_terminal = std::io::stdout().is_terminal();
    let mut text = String::new();
    for line in &page.lines {
        if json {
            // A line has only texts.
            text.push_str(&serde_json::to_string(line).unwrap_or_default());
        } else if is_terminal {
            text.push_str(&log_line(line, width));
        } else {
            let plain = LineView { text: ansi::strip(&line.text).into_owned(), ..line.clone() };
            text.push_str(&log_line(&plain, width));
        }
        text.push('\n');
    }
    if page.skipped > 0 && !json {
        anstream::eprintln!(
            "{} KiB of log were passed over; the files are in .seaworthy/logs",
            page.skipped >> 10
        );
    }
    anstream::stdout().lock().write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(since("2026-11-21T12:00:00Z").unwrap().to_string(), "2026-11-21T12:00:00Z");
        let ago = Timestamp::now().duration_since(since("10m").unwrap());
        // The clock is read twice.
        assert!((599..660).contains(&ago.as_secs()), "{ago:?}");
        assert!(since("yesterday-ish").is_err());
    }
}

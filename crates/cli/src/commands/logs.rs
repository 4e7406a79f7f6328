//! `sea logs`.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use seaworthy_engine::serve::logs;
use seaworthy_engine::view::LineView;
use seaworthy_server::client::Client;
use seaworthy_server::{LogParams, LogView};
use seaworthy_supervise::log::{Level, ansi};

use crate::args::{Global, LogsArgs};
use crate::commands::connect::{block_on, connect};
use crate::commands::{remote, state, target, time};
use crate::exit::{self, Mistake};
use crate::output::live::log_line;

/// Lines that are shown unless more are asked for.
const LINES: usize = 200;
/// How often `--follow` looks for more on a host.
const LOOK: Duration = Duration::from_millis(250);

pub(crate) fn run(global: &Global, args: &LogsArgs) -> anyhow::Result<u8> {
    let params = params(args)?;
    if target::is_named(global) {
        return match remote::pass(global, &args.state)? {
            Some(code) => Ok(code),
            None => on_host(global, args, params),
        };
    }
    let running = connect(global)?;
    block_on(show(&running.client, args, params))?;
    Ok(exit::DONE)
}

/// Of an environment that this machine serves.
fn on_host(global: &Global, args: &LogsArgs, params: LogParams) -> anyhow::Result<u8> {
    let target = target::target(global)?;
    let state = state::folder(&args.state)?;
    let mut query = params.query()?;
    let mut width = 0;
    loop {
        let page = LogView::from(logs::read(&state, &target.app, &target.environment, &query)?);
        width = page.lines.iter().map(|line| line.member.len()).max().unwrap_or(0).max(width);
        print(&page, args.json, width)?;
        if !args.follow {
            return Ok(exit::DONE);
        }
        query.after = Some(page.cursor);
        query.limit = 0;
        std::thread::sleep(LOOK);
    }
}

fn params(args: &LogsArgs) -> anyhow::Result<LogParams> {
    let since = args.since.as_deref().map(|text| time::read("--since", text)).transpose()?;
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

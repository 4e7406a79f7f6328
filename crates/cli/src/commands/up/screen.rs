//! The face on a terminal: the log goes by, and below it stands how every member is.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use seaworthy_engine::Control;
use seaworthy_engine::view::{AppState, AppView, MemberView, StepState};

use crate::output::live::{Feed, duration, style_of};
use crate::output::style::{self, paint};

/// Members that are shown below the log; more would leave no room for it.
const MOST_MEMBERS: usize = 12;

/// Shows an app until it is aborted.
pub(super) async fn show(control: Arc<dyn Control>) {
    let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stdout_with_hz(10));
    let mut rows: Vec<ProgressBar> = Vec::new();
    let mut feed = Feed::new(control);
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            items = feed.next() => {
                let width = feed.width();
                let lines: Vec<String> = items.iter().filter_map(|item| item.line(width)).collect();
                if !lines.is_empty() {
                    // A terminal that is gone does not end the app.
                    let _ = screen.println(lines.join("\n"));
                }
            }
            _ = tick.tick() => {}
        }
        let texts = block(&feed.app(), feed.width());
        while rows.len() < texts.len() {
            let row = screen.add(ProgressBar::no_length());
            // The template is a constant and has no placeholder but the message.
            if let Ok(plain) = ProgressStyle::with_template("{wide_msg}") {
                row.set_style(plain);
            }
            rows.push(row);
        }
        while rows.len() > texts.len() {
            if let Some(row) = rows.pop() {
                row.finish_and_clear();
                screen.remove(&row);
            }
        }
        for (row, text) in rows.iter().zip(texts) {
            row.set_message(text);
            row.tick();
        }
    }
}

/// The lines below the log.
fn block(app: &AppView, width: usize) -> Vec<String> {
    let state = match app.state {
        AppState::Starting => paint(style::WARNING, "starting"),
        AppState::Ready => paint(style::GOOD, "ready"),
        AppState::Degraded => paint(style::ERROR, "degraded"),
        AppState::Stopping => paint(style::DIM, "stopping"),
    };
    let mut head = format!("{} {state}", paint(style::NAME, &app.name));
    if let Some(url) = &app.url {
        head.push_str("  ");
        head.push_str(url);
    }
    if let Some(url) = &app.dashboard_url {
        head.push_str(&paint(style::DIM, "  dashboard "));
        head.push_str(url);
    }
    let mut lines = vec![paint(style::DIM, "─".repeat(40).as_str()), head];
    for step in app.steps.iter().filter(|step| step.state == StepState::Running) {
        let took = duration(step.took_ms.unwrap_or_default());
        lines.push(format!(
            "  … {} {} {}",
            step.title,
            paint(style::DIM, &took),
            paint(style::DIM, &step.detail)
        ));
    }
    lines.extend(
        app.members
            .iter()
            .filter(|member| member.role != seaworthy_engine::view::Role::Job)
            .take(MOST_MEMBERS)
            .map(|member| row(member, width)),
    );
    lines
}

fn row(member: &MemberView, width: usize) -> String {
    let mark = match member.phase.as_str() {
        "ready" | "completed" => paint(style::GOOD, "●"),
        "failed" | "crash-loop" => paint(style::ERROR, "●"),
        "waiting" | "starting" | "restarting" | "unready" => paint(style::WARNING, "●"),
        _ => paint(style::DIM, "●"),
    };
    let name = paint(style_of(&member.name), &format!("{:width$}", member.name));
    let figures = member.usage.map(|usage| format!("{:.0} % {} MiB", usage.cpu * 100.0, usage.memory >> 20));
    let what = match member.phase.as_str() {
        "ready" => member.urls.last().cloned().unwrap_or_default(),
        _ => member.detail.clone(),
    };
    format!("  {mark} {name} {:10} {what}  {}", member.phase, paint(style::DIM, &figures.unwrap_or_default()))
}

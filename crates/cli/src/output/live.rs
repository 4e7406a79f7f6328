//! What happens to an app that runs, as items in the order in which they happen, and how each reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use seaworthy_engine::view::{
    AppState, AppView, LineView, MemberView, ProblemView, Role, StepState, StepView,
};
use seaworthy_engine::{Control, LogQuery};
use tokio::sync::watch;

use super::style::{self, paint};

/// Colours that tell members apart; red and yellow are left to what went wrong.
const COLOURS: [AnsiColor; 8] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

/// The longest name that the others are padded to.
const WIDEST: usize = 20;

/// Something that happened.
pub(crate) enum Item {
    /// A step began or ended.
    Step(StepView),
    /// A member is in another phase.
    Member(Box<MemberView>),
    /// Something to act on.
    Problem(ProblemView),
    /// A line of the log.
    Line(LineView),
    /// The app as a whole is in another state.
    State(Box<AppView>),
    /// Log that was passed over because more was written than can be shown.
    Skipped(u64),
}

/// Follows an app.
pub(crate) struct Feed {
    control: Arc<dyn Control>,
    changes: watch::Receiver<u64>,
    wrote: watch::Receiver<u64>,
    cursor: Option<String>,
    members: BTreeMap<String, String>,
    steps: BTreeMap<String, StepState>,
    problems: Vec<ProblemView>,
    state: Option<AppState>,
    has_begun: bool,
}

impl Feed {
    /// From now on.
    pub(crate) fn new(control: Arc<dyn Control>) -> Self {
        let (changes, wrote) = (control.changes(), control.wrote());
        let cursor = control.log(&LogQuery { limit: 1, ..LogQuery::default() }).ok().map(|page| page.cursor);
        Self {
            control,
            changes,
            wrote,
            cursor,
            members: BTreeMap::new(),
            steps: BTreeMap::new(),
            problems: Vec::new(),
            state: None,
            has_begun: false,
        }
    }

    /// The app as it is now.
    pub(crate) fn app(&self) -> AppView {
        self.control.app()
    }

    /// How wide the names of members are.
    pub(crate) fn width(&self) -> usize {
        self.members.keys().map(String::len).max().unwrap_or(0).min(WIDEST)
    }

    /// What happened since the last call; waits until something did.
    pub(crate) async fn next(&mut self) -> Vec<Item> {
        loop {
            if std::mem::replace(&mut self.has_begun, true) {
                tokio::select! {
                    _ = self.changes.changed() => {}
                    _ = self.wrote.changed() => {}
                }
            }
            self.changes.mark_unchanged();
            self.wrote.mark_unchanged();
            let mut items = self.difference();
            items.extend(self.lines().await);
            if !items.is_empty() {
                return items;
            }
        }
    }

    fn difference(&mut self) -> Vec<Item> {
        let app = self.control.app();
        let mut items = Vec::new();
        for step in &app.steps {
            let before = self.steps.insert(step.id.clone(), step.state);
            if before != Some(step.state) && step.state != StepState::Waiting {
                items.push(Item::Step(step.clone()));
            }
        }
        for member in &app.members {
            let now = match member.phase.as_str() {
                // The reason is part of what happened.
                "failed" | "crash-loop" | "restarting" | "unready" => {
                    format!("{}: {}", member.phase, member.detail)
                }
                phase => phase.to_owned(),
            };
            if self.members.insert(member.name.clone(), now.clone()).as_ref() != Some(&now) {
                items.push(Item::Member(Box::new(member.clone())));
            }
        }
        for problem in &app.problems {
            if !self.problems.contains(problem) {
                items.push(Item::Problem(problem.clone()));
            }
        }
        self.problems.clone_from(&app.problems);
        if self.state.replace(app.state) != Some(app.state) {
            items.push(Item::State(Box::new(app)));
        }
        items
    }

    async fn lines(&mut self) -> Vec<Item> {
        let (control, after) = (Arc::clone(&self.control), self.cursor.clone());
        let read = move || control.log(&LogQuery { after, ..LogQuery::default() });
        let Ok(Ok(page)) = tokio::task::spawn_blocking(read).await else { return Vec::new() };
        self.cursor = Some(page.cursor);
        let skipped = (page.skipped > 0).then_some(Item::Skipped(page.skipped));
        // What `sea` says of a member is shown as what happens to it, and set-up tasks as steps.
        let is_shown = |line: &LineView| line.stream != "sea" && !line.member.contains('/');
        skipped.into_iter().chain(page.lines.into_iter().filter(is_shown).map(Item::Line)).collect()
    }
}

impl Item {
    /// One line for a terminal or a file; `width` is that of names. Empty for what is not worth a line.
    pub(crate) fn line(&self, width: usize) -> Option<String> {
        match self {
            Self::Step(step) => step_line(step),
            Self::Member(member) => member_line(member, width),
            Self::Problem(problem) => {
                let next =
                    problem.next.as_ref().map(|next| format!("\n  {} {next}", paint(style::HINT, "next")));
                let code = paint(style::DIM, &format!("[{}]", problem.code));
                let mark = paint(style::WARNING, "!");
                Some(format!("{mark} {} {code}{}", problem.message, next.unwrap_or_default()))
            }
            Self::Line(line) => Some(log_line(line, width)),
            Self::State(app) => state_line(app),
            Self::Skipped(bytes) => {
                let text = format!("{} KiB of log are not shown here; `sea logs` has them", bytes >> 10);
                Some(paint(style::DIM, &text))
            }
        }
    }

    /// The same for programs: one JSON object.
    pub(crate) fn json(&self) -> Option<String> {
        let (event, data) = match self {
            Self::Step(step) => ("step", serde_json::to_value(step)),
            Self::Member(member) => ("member", serde_json::to_value(member)),
            Self::Problem(problem) => ("problem", serde_json::to_value(problem)),
            Self::Line(line) => ("line", serde_json::to_value(line)),
            Self::State(app) => ("app", serde_json::to_value(app)),
            Self::Skipped(bytes) => ("skipped", Ok((*bytes).into())),
        };
        Some(serde_json::json!({ "event": event, "data": data.ok()? }).to_string())
    }
}

/// The style of a member's name, the same wherever it is shown.
pub(crate) fn style_of(name: &str) -> Style {
    let sum = name.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    COLOURS[sum % COLOURS.len()].on_default()
}

/// A line of the log behind the name of who wrote it.
pub(crate) fn log_line(line: &LineView, width: usize) -> String {
    let name = paint(style_of(&line.member), &format!("{:width$}", line.member));
    // Colours of the program end with its line.
    let reset = if line.text.contains('\x1b') { "\x1b[0m" } else { "" };
    format!("{name} {} {}{reset}", paint(style::DIM, "|"), line.text)
}

fn step_line(step: &StepView) -> Option<String> {
    let took = step.took_ms.map(|took| format!("  {}", duration(took))).unwrap_or_default();
    let reason = if step.reason.is_empty() { String::new() } else { format!("  {}", step.reason) };
    Some(match step.state {
        StepState::Running => {
            format!("{} {}{}", paint(style::DIM, "…"), step.title, paint(style::DIM, &reason))
        }
        StepState::Done => format!("{} {}{}", paint(style::GOOD, "✓"), step.title, paint(style::DIM, &took)),
        StepState::Failed => {
            let mut text = format!("{} {}{took}: {}", paint(style::ERROR, "✗"), step.title, step.detail);
            for line in &step.output {
                text.push_str("\n    ");
                text.push_str(line);
            }
            text
        }
        StepState::Skipped | StepState::Waiting => return None,
    })
}

pub(crate) fn member_line(member: &MemberView, width: usize) -> Option<String> {
    let name = paint(style_of(&member.name), &format!("{:width$}", member.name));
    let (mark, text) = match member.phase.as_str() {
        "ready" => {
            let after =
                member.ready_after_ms.map(|after| format!(" after {}", duration(after))).unwrap_or_default();
            let url = member.urls.first().map(|url| format!("  {url}")).unwrap_or_default();
            (paint(style::GOOD, "●"), format!("ready{after}{url}"))
        }
        "failed" | "crash-loop" => (paint(style::ERROR, "●"), format!("{}: {}", member.phase, member.detail)),
        "restarting" | "unready" => {
            (paint(style::WARNING, "●"), format!("{}: {}", member.phase, member.detail))
        }
        "completed" if member.role == Role::Job => return None,
        "stopped" | "completed" => (paint(style::DIM, "●"), member.phase.clone()),
        // On the way to something that will be shown.
        _ => return None,
    };
    Some(format!("{name} {mark} {text}"))
}

fn state_line(app: &AppView) -> Option<String> {
    let text = match app.state {
        AppState::Ready => {
            let at = app.url.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
            let dashboard =
                app.dashboard_url.as_ref().map(|url| format!(", dashboard at {url}")).unwrap_or_default();
            format!("{} is ready{at}{dashboard}", app.name)
        }
        AppState::Stopping => format!("{} is being stopped", app.name),
        AppState::Starting | AppState::Degraded => return None,
    };
    Some(paint(style::NAME, &text))
}

/// Milliseconds as a person reads them.
pub(crate) fn duration(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}

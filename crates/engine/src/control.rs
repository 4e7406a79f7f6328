//! What can be asked of an app that runs. The API, the dashboard, the terminal and coding agents all ask here.

use jiff::Timestamp;
use regex::bytes::Regex;
use seaworthy_supervise::log::Level;
use thiserror::Error;
use tokio::sync::watch;

use crate::view::{AppView, LineView, MailView, MetricsView, SaveView, VariableView};

/// An app that runs.
///
/// Every method returns at once, except those that read the log: they read files and belong on a thread that may wait.
pub trait Control: Send + Sync {
    /// All that is known now.
    fn app(&self) -> AppView;

    /// Changes whenever [`Control::app`] would answer something else.
    fn changes(&self) -> watch::Receiver<u64>;

    /// Gives an order to a member.
    fn order(&self, member: &str, order: Order) -> Result<(), ControlError>;

    /// Ends the run: everything is stopped, and `sea up` with it.
    fn shut_down(&self);

    /// Lines of the log, oldest first: the last ones that match, or those after a cursor. Reads files.
    fn log(&self, query: &LogQuery) -> Result<LogPage, ControlError>;

    /// Changes whenever any member wrote.
    fn wrote(&self) -> watch::Receiver<u64>;

    /// The environment that a member was given. Values of secrets are there only when `reveal` is set, which is for the
    /// owner of the run alone.
    fn environment(&self, member: &str, reveal: bool) -> Result<Vec<VariableView>, ControlError>;

    /// The folder that a member runs in; commands for it run there too.
    fn folder(&self, member: &str) -> Result<String, ControlError>;

    /// Figures of the last `seconds`.
    fn metrics(&self, seconds: u32) -> MetricsView;

    /// The latest saves, newest first, a thousand at most.
    fn saves(&self) -> Vec<SaveView>;

    /// Caught mails, newest first, without their bodies.
    fn mails(&self) -> Vec<MailView>;

    /// One caught mail as a whole.
    fn mail(&self, resource: &str, id: &str) -> Option<MailView>;
}

/// What can be ordered of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It shall run.
    Start,
    /// It shall not run.
    Stop,
    /// It shall run anew.
    Restart,
}

/// Which lines of the log are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Of these members; empty: of all.
    pub members: Vec<String>,
    /// Of this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// At least this grave.
    pub level: Option<Level>,
    /// With a text, less its escape sequences, that matches.
    pub grep: Option<Regex>,
    /// This many at most, the newest; 0: as many as there are.
    pub limit: usize,
    /// Only what was written after [`LogPage::cursor`] of an earlier answer.
    pub after: Option<String>,
}

/// Lines of the log.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// Oldest first.
    pub lines: Vec<LineView>,
    /// Where to go on: for [`LogQuery::after`].
    pub cursor: String,
    /// Bytes of log that were passed over because more was written than is read at once.
    pub skipped: u64,
}

/// Why something that was asked is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// There is no member of this name.
    #[error("there is no service, resource or job named {name}{}", nearest.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    Unknown {
        /// The name that was given.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
    },
    /// The member does not take such orders.
    #[error("{0} runs inside of sea and cannot be started or stopped by itself")]
    NotAProcess(String),
    /// A cursor that no answer gave.
    #[error("`{0}` is not a place in the log; leave it out to begin with the last lines")]
    Cursor(String),
    /// The log could not be read.
    #[error("the log cannot be read: {0}")]
    Log(String),
}

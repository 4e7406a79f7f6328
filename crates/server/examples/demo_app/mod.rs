//! The app of the demo: a `Control` whose data is made up and changes.

mod lines;
mod scene;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use seaworthy_engine::view::{AppView, LineView, MailView, MetricsView, SaveView, VariableView};
use seaworthy_engine::{Control, ControlError, LogPage, LogQuery, Order};
use seaworthy_supervise::log::{Level, ansi};
use tokio::sync::watch;

/// Seconds of figures that are there from the start.
const HISTORY: u32 = 900;

pub(crate) struct Demo {
    app: Mutex<AppView>,
    lines: Mutex<Vec<LineView>>,
    began: i64,
    changes: watch::Sender<u64>,
    wrote: watch::Sender<u64>,
    ended: watch::Sender<bool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Demo {
    pub(crate) fn new(lines: usize, port: u16) -> Self {
        Self {
            app: Mutex::new(scene::app(port)),
            lines: Mutex::new(lines::history(lines)),
            began: Timestamp::now().as_second() - i64::from(HISTORY),
            changes: watch::Sender::new(0),
            wrote: watch::Sender::new(0),
            ended: watch::Sender::new(false),
        }
    }

    /// Done once the run was ended.
    pub(crate) async fn ended(&self) {
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// Lets time pass: lines are written, a service crashes, orders are carried out.
    pub(crate) async fn live(&self, rate: usize) {
        for turn in 0_u64.. {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let now = Timestamp::now();
            let count = rate as u64 / 5;
            lock(&self.lines).extend((0..count).map(|at| lines::line(turn * count + at, now)));
            self.wrote.send_modify(|count| *count += 1);
            let mut changed = turn % 5 == 0 && scene::second(&mut lock(&self.app), turn);
            if turn % 25 == 24 {
                scene::crash(&mut lock(&self.app));
                changed = true;
            }
            if changed {
                self.changed();
            }
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn member<T>(&self, name: &str, then: impl FnOnce(&mut AppView, usize) -> T) -> Result<T, ControlError> {
        let mut app = lock(&self.app);
        match app.members.iter().position(|member| member.name == name) {
            Some(at) => Ok(then(&mut app, at)),
            None => Err(ControlError::Unknown { name: name.to_owned(), nearest: None }),
        }
    }
}

impl Control for Demo {
    fn app(&self) -> AppView {
        lock(&self.app).clone()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn order(&self, member: &str, order: Order) -> Result<(), ControlError> {
        self.member(member, |app, at| scene::order(app, at, order))?
            .ok_or_else(|| ControlError::NotAProcess(member.to_owned()))?;
        self.changed();
        Ok(())
    }

    fn shut_down(&self) {
        self.ended.send_replace(true);
    }

    fn log(&self, query: &LogQuery) -> Result<LogPage, ControlError> {
        let lines = lock(&self.lines);
        let first = match &query.after {
            Some(cursor) => cursor.parse().map_err(|_| ControlError::Cursor(cursor.clone()))?,
            None => 0_usize,
        };
        let matches = |line: &&LineView| {
            let at = || line.at.parse::<Timestamp>().ok();
            let level = || line.level.as_deref().and_then(Level::parse);
            (query.members.is_empty() || query.members.contains(&line.member))
                && query.since.is_none_or(|since| at().is_some_and(|at| at >= since))
                && query.until.is_none_or(|until| at().is_some_and(|at| at < until))
                && query.level.is_none_or(|least| level().is_some_and(|level| level >= least))
                && query.grep.as_ref().is_none_or(|grep| grep.is_match(ansi::strip(&line.text).as_bytes()))
        };
        let limit = if query.limit == 0 { usize::MAX } else { query.limit };
        let new = lines.get(first..).unwrap_or_default();
        let mut newest = new.iter().rev().filter(matches);
        let mut found: Vec<LineView> = newest.by_ref().take(limit).cloned().collect();
        found.reverse();
        // Who asks for what is new learns what did not fit; who asks for the last lines knows that there are more.
        let skipped = if query.after.is_some() { newest.map(|line| line.text.len() as u64).sum() } else { 0 };
        Ok(LogPage { lines: found, cursor: lines.len().to_string(), skipped })
    }

    fn wrote(&self) -> watch::Receiver<u64> {
        self.wrote.subscribe()
    }

    fn environment(&self, member: &str, reveal: bool) -> Result<Vec<VariableView>, ControlError> {
        self.member(member, |_, _| scene::environment(reveal))
    }

    fn folder(&self, member: &str) -> Result<String, ControlError> {
        self.member(member, |app, _| format!("{}/services/{member}", app.root))
    }

    fn metrics(&self, seconds: u32) -> MetricsView {
        let now = Timestamp::now().as_second();
        scene::metrics((now - i64::from(seconds)).max(self.began) + 1, now)
    }

    fn saves(&self) -> Vec<SaveView> {
        scene::saves()
    }

    fn mails(&self) -> Vec<MailView> {
        let bare = |mail: MailView| MailView { text: None, html: None, ..mail };
        scene::mails().into_iter().map(bare).collect()
    }

    fn mail(&self, resource: &str, id: &str) -> Option<MailView> {
        scene::mails().into_iter().find(|mail| mail.resource == resource && mail.id == id)
    }
}

//! Processes that were replaced, until they have ended.

use tokio::sync::mpsc;

use super::keeper::Channels;
use super::process::Process;
use super::proxy::DrainReport;
use super::question::{Question, Questions};
use crate::error::Error;
use crate::wire::{Command as Order, DrainPlan, Event};

/// Beyond the time that a drain has by its plan, this long is waited for a proxy that does not answer.
const DRAIN_GRACE: std::time::Duration = std::time::Duration::from_secs(5);

/// Drains a process and ends it. `questions` are about what it still has under way; `pid` is who follows it. The next
/// `stale` answers are to what it was asked before, which was put to its successor too.
pub(super) async fn retire(
    mut old: Process,
    plan: DrainPlan,
    pid: u32,
    channels: &Channels,
    mut questions: mpsc::Receiver<Question>,
    mut stale: usize,
) -> DrainReport {
    let mut report = DrainReport { pid, cut: 0, stats: None };
    let mut open = Questions::default();
    let drained = async {
        old.order(&Order::Drain(plan)).await?;
        loop {
            tokio::select! {
                event = old.events.recv() => match event {
                    None => return Err(Error::Disconnected),
                    Some(Event::Drained { cut, stats }) => {
                        report.cut = cut;
                        report.stats = Some(stats);
                        return Ok(());
                    }
                    Some(event) => match channels.pass_on(event) {
                        None | Some(Event::Ready | Event::TableInForce { .. } | Event::TableRefused { .. }) => {}
                        Some(_) if stale > 0 => stale -= 1,
                        Some(answer) => drop(open.answered(answer)),
                    },
                },
                Some(question) = questions.recv() => {
                    old.order(&question.order()).await?;
                    open.asked(question);
                }
            }
        }
    };
    let _ = tokio::time::timeout(plan.announce + plan.finish + DRAIN_GRACE, drained).await;
    old.end().await;
    report
}

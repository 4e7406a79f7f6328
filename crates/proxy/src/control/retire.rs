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

/// Drains a process and ends it. `questions` are about what it still has under way; `pid` is who follows it.
pub(super) async fn retire(
    mut old: Process,
    plan: DrainPlan,
    pid: u32,
    channels: &Channels,
    mut questions: mpsc::Receiver<Question>,
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
                    Some(event) => if let Some(answer) = channels.pass_on(event) {
                        open.answered(answer);
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

//! `sea wait`: until members are ready.

use std::time::{Duration, Instant};

use seaworthy_engine::view::{AppView, MemberView, Role};
use seaworthy_server::client::Client;

use crate::args::{Global, WaitArgs};
use crate::commands::connect::{block_on, connect_within};
use crate::exit::{self, Mistake};
use crate::output::live::member_line;

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// It takes work, or ran to its end.
    Ready,
    /// It does not run.
    Stopped,
}

pub(crate) fn run(global: &Global, args: &WaitArgs) -> anyhow::Result<u8> {
    let (began, timeout) = (Instant::now(), Duration::from_secs(args.timeout));
    // What is typed right after `sea up &` waits for that, too.
    let running = connect_within(global, timeout)?;
    let rest = timeout.saturating_sub(began.elapsed());
    block_on(until(&running.client, &args.service, Wanted::Ready, rest, None, args.json))
}

/// Waits, prints how the members are, and returns the code to exit with: 0 when all are as wanted, 1 when one failed,
/// 3 when it takes too long. With `before`, what a member was then does not count.
pub(crate) async fn until(
    client: &Client,
    names: &[String],
    wanted: Wanted,
    timeout: Duration,
    before: Option<&AppView>,
    json: bool,
) -> anyhow::Result<u8> {
    let mut changes = client.changes().await?;
    let wait = async {
        while let Some(app) = changes.next().await? {
            if let Some(name) =
                names.iter().find(|name| app.members.iter().all(|member| member.name != **name))
            {
                let help = Some("sea status".to_owned());
                return Err(Mistake { message: format!("there is no {name} in {}", app.name), help }.into());
            }
            let members: Vec<&MemberView> = app
                .members
                .iter()
                .filter(|member| {
                    if names.is_empty() { member.role != Role::Job } else { names.contains(&member.name) }
                })
                .collect();
            let verdicts: Vec<Option<bool>> =
                members.iter().map(|member| verdict(member, wanted, earlier(before, &member.name))).collect();
            if verdicts.iter().all(Option::is_some) || verdicts.contains(&Some(false)) {
                print(&members, json)?;
                return Ok(if verdicts.contains(&Some(false)) { exit::NO } else { exit::DONE });
            }
        }
        // It ended: what should stop did.
        Ok(if wanted == Wanted::Stopped { exit::DONE } else { exit::OUTSIDE })
    };
    if let Ok(code) = tokio::time::timeout(timeout, wait).await {
        code
    } else {
        let app = client.app().await?;
        let members: Vec<&MemberView> =
            app.members.iter().filter(|member| names.contains(&member.name) || names.is_empty()).collect();
        print(&members, json)?;
        anstream::eprintln!("error: not as wanted in time");
        Ok(exit::OUTSIDE)
    }
}

fn earlier<'a>(before: Option<&'a AppView>, name: &str) -> Option<&'a MemberView> {
    before?.members.iter().find(|member| member.name == name)
}

/// Whether a member is as wanted; `None` while that is open.
fn verdict(member: &MemberView, wanted: Wanted, before: Option<&MemberView>) -> Option<bool> {
    let is_new = before.is_none_or(|before| before.since != member.since);
    match (member.phase.as_str(), wanted) {
        ("ready" | "completed", Wanted::Ready) if is_new => Some(true),
        ("failed" | "crash-loop", Wanted::Ready) if is_new => Some(false),
        ("stopped" | "failed" | "completed", Wanted::Stopped) => Some(true),
        _ => None,
    }
}

fn print(members: &[&MemberView], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(members)?);
        return Ok(());
    }
    let width = members.iter().map(|member| member.name.len()).max().unwrap_or(0);
    for line in members.iter().filter_map(|member| member_line(member, width)) {
        anstream::println!("{line}");
    }
    Ok(())
}

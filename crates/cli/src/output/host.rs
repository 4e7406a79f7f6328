//! A host and what runs on it, for people.

use std::io::{self, Write};

use seaworthy_engine::serve::view::{EnvironmentView, HostView, InstanceView};

use crate::output::style::{self, Table, paint};

/// Whether nothing about an environment needs a person.
pub(crate) fn is_well(view: &EnvironmentView) -> bool {
    let is_frozen = view.rollout.as_ref().is_some_and(|rollout| rollout.state == "frozen");
    view.trouble.is_none() && !is_frozen && serving(view).is_some()
}

/// The release that visitors get: while one that was promoted is watched, it, and not the one that is kept warm.
pub(crate) fn serving(view: &EnvironmentView) -> Option<&str> {
    let is_promoted = |state: &str| matches!(state, "promoted" | "draining" | "retained");
    let promoted = view.rollout.as_ref().filter(|rollout| is_promoted(&rollout.state));
    let promoted = promoted.map(|rollout| rollout.release.as_str());
    promoted.or(view.serves.as_ref().map(|serves| serves.release.as_str()))
}

pub(crate) fn write(out: &mut dyn Write, host: &HostView) -> io::Result<()> {
    let http = host.http.as_deref().unwrap_or_default();
    writeln!(out, "{}  sea {}  {http}", paint(style::NAME, &host.host), host.version)?;
    writeln!(out, "  {}", paint(style::DIM, &format!("process {}, state in {}", host.pid, host.state)))?;
    if let Some(dashboard) = &host.dashboard {
        writeln!(out, "  {}", paint(style::DIM, &format!("dashboard on {dashboard} (sea open --host)")))?;
    }
    if host.environments.is_empty() {
        writeln!(out, "\nnothing was shipped to it yet")?;
    }
    for view in &host.environments {
        writeln!(out)?;
        environment(out, view)?;
    }
    Ok(())
}

fn environment(out: &mut dyn Write, view: &EnvironmentView) -> io::Result<()> {
    let name = format!("{} {}", view.app, view.environment);
    writeln!(out, "{}  {}", paint(style::NAME, &name), view.url.as_deref().unwrap_or_default())?;
    match &view.serves {
        Some(serves) => {
            let commit: String = serves.commit.chars().take(9).collect();
            let dirty = if serves.dirty { " with changes" } else { "" };
            let verb = if serving(view) == Some(&serves.release) { "serves" } else { "served before" };
            writeln!(
                out,
                "  {} {verb}: {commit}{dirty} {}",
                serves.release,
                paint(style::DIM, &serves.subject)
            )?;
        }
        None if serving(view).is_some() => {}
        None => writeln!(out, "  {}", paint(style::ERROR, "nothing serves"))?,
    }
    if let Some(rollout) = &view.rollout {
        write!(out, "  {} {}", rollout.release, rollout.state)?;
        for note in
            [rollout.paused.then_some("paused"), rollout.cause.as_deref(), rollout.waits_for.as_deref()]
                .into_iter()
                .flatten()
        {
            write!(out, ", {note}")?;
        }
        writeln!(out)?;
    }
    if let Some(waits) = &view.waits {
        writeln!(out, "  {waits} waits for that")?;
    }
    if view.maintenance {
        writeln!(out, "  visitors get the maintenance page  {}", paint(style::HINT, "sea maintenance off"))?;
    }
    if let Some(held) = &view.held {
        let held: String = held.chars().take(9).collect();
        writeln!(out, "  {held} was rolled back and is not shipped by itself")?;
    }
    let mut table = Table::new(&[style::NAME, style::HINT, style::DIM, style::DIM]);
    for instance in &view.instances {
        table.row(row(instance));
    }
    table.write(out)?;
    if let Some(trouble) = &view.trouble {
        writeln!(out, "  {} {trouble}", paint(style::ERROR, "!"))?;
    }
    Ok(())
}

fn row(instance: &InstanceView) -> [String; 4] {
    let restarts = if instance.restarts > 0 {
        format!(", restarted {} times", instance.restarts)
    } else {
        String::new()
    };
    let process = instance.pid.map(|pid| format!("process {pid}{restarts}")).unwrap_or_default();
    let name = format!("{}.{}", instance.service, instance.number);
    [name, format!("{} {}", instance.phase, instance.detail), instance.release.clone(), process]
}

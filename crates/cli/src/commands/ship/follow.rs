//! What is told while a release takes over.

use seaworthy_engine::serve::view::EnvironmentView;
use seaworthy_rollout::ReleaseId;
use seaworthy_server::host::{CommandWord, OrderRequest};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::Place;
use crate::exit;
use crate::output::style::{self, paint};

/// Codes that shells give to a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// How it ended.
enum End {
    Promoted,
    TakenBack(String),
    Frozen(String),
    Superseded,
}

/// Shows what happens until the release is promoted or taken back. Ctrl-C takes it back before, and only stops watching after.
pub(super) async fn follow(
    place: &Place,
    release: &ReleaseId,
    mut after: u64,
    as_json: bool,
) -> anyhow::Result<u8> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (app, environment) = (place.app.as_str(), place.environment.as_str());
    let mut is_interrupted = false;
    let mut why = None;
    loop {
        let progress = tokio::select! {
            progress = place.client.progress(app, environment, after, false) => progress?,
            _ = interrupt.recv() => {
                is_interrupted = true;
                let order =
                    OrderRequest::Rollout { command: CommandWord::Interrupt, actor: place.actor.clone() };
                // That nothing is under way any more is as good.
                let _ = place.client.order(app, environment, &order).await;
                continue;
            }
        };
        for line in &progress.lines {
            after = line.number;
            if line.release.as_deref().is_none_or(|of| of == release.as_str()) {
                show(line, as_json)?;
            }
            let aborted = ["aborted: ", "refused: "].iter().find_map(|how| line.text.strip_prefix(how));
            if let Some(cause) = aborted.filter(|_| line.release.as_deref() == Some(release.as_str())) {
                why = Some(cause.to_owned());
            }
        }
        if let Some(end) = end(&progress.environment, release, why.as_deref()) {
            return told(place, release, &progress.environment, &end, is_interrupted, as_json);
        }
    }
}

fn show(line: &seaworthy_engine::serve::Line, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        anstream::println!("{}", serde_json::to_string(line)?);
        return Ok(());
    }
    let at = jiff::Timestamp::from_millisecond(i64::try_from(line.at)?)?;
    let at = at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
    anstream::println!("  {} {}", paint(style::DIM, &at), line.text);
    Ok(())
}

/// How the release ended, once it has.
fn end(environment: &EnvironmentView, release: &ReleaseId, why: Option<&str>) -> Option<End> {
    if let Some(rollout) = environment.rollout.as_ref().filter(|rollout| rollout.release == release.as_str())
    {
        let cause = || rollout.cause.clone().unwrap_or_default();
        return match rollout.state.as_str() {
            "promoted" if !rollout.done => None,
            "promoted" | "draining" | "retained" => Some(End::Promoted),
            "frozen" => Some(End::Frozen(cause())),
            _ => None,
        };
    }
    if environment.waits.as_deref() == Some(release.as_str()) {
        return None;
    }
    if environment.serves.as_ref().is_some_and(|serves| serves.release == release.as_str()) {
        return Some(End::Promoted);
    }
    Some(match why {
        Some(why) => End::TakenBack(why.to_owned()),
        None if environment.rollout.is_some() => End::Superseded,
        None => End::TakenBack(String::new()),
    })
}

fn told(
    place: &Place,
    release: &ReleaseId,
    environment: &EnvironmentView,
    end: &End,
    is_interrupted: bool,
    as_json: bool,
) -> anyhow::Result<u8> {
    let (outcome, why, code) = match end {
        End::Promoted => ("promoted", String::new(), exit::DONE),
        End::TakenBack(why) => {
            ("taken-back", why.clone(), if is_interrupted { INTERRUPTED } else { exit::NO })
        }
        End::Frozen(why) => ("frozen", why.clone(), exit::NO),
        End::Superseded => ("superseded", String::new(), exit::NO),
    };
    if as_json {
        let value = json!({
            "schema": "sea.ship/1",
            "release": release.as_str(),
            "app": place.app,
            "environment": place.environment,
            "outcome": outcome,
            "why": why,
            "url": environment.url,
        });
        anstream::println!("{value}");
        return Ok(code);
    }
    match end {
        End::Promoted => {
            let url = environment.url.clone().unwrap_or_default();
            anstream::println!(
                "{} {release} serves {}  {url}",
                paint(style::NAME, "done"),
                place.environment
            );
            let watched = environment
                .rollout
                .as_ref()
                .filter(|rollout| rollout.release == release.as_str() && rollout.before.is_some());
            if let Some(until) = watched.and_then(|rollout| rollout.watched_until) {
                let until = jiff::Timestamp::from_millisecond(i64::try_from(until)?)?;
                let until = until.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string();
                anstream::println!(
                    "  watched until {until}; until then `sea rollback` takes less than a second"
                );
            }
        }
        End::TakenBack(why) => {
            let serves = environment.serves.as_ref().map_or("nothing", |serves| serves.release.as_str());
            anstream::println!("{} {release}: {why}", paint(style::ERROR, "taken back"));
            anstream::println!("  {serves} serves {}", place.environment);
            anstream::println!("  {} sea show {release}", paint(style::HINT, "next"));
        }
        End::Frozen(why) => {
            anstream::println!("{} {release}: {why}", paint(style::ERROR, "frozen"));
            anstream::println!("  {} sea status --host", paint(style::HINT, "next"));
            let before = environment.serves.as_ref().map_or("nothing", |serves| serves.release.as_str());
            anstream::println!(
                "  {} sea ship --abort, and {before} serves again",
                paint(style::HINT, "then")
            );
        }
        End::Superseded => anstream::println!("{release} was superseded by a newer one before it began"),
    }
    Ok(code)
}

/// The release serves already.
pub(super) fn serves(place: &Place, release: &ReleaseId, as_json: bool) {
    if as_json {
        let value = json!({
            "schema": "sea.ship/1",
            "release": release.as_str(),
            "app": place.app,
            "environment": place.environment,
            "outcome": "serves",
            "why": "",
        });
        anstream::println!("{value}");
    } else {
        anstream::println!("{release} serves {} already", place.environment);
    }
}

/// Shows what happens until an earlier release serves again.
pub(super) async fn back(
    place: &Place,
    release: &ReleaseId,
    taken_back: Option<&str>,
    mut after: u64,
    as_json: bool,
) -> anyhow::Result<u8> {
    let (app, environment) = (place.app.as_str(), place.environment.as_str());
    loop {
        let progress = place.client.progress(app, environment, after, false).await?;
        for line in &progress.lines {
            after = line.number;
            show(line, as_json)?;
        }
        let now = &progress.environment;
        let is_going = now.rollout.as_ref().is_some_and(|rollout| {
            let is_it = rollout.release == release.as_str();
            // What is taken back loses its traffic first, and takes its time for the rest.
            let has_left = Some(rollout.release.as_str()) == taken_back
                && rollout.state == "aborted"
                && rollout.weight == 0.0;
            let serves = match rollout.state.as_str() {
                "promoted" => rollout.done,
                "draining" | "retained" => true,
                _ => false,
            };
            (is_it && !serves) || (!is_it && !has_left)
        });
        if !is_going {
            let serves = now.rollout.as_ref().is_some_and(|rollout| rollout.release == release.as_str())
                || now.serves.as_ref().is_some_and(|serves| serves.release == release.as_str());
            let end =
                if serves { End::Promoted } else { End::TakenBack("it did not become healthy".to_owned()) };
            return told(place, release, now, &end, false, as_json);
        }
    }
}

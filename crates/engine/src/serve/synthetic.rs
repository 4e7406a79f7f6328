//! While too few users come to tell how a new release does, it is asked what they ask, beside the release before. The judge
//! counts the answers like those that users got.

use std::sync::Arc;
use std::time::Duration;

use seaworthy_rollout::count::{ArmCounts, Stream};
use tokio::task::JoinHandle;

use super::effects::Scene;
use super::fetch;
use super::smoke;

/// Users are counted over so many seconds.
const WINDOW: u32 = 10;
/// With fewer than one a second they are too few.
const FEW: u32 = WINDOW;
/// Seconds between two questions.
const EVERY: u32 = 2;
/// The longest that an answer may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// What both releases did with the same request: the new one, the one before.
pub(super) type Pair = (ArmCounts, ArmCounts);

/// Asks while it is quiet.
#[derive(Default)]
pub(super) struct Synthetic {
    seconds: u32,
    users: u32,
    is_quiet: bool,
    asking: Option<JoinHandle<Option<Pair>>>,
    turn: usize,
}

impl Synthetic {
    /// Users made so many requests.
    pub(super) fn users(&mut self, requests: u32) {
        self.users = self.users.saturating_add(requests);
    }

    /// A second passed. Returns what was answered meanwhile.
    pub(super) fn second(&mut self, scene: &Arc<Scene>) -> Option<Pair> {
        self.seconds += 1;
        if self.seconds.is_multiple_of(WINDOW) {
            self.is_quiet = std::mem::take(&mut self.users) < FEW;
        }
        let answered = self.asking.as_mut().and_then(futures_util::FutureExt::now_or_never);
        if answered.is_some() {
            self.asking = None;
        }
        if self.is_quiet && self.asking.is_none() && self.seconds.is_multiple_of(EVERY) {
            self.asking = Some(tokio::spawn(ask(Arc::clone(scene), self.turn)));
            self.turn += 1;
        }
        // A question that came to nothing is asked again.
        answered.and_then(Result::ok).flatten()
    }
}

/// Asks both releases the same: all in turn of what users ask, or a visitor would first.
async fn ask(scene: Arc<Scene>, turn: usize) -> Option<Pair> {
    let place = &scene.place;
    let stable = scene.stable.as_ref()?;
    let questions: Vec<_> = scene
        .new
        .release
        .web()
        .flat_map(|(name, service)| {
            smoke::questions(place, name, service).into_iter().map(move |path| (name, path))
        })
        .collect();
    let (name, path) = questions.get(turn % questions.len().max(1))?;
    let (new, old) = (scene.new.endpoints(place, name), stable.endpoints(place, name));
    let (new, old) = (new.get(turn % new.len().max(1))?, old.get(turn % old.len().max(1))?);
    let (new, old) = tokio::join!(
        fetch::status(new.port, path, ANSWERS_WITHIN),
        fetch::status(old.port, path, ANSWERS_WITHIN)
    );
    Some((counts(&new), counts(&old)))
}

/// One request, as the proxy would count it.
fn counts(answer: &Result<u16, String>) -> ArmCounts {
    let failed = u32::from(answer.as_ref().map_or(true, |status| *status >= 500));
    let mut counts = ArmCounts { requests: 1, failed, ..ArmCounts::default() };
    for stream in Stream::ALL.into_iter().filter(|stream| stream.is_of_requests()) {
        counts.exposure[stream] = 1;
    }
    let stream = if answer.is_ok() { Stream::ServerError } else { Stream::ConnectError };
    counts.events[stream] = failed;
    counts.first_events[stream] = failed;
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_count_like_those_that_users_got() {
        let good = counts(&Ok(404));
        assert_eq!((good.requests, good.failed, good.exposure[Stream::ServerError]), (1, 0, 1));
        let bad = counts(&Ok(503));
        assert_eq!(
            (bad.failed, bad.events[Stream::ServerError], bad.first_events[Stream::ServerError]),
            (1, 1, 1)
        );
        let none = counts(&Err("connection refused".to_owned()));
        assert_eq!(
            (none.failed, none.events[Stream::ConnectError], none.events[Stream::ServerError]),
            (1, 1, 0)
        );
    }
}

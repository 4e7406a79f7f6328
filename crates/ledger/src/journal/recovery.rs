//! What to do with a release after a crash.

use super::standing::Standing;
use super::state::State;

/// What a restart does with a release, from what the journal says alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing: it rests in its state. So does a frozen release, until a person orders something.
    Rest,
    /// Abandon the open transition: the release stays as it was.
    Abandon,
    /// Abort it: users were not served by it alone yet.
    Abort,
    /// Make the effect of the open transition again (effects are idempotent) and confirm it; for a promoted release
    /// without one, go on with draining and retaining.
    Finish,
}

impl Standing {
    /// Before `promoted` is confirmed a release is aborted, after it its promotion is finished. A promotion that was
    /// begun and not confirmed is aborted too: the old release was not drained yet, so going back harms no one.
    pub fn recovery(&self) -> Recovery {
        let open = self.open.as_ref().map(|open| &open.to);
        let Some(state) = &self.state else {
            return if open == Some(&State::Aborted) { Recovery::Finish } else { Recovery::Abandon };
        };
        match (state, open) {
            // What a person ordered of a frozen release stands: they know better than we do what is safe.
            (_, Some(State::Aborted | State::Frozen))
            | (State::Promoted, _)
            | (State::Draining(_) | State::Frozen, Some(_)) => Recovery::Finish,
            (state, _) if state.is_before_promotion() => Recovery::Abort,
            // A switch back to a warm release was wanted because the other one is bad: finish it.
            (State::Retained, Some(State::Promoted | State::Retired)) => Recovery::Finish,
            (_, Some(_)) => Recovery::Abandon,
            (_, None) => Recovery::Rest,
        }
    }
}

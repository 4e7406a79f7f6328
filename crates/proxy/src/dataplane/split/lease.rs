//! For how long a weight holds, on the proxy's own clock: when nobody renews it, whoever gave it may be gone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// It ran out; nothing but another table makes the weight hold again.
const OVER: u64 = 0;
const FOR_EVER: u64 = u64::MAX;

/// A lease, counted from when it was made.
pub(crate) struct Lease {
    from: Instant,
    /// When it ends, in nanoseconds after `from`; or one of the two above.
    ends: AtomicU64,
}

impl Lease {
    pub(crate) fn new(length: Option<Duration>) -> Self {
        let ends = length.map_or(FOR_EVER, nanos);
        Self { from: Instant::now(), ends: AtomicU64::new(ends) }
    }

    fn elapsed(&self) -> u64 {
        // One more than none, so that nothing is left of a lease of no length.
        nanos(self.from.elapsed()).saturating_add(1)
    }

    /// Whether it ran out. Once it has, it has for good.
    pub(crate) fn is_over(&self) -> bool {
        let ends = self.ends.load(Ordering::Acquire);
        match ends {
            OVER => true,
            FOR_EVER => false,
            _ if self.elapsed() < ends => false,
            // Unless it was renewed just now.
            _ => match self.ends.compare_exchange(ends, OVER, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => true,
                Err(now) => now == OVER,
            },
        }
    }

    /// Makes it end so long from now. False where it ran out before.
    pub(crate) fn renew(&self, length: Duration) -> bool {
        let elapsed = self.elapsed();
        let renewed =
            |ends: u64| (ends > elapsed).then(|| elapsed.saturating_add(nanos(length)).min(FOR_EVER - 1));
        self.ends.fetch_update(Ordering::AcqRel, Ordering::Acquire, renewed).is_ok()
    }

    /// What is left of it. `None` is for ever.
    pub(crate) fn left(&self) -> Option<Duration> {
        if self.is_over() {
            return Some(Duration::ZERO);
        }
        let ends = self.ends.load(Ordering::Acquire);
        (ends != FOR_EVER).then(|| Duration::from_nanos(ends.saturating_sub(self.elapsed())))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(FOR_EVER - 1).min(FOR_EVER - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[test]
    fn what_ran_out_is_not_renewed() {
        let lease = Lease::new(Some(Duration::ZERO));
        assert!(lease.is_over() && !lease.renew(LONG) && lease.is_over());
        assert_eq!(lease.left(), Some(Duration::ZERO));
        let unseen = Lease::new(Some(Duration::ZERO));
        assert!(!unseen.renew(LONG), "it was over before anyone looked");
    }

    #[test]
    fn renewed_it_holds_and_without_length_it_holds_for_ever() {
        let lease = Lease::new(Some(LONG));
        assert!(lease.renew(LONG * 2) && !lease.is_over());
        assert!(lease.left().is_some_and(|left| left > LONG));
        let for_ever = Lease::new(None);
        assert!(!for_ever.is_over() && for_ever.left().is_none());
        assert!(for_ever.renew(LONG) && for_ever.left().is_some());
        assert!(Lease::new(Some(Duration::MAX)).left().is_some());
    }
}

//! How much output a process may write: a flood slows its writer, not the machine.

use std::time::Instant;

/// Bytes a second that are taken for long.
const RATE: i64 = 8 << 20;

/// Bytes that are taken at once after a quiet time.
const BURST: i64 = 16 << 20;

/// A token bucket.
pub(super) struct Throttle {
    /// Negative when a block was larger than what was left.
    tokens: i64,
    filled: Instant,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { tokens: BURST, filled: Instant::now() }
    }
}

impl Throttle {
    /// Takes `bytes`; what is owed delays the next reading.
    pub(super) fn take(&mut self, bytes: usize) {
        self.tokens = self.tokens.saturating_sub_unsigned(bytes as u64);
    }

    /// Nothing may be read now.
    pub(super) fn is_closed(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled);
        let earned = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX).saturating_mul(RATE) / 1_000_000;
        // Only whole steps are credited, so that frequent looks lose nothing to rounding.
        if earned >= 4096 {
            self.tokens = self.tokens.saturating_add(earned).min(BURST);
            self.filled = now;
        }
        self.tokens <= 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_waits_and_a_quiet_process_does_not() {
        let start = Instant::now();
        let mut throttle = Throttle { tokens: BURST, filled: start };
        assert!(!throttle.is_closed(start));
        throttle.take(usize::try_from(BURST).unwrap());
        assert!(throttle.is_closed(start));
        let mut taken = 0;
        for millisecond in 0..1000 {
            let now = start + Duration::from_millis(millisecond);
            if !throttle.is_closed(now) {
                throttle.take(64 << 10);
                taken += 64i64 << 10;
            }
        }
        assert!((RATE * 9 / 10..RATE * 11 / 10).contains(&taken), "{taken}");
        assert!(!throttle.is_closed(start + Duration::from_mins(1)));
    }
}

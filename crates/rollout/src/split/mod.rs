//! To which arm a request goes: signed header, then cookie, then hash.
//!
//! ```
//! use seaworthy_rollout::split::{Presented, Split, SplitKey};
//! use seaworthy_rollout::{Arm, ReleaseId, Weight};
//!
//! let split = Split::new(SplitKey::new([7; 32]), ReleaseId::new("old"), ReleaseId::new("new"), Weight::percent(10));
//! let first = split.decide(&Presented::default(), || [1; 16]);
//! let cookie = first.cookie.expect("a client that brought none gets one");
//! let again = split.decide(&Presented { cookie: Some(&cookie), ..Presented::default() }, || [2; 16]);
//! assert_eq!((again.arm, again.cookie), (first.arm, None));
//! ```

mod key;
mod session;

use crate::{Arm, ReleaseId, Weight};
use key::{Purpose, from_hex, to_hex};

pub use key::SplitKey;
pub use session::{COOKIE, Session, expire_cookie, find_cookie, set_cookie};

/// The header with which someone chooses a release.
pub const HEADER: &str = "x-sea-release";

/// How traffic is split between two releases while a canary runs.
#[derive(Clone, Debug)]
pub struct Split {
    key: SplitKey,
    stable: ReleaseId,
    canary: ReleaseId,
    weight: Weight,
}

/// What a request brought.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presented<'a> {
    /// The value of [`HEADER`].
    pub header: Option<&'a str>,
    /// The value of [`COOKIE`], see [`find_cookie`].
    pub cookie: Option<&'a str>,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// There.
    pub arm: Arm,
    /// Its session for the counts; `None`: it was forced by a header and is not judged.
    pub session: Option<Session>,
    /// The value of the cookie to set, for a client that brought none of this canary (see [`set_cookie`]).
    pub cookie: Option<String>,
}

impl Split {
    /// A split with the canary at `weight`.
    pub fn new(key: SplitKey, stable: ReleaseId, canary: ReleaseId, weight: Weight) -> Self {
        Self { key, stable, canary, weight }
    }

    /// The same split at another weight: raising it moves sessions to the canary only.
    #[must_use]
    pub fn at(self, weight: Weight) -> Self {
        Self { weight, ..self }
    }

    /// Decides. `random` gives 16 random bytes; it is asked when a session begins.
    ///
    /// Both arms are sticky: who is in the stable arm stays there while the weight does. A client that keeps no cookies
    /// is a new session with every request, and so is split by request.
    ///
    /// With no weight at all nothing leads to the canary, not even a header: it may be about to be stopped.
    pub fn decide(&self, presented: &Presented<'_>, random: impl FnOnce() -> [u8; 16]) -> Decision {
        if let Some(arm) = presented.header.and_then(|header| self.forced(header)) {
            return Decision { arm, session: None, cookie: None };
        }
        if let Some(session) =
            presented.cookie.and_then(|value| Session::read(&self.key, &self.canary, value))
        {
            return Decision { arm: session.arm(self.weight), session: Some(session), cookie: None };
        }
        let session = Session::new(&self.key, &self.canary, random());
        let cookie = Some(session.value(&self.key, &self.canary));
        Decision { arm: session.arm(self.weight), session: Some(session), cookie }
    }

    /// The value of [`HEADER`] that leads to an arm. Whoever has it can see the release for as long as it can be seen.
    pub fn header(&self, arm: Arm) -> String {
        let release = self.release(arm);
        format!("{release}.{}", to_hex(&self.key.tag(Purpose::Header, release, b"")))
    }

    fn forced(&self, header: &str) -> Option<Arm> {
        let (release, tag) = header.rsplit_once('.')?;
        let arm =
            [Arm::Stable, Arm::Canary].into_iter().find(|arm| self.release(*arm).as_str() == release)?;
        let signed = self.key.signed(Purpose::Header, self.release(arm), b"", &from_hex(tag)?);
        (signed && (arm == Arm::Stable || self.weight > Weight::NONE)).then_some(arm)
    }

    fn release(&self, arm: Arm) -> &ReleaseId {
        match arm {
            Arm::Stable => &self.stable,
            Arm::Canary => &self.canary,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(weight: Weight) -> Split {
        Split::new(SplitKey::new([7; 32]), ReleaseId::new("r1.0"), ReleaseId::new("r2.0"), weight)
    }

    fn bytes(number: u64) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        bytes
    }

    fn with_header(header: &str) -> Presented<'_> {
        Presented { header: Some(header), cookie: None }
    }

    fn with_cookie(cookie: &str) -> Presented<'_> {
        Presented { header: None, cookie: Some(cookie) }
    }

    #[test]
    fn header_before_cookie_before_hash() {
        let split = split(Weight::percent(50));
        let in_arm = |arm| {
            let session = |id| split.decide(&Presented::default(), || bytes(id));
            (0..100).map(session).find(|decision| decision.arm == arm).and_then(|found| found.cookie).unwrap()
        };
        let cookie = in_arm(Arm::Stable);
        let header = split.header(Arm::Canary);
        let both = Presented { header: Some(&header), cookie: Some(&cookie) };
        assert_eq!(
            split.decide(&both, || bytes(0)),
            Decision { arm: Arm::Canary, session: None, cookie: None }
        );
        assert_eq!(split.decide(&with_cookie(&cookie), || unreachable!()).arm, Arm::Stable);
        assert_eq!(split.decide(&with_cookie(&in_arm(Arm::Canary)), || unreachable!()).arm, Arm::Canary);
    }

    #[test]
    fn what_we_did_not_sign_counts_for_nothing() {
        let split = split(Weight::ALL);
        let good = split.decide(&Presented::default(), || bytes(1)).cookie.unwrap();
        let altered = good.replacen(|digit| digit != '0', "0", 1);
        let id = &good[..32];
        let of_other_key =
            Split::new(SplitKey::new([8; 32]), ReleaseId::new("r1.0"), ReleaseId::new("r2.0"), Weight::ALL);
        let of_next_canary =
            Split::new(SplitKey::new([7; 32]), ReleaseId::new("r2.0"), ReleaseId::new("r3.0"), Weight::ALL);
        for cookie in ["", ".", "a.b", &altered, &good[..64], &format!("{good}0"), &good.to_uppercase(), id] {
            assert!(split.decide(&with_cookie(cookie), || bytes(9)).cookie.is_some(), "{cookie}");
        }
        for other in [&of_other_key, &of_next_canary] {
            assert!(other.decide(&with_cookie(&good), || bytes(9)).cookie.is_some());
        }
        let header = split.header(Arm::Stable);
        let as_header = format!("r1.0.{}", &good[33..]);
        for header in ["r1.0", "r1.0.", "stable", &of_other_key.header(Arm::Stable), &as_header] {
            assert_eq!(split.decide(&with_header(header), || bytes(9)).arm, Arm::Canary, "{header}");
        }
        assert_eq!(split.decide(&with_header(&header), || bytes(9)).arm, Arm::Stable);
    }

    #[test]
    fn nothing_leads_to_a_canary_without_weight() {
        let split = split(Weight::NONE);
        let header = split.header(Arm::Canary);
        for id in 0..1000 {
            assert_eq!(split.decide(&with_header(&header), || bytes(id)).arm, Arm::Stable);
        }
        assert_eq!(split.at(Weight::ALL).decide(&with_header(&header), || bytes(0)).arm, Arm::Canary);
    }

    #[test]
    fn the_share_is_the_weight_and_differs_between_canaries() {
        let key = SplitKey::new([7; 32]);
        let in_canary = |release: &str, id| {
            Session::new(&key, &ReleaseId::new(release), bytes(id)).arm(Weight::percent(10)) == Arm::Canary
        };
        let count = (0..20_000).filter(|id| in_canary("a", *id)).count();
        // 2,000 ± 5 standard deviations of 42.
        assert!((1790..2210).contains(&count), "{count}");
        // Not the same users bear every canary: 10 % of the 10 %.
        let both = (0..20_000).filter(|id| in_canary("a", *id) && in_canary("b", *id)).count();
        assert!((120..290).contains(&both), "{both}");
    }

    #[test]
    fn cookies_as_browsers_send_them() {
        assert_eq!(find_cookie("a=1; sea_release=x.y; b=2"), Some("x.y"));
        assert_eq!(find_cookie("a=sea_release=1;sea_release2=3"), None);
        assert_eq!(set_cookie("x.y", true), "sea_release=x.y; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert!(expire_cookie(false).contains("Max-Age=0"));
    }

    proptest! {
        #[test]
        fn raising_the_weight_only_adds_users(id: [u8; 16], one in 0..=10_000_u16, other in 0..=10_000_u16) {
            let session = Session::new(&SplitKey::new([7; 32]), &ReleaseId::new("r"), id);
            let weight = |points| Weight::basis_points(points).unwrap();
            let (low, high) = (session.arm(weight(one.min(other))), session.arm(weight(one.max(other))));
            prop_assert!(low == Arm::Stable || high == Arm::Canary);
            prop_assert_eq!(session.arm(Weight::NONE), Arm::Stable);
            prop_assert_eq!(session.arm(Weight::ALL), Arm::Canary);
        }

        #[test]
        fn no_cookie_or_header_is_too_strange(cookie: String, header: String) {
            let split = split(Weight::ALL);
            let presented = Presented { header: Some(&header), cookie: Some(&cookie) };
            prop_assert!(split.decide(&presented, || bytes(0)).cookie.is_some());
        }
    }
}

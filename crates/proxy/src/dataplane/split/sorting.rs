//! One request and the arm it goes to, however often it is tried.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use seaworthy_rollout::split::{Decision, HEADER, Presented, Session, expire_cookie, set_cookie};
use seaworthy_rollout::{Arm, Weight};

use super::{LiveSplit, cookies};

/// What was decided for a request. It is decided anew when the request was held, since the canary may have lost its
/// weight meanwhile; its session stays.
#[derive(Default)]
pub(crate) struct Sorting {
    /// The value of the cookie of the session that began with this request.
    begun: Option<String>,
    /// What the answer tells the client to keep.
    told: Option<HeaderValue>,
}

impl Sorting {
    /// Decides. Without a session, the request was forced into its arm and is not judged.
    pub(crate) fn sort(&mut self, split: &Arc<LiveSplit>, headers: &HeaderMap) -> (Arm, Option<Session>) {
        let (decides, weight) = split.in_force();
        let header = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let cookie = self.begun.as_deref().or_else(|| sent(split, headers));
        let random = || fastrand::u128(..).to_le_bytes();
        let Decision { arm, session, cookie } = decides.decide(&Presented { header, cookie }, random);
        if cookie.is_some() {
            self.begun = cookie;
        }
        let secure = split.table.secure;
        let told = match &self.begun {
            // Without weight all are in the same arm, and there is nothing to remember.
            Some(begun) if weight > Weight::NONE && session.is_some() => Some(set_cookie(begun, secure)),
            _ if is_of_aborted(split, headers) => Some(expire_cookie(secure)),
            _ => None,
        };
        // Our own text and hexadecimal digits fit a header.
        self.told = told.and_then(|told| HeaderValue::from_str(&told).ok());
        (arm, session)
    }

    /// The request goes where nothing is split.
    pub(crate) fn forget(&mut self) {
        self.told = None;
    }

    /// Adds to an answer what the client is to keep, beside what the app wants it to.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        if let Some(told) = self.told {
            headers.append(SET_COOKIE, told);
        }
    }
}

/// The cookie that a client sent: of several, the one that is of this canary.
fn sent<'a>(split: &LiveSplit, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut values = cookies::values(headers);
    let first = values.next()?;
    let Some(second) = values.next() else { return Some(first) };
    let good = |value: &&str| Session::read(&split.key, &split.table.canary, value).is_some();
    [first, second].into_iter().chain(values).find(good).or(Some(first))
}

/// Whether a client still has a cookie of a canary that was aborted.
fn is_of_aborted(split: &LiveSplit, headers: &HeaderMap) -> bool {
    !split.table.expired.is_empty()
        && cookies::values(headers).any(|value| {
            split.table.expired.iter().any(|release| Session::read(&split.key, release, value).is_some())
        })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::COOKIE;
    use seaworthy_rollout::ReleaseId;

    use super::*;
    use crate::dataplane::split::Splits;
    use crate::table::SplitTable;

    fn split(weight: u8, canary: &str, expired: &[&str], lease: Option<Duration>) -> Arc<LiveSplit> {
        let table = SplitTable {
            name: "shop".into(),
            key: [7; 32].into(),
            stable: ReleaseId::new("r1"),
            canary: ReleaseId::new(canary),
            weight: Weight::percent(weight),
            lease,
            expired: expired.iter().map(|release| ReleaseId::new(*release)).collect(),
            secure: false,
        };
        Splits::default().make_live(vec![table], 1).remove(0)
    }

    fn told(split: &Arc<LiveSplit>, cookies: &str) -> (Arm, Option<String>) {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookies).unwrap());
        let (mut sorting, mut answer) = (Sorting::default(), HeaderMap::new());
        let (arm, _) = sorting.sort(split, &headers);
        sorting.tell(&mut answer);
        (arm, answer.get(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned()))
    }

    fn cookie(split: &Arc<LiveSplit>) -> String {
        let told = told(split, "a=b").1.unwrap();
        told.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_session_is_told_once_and_a_bad_cookie_does_not_hide_a_good_one() {
        let split = split(100, "r2", &[], None);
        let cookie = cookie(&split);
        assert_eq!(told(&split, &cookie), (Arm::Canary, None));
        assert_eq!(told(&split, &format!("sea_release=x.y; {cookie}")), (Arm::Canary, None));
        assert!(told(&split, "sea_release=x.y").1.is_some());
    }

    #[test]
    fn without_weight_nothing_is_told_and_cookies_of_aborted_canaries_are_taken_back() {
        let cookie = cookie(&split(100, "r2", &[], None));
        let over = split(100, "r2", &[], Some(Duration::ZERO));
        for (split, taken_back) in
            [(split(0, "r2", &[], None), false), (split(0, "r2", &["r2"], None), true), (over, false)]
        {
            let (arm, told) = told(&split, &cookie);
            assert_eq!(arm, Arm::Stable);
            assert_eq!(told.is_some_and(|told| told.contains("Max-Age=0")), taken_back);
        }
        // The next canary has a cookie of its own for everyone.
        let next = split(100, "r3", &["r2"], None);
        assert!(told(&next, &cookie).1.is_some_and(|told| !told.contains("Max-Age")));
    }

    #[test]
    fn a_request_that_is_tried_again_keeps_its_session_and_not_its_arm() {
        let (full, none) = (split(100, "r2", &[], None), split(0, "r2", &[], None));
        let (mut sorting, headers) = (Sorting::default(), HeaderMap::new());
        let (arm, first) = sorting.sort(&full, &headers);
        assert_eq!(arm, Arm::Canary);
        assert_eq!(sorting.sort(&none, &headers), (Arm::Stable, first));
        assert_eq!(sorting.sort(&full, &headers), (Arm::Canary, first));
        let mut answer = HeaderMap::new();
        sorting.tell(&mut answer);
        assert!(answer.contains_key(SET_COOKIE));
    }
}

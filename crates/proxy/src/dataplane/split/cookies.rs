//! What a request brings that is ours alone: the header that chooses a release and the cookie that names a session.

use http::header::{COOKIE, HeaderMap, HeaderValue};
use seaworthy_rollout::split::{COOKIE as NAME, HEADER};

/// More cookies of our name than this are not looked at; whoever sends them made them.
const LOOKED_AT: usize = 4;

/// The values of the cookies of our name, in the order in which they came: there are several where someone set one for a
/// part of the host or of the path.
pub(super) fn values(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(pairs);
    let values = pairs.filter(|pair| is_ours(pair)).filter_map(|pair| {
        let value = pair.iter().position(|byte| *byte == b'=').map(|at| &pair[at + 1..])?;
        std::str::from_utf8(value.trim_ascii()).ok()
    });
    values.take(LOOKED_AT)
}

/// Takes header and cookie out of a request that goes to an upstream.
pub(crate) fn strip(headers: &mut HeaderMap) {
    headers.remove(HEADER);
    if !headers.get_all(COOKIE).iter().flat_map(pairs).any(is_ours) {
        return;
    }
    let kept: Vec<HeaderValue> = headers.get_all(COOKIE).iter().filter_map(without_ours).collect();
    headers.remove(COOKIE);
    for value in kept {
        headers.append(COOKIE, value);
    }
}

/// Cookies may hold any bytes, so they are no text.
fn pairs(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value.as_bytes().split(|byte| *byte == b';')
}

fn is_ours(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    name.trim_ascii() == NAME.as_bytes()
}

/// The other cookies as they are; `None` where there are none.
fn without_ours(value: &HeaderValue) -> Option<HeaderValue> {
    let kept: Vec<&[u8]> = pairs(value).filter(|pair| !is_ours(pair)).collect();
    let joined = kept.join(&b';');
    let joined = joined.trim_ascii();
    // A part of a value that was one.
    (!joined.is_empty()).then(|| HeaderValue::from_bytes(joined).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values.iter().map(|value| (COOKIE, HeaderValue::from_bytes(value).unwrap())).collect()
    }

    #[test]
    fn ours_is_found_and_taken_out_and_others_stay_as_they_are() {
        let mut headers =
            headers(&[b"a=1; sea_release=x.y; b=\xe9", b"sea_release =z", b"sea_release2=1;c=sea_release=2"]);
        headers.insert(HEADER, HeaderValue::from_static("r1.00"));
        assert_eq!(values(&headers).collect::<Vec<_>>(), ["x.y", "z"]);
        strip(&mut headers);
        let left: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(left, [&b"a=1; b=\xe9"[..], b"sea_release2=1;c=sea_release=2"]);
        assert!(!headers.contains_key(HEADER));
    }

    #[test]
    fn requests_without_ours_are_not_touched() {
        let mut others = headers(&[b"; a=1 ;", b"\xff"]);
        let before = others.clone();
        strip(&mut others);
        assert_eq!(others, before);
    }

    proptest! {
        #[test]
        fn nothing_of_ours_is_left(parts in prop::collection::vec("(sea_release|a|b)? ?=?[a-z; =]{0,6}", 0..6)) {
            let mut headers = headers(&[parts.join(";").as_bytes()]);
            strip(&mut headers);
            prop_assert_eq!(values(&headers).count(), 0);
            prop_assert!(!headers.get_all(COOKIE).iter().flat_map(pairs).any(is_ours));
        }
    }
}

//! The headers that a proxy answers for.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, Entry, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};

use super::connection::Client;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
/// Names a request in every log that it comes by.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whether a comma-separated header has a token.
pub(crate) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers.get_all(name).iter().any(|value| tokens(value).any(|found| found.eq_ignore_ascii_case(token)))
}

fn tokens(value: &HeaderValue) -> impl Iterator<Item = &str> {
    value.to_str().unwrap_or_default().split(',').map(str::trim).filter(|token| !token.is_empty())
}

/// Whether a header is about one connection only (RFC 9110, 7.6.1), whatever `Connection` says.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == CONNECTION
        || *name == TRANSFER_ENCODING
        || *name == UPGRADE
        || *name == TE
        || *name == PROXY_AUTHORIZATION
        || *name == PROXY_AUTHENTICATE
        || *name == KEEP_ALIVE
        || *name == PROXY_CONNECTION
        || *name == HTTP2_SETTINGS
}

/// Removes everything that is about one connection only, named or not.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    // One pass over what is there costs less than a look-up of each that could be.
    let found: Vec<HeaderName> = headers.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    if found.is_empty() {
        return;
    }
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(tokens)
        .filter(|token| !token.eq_ignore_ascii_case("close") && !token.eq_ignore_ascii_case("keep-alive"))
        .filter_map(|token| token.parse().ok())
        // The length of a body is a fact about the message that is on its way already.
        .filter(|name| *name != CONTENT_LENGTH)
        .collect();
    for name in found.into_iter().chain(named) {
        headers.remove(name);
    }
}

/// What a request wants to change its connection into; `h2c` is never an answer, since whoever spoke HTTP/2 behind our
/// back could say anything.
pub(crate) fn upgrade_of(headers: &HeaderMap) -> Option<HeaderValue> {
    if !headers.contains_key(UPGRADE) || !has_token(headers, &CONNECTION, "upgrade") {
        return None;
    }
    let mut values = headers.get_all(UPGRADE).iter();
    let value = values.next()?.clone();
    let h2c = tokens(&value).any(|token| token.to_ascii_lowercase().starts_with("h2"));
    (values.next().is_none() && !h2c).then_some(value)
}

/// Makes the headers of a client's request those of the request to an upstream. Returns the id of the request.
pub(crate) fn prepare_request(
    headers: &mut HeaderMap,
    client: &Client,
    authority: Option<&HeaderValue>,
    upstream_host: Option<&HeaderValue>,
    trusted: bool,
    upgrade: Option<HeaderValue>,
) -> HeaderValue {
    let trailers = headers.contains_key(TE) && has_token(headers, &TE, "trailers");
    remove_hop_by_hop(headers);
    // The client's wait for 100 ends with us: it is answered when the upstream wants the body.
    headers.remove(EXPECT);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(protocol) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol);
    }
    forward(headers, client, authority, trusted);
    let host = upstream_host.or(authority).cloned().unwrap_or(HeaderValue::from_static("localhost"));
    headers.insert(HOST, host);
    identify(headers)
}

fn forward(headers: &mut HeaderMap, client: &Client, authority: Option<&HeaderValue>, trusted: bool) {
    let scheme = HeaderValue::from_static(client.scheme());
    if trusted {
        append(headers, X_FORWARDED_FOR, &client.forwarded_for);
        append(headers, FORWARDED, &forwarded(client, authority));
        headers.entry(X_FORWARDED_PROTO).or_insert(scheme);
        headers.entry(X_FORWARDED_PORT).or_insert_with(|| client.forwarded_port.clone());
        if let Some(authority) = authority {
            headers.entry(X_FORWARDED_HOST).or_insert_with(|| authority.clone());
        }
        return;
    }
    headers.insert(X_FORWARDED_FOR, client.forwarded_for.clone());
    headers.insert(X_FORWARDED_PROTO, scheme);
    headers.insert(X_FORWARDED_PORT, client.forwarded_port.clone());
    match authority {
        Some(authority) => headers.insert(X_FORWARDED_HOST, authority.clone()),
        None => headers.remove(X_FORWARDED_HOST),
    };
    headers.insert(FORWARDED, forwarded(client, authority));
    headers.remove(X_REAL_IP);
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &HeaderValue) {
    let joined: Vec<&[u8]> =
        headers.get_all(&name).iter().chain([value]).map(HeaderValue::as_bytes).collect();
    let joined = HeaderValue::from_bytes(&joined.join(&b", "[..])).unwrap_or_else(|_| value.clone());
    headers.insert(name, joined);
}

/// `Forwarded` (RFC 7239). A connection mostly asks for one host, so the last value is kept.
fn forwarded(client: &Client, authority: Option<&HeaderValue>) -> HeaderValue {
    let host = authority.cloned().unwrap_or(HeaderValue::from_static(""));
    let mut last = client.forwarded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((known, value)) = &*last
        && *known == host
    {
        return value.clone();
    }
    let by = if client.peer.is_ipv6() { format!("\"[{}]\"", client.peer) } else { client.peer.to_string() };
    let mut text = format!("for={by};proto={}", client.scheme()).into_bytes();
    if !host.is_empty() {
        text.extend_from_slice(b";host=\"");
        text.extend_from_slice(host.as_bytes());
        text.push(b'"');
    }
    let value = HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("for=unknown"));
    *last = Some((host, value.clone()));
    value
}

/// Passes on or makes `traceparent` and `x-request-id`; returns the latter.
fn identify(headers: &mut HeaderMap) -> HeaderValue {
    let traced = headers.get(TRACEPARENT).is_some_and(|value| is_traceparent(value.as_bytes()));
    let named = headers.get(X_REQUEST_ID).filter(|value| is_request_id(value.as_bytes())).cloned();
    if let (true, Some(id)) = (traced, &named) {
        return id.clone();
    }
    let (traceparent, trace_id) = new_trace();
    if !traced {
        headers.insert(TRACEPARENT, traceparent);
    }
    if let Some(id) = named {
        return id;
    }
    headers.insert(X_REQUEST_ID, trace_id.clone());
    trace_id
}

fn is_request_id(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
    (1..=128).contains(&id.len()) && id.iter().all(allowed)
}

/// W3C Trace Context: version, trace id, parent id, flags; lower-case hexadecimal, ids not all zero, version not `ff`.
fn is_traceparent(value: &[u8]) -> bool {
    let hex = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
    let some = |part: &[u8]| part.iter().any(|byte| *byte != b'0');
    let length = if value.starts_with(b"00") {
        value.len() == 55
    } else {
        value.len() == 55 || value.get(55) == Some(&b'-')
    };
    length
        && [2, 35, 52].iter().all(|at| value[*at] == b'-')
        && hex(&value[..2])
        && !value.starts_with(b"ff")
        && hex(&value[3..35])
        && some(&value[3..35])
        && hex(&value[36..52])
        && some(&value[36..52])
        && hex(&value[53..55])
}

/// A new `traceparent`, and the trace id in it, which also names the request: one identity, two spellings.
fn new_trace() -> (HeaderValue, HeaderValue) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = BytesMut::with_capacity(55);
    let hex = |number: u64, text: &mut BytesMut| {
        // Never all zero, which would be no id.
        let number = number | 1;
        for shift in (0..64).step_by(4).rev() {
            text.put_u8(DIGITS[(number >> shift & 15) as usize]);
        }
    };
    text.put_slice(b"00-");
    hex(fastrand::u64(..), &mut text);
    hex(fastrand::u64(..), &mut text);
    text.put_slice(b"-");
    hex(fastrand::u64(..), &mut text);
    text.put_slice(b"-01");
    let text: Bytes = text.freeze();
    let value = |text| HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static("unknown"));
    (value(text.clone()), value(text.slice(3..35)))
}

/// Makes the headers of an upstream's answer those of the answer to the client.
pub(crate) fn prepare_answer(headers: &mut HeaderMap, request_id: HeaderValue) {
    remove_hop_by_hop(headers);
    if let Entry::Vacant(entry) = headers.entry(X_REQUEST_ID) {
        entry.insert(request_id);
    }
}

/// How long an upstream said that it keeps an idle connection: `Keep-Alive: timeout=5`.
pub(crate) fn keep_alive_of(headers: &HeaderMap) -> Option<std::time::Duration> {
    let value = headers.get(KEEP_ALIVE)?;
    let timeout = tokens(value).find_map(|token| token.strip_prefix("timeout="))?;
    // Half a second for what is on its way when the upstream decides to close.
    let said = std::time::Duration::from_secs(timeout.parse().ok()?);
    Some(said.saturating_sub(std::time::Duration::from_millis(500)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_traces_are_valid_and_differ() {
        let (first, id) = new_trace();
        assert!(is_traceparent(first.as_bytes()), "{first:?}");
        assert_eq!(&first.as_bytes()[3..35], id.as_bytes());
        assert_ne!(first, new_trace().0);
    }

    #[test]
    fn traceparents() {
        let valid = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_traceparent(valid));
        assert!(is_traceparent(b"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
        for bad in [
            &b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"[..],
            b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            b"00-00000000000000000000000000000000-b7ad6b7169203331-01",
            b"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            b"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            b"",
        ] {
            assert!(!is_traceparent(bad), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn headers_named_in_connection_go_with_it() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Secret"),
            ("connection", "keep-alive"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("x-kept", "1"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        assert_eq!(keep_alive_of(&headers), Some(std::time::Duration::from_millis(4500)));
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }

    #[test]
    fn h2c_is_no_upgrade() {
        let upgrade = |protocol| {
            let mut headers = HeaderMap::new();
            headers.insert(CONNECTION, HeaderValue::from_static("Upgrade, HTTP2-Settings"));
            headers.insert(UPGRADE, HeaderValue::from_static(protocol));
            upgrade_of(&headers).is_some()
        };
        assert!(upgrade("websocket") && !upgrade("h2c") && !upgrade("websocket, H2C"));
    }
}

//! What is done before a request finds its route: tests of the name are answered, hosts with a certificate kept to HTTPS.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, STRICT_TRANSPORT_SECURITY};
use http::{Method, Request, Response, StatusCode};

use super::admission::Asked;
use super::body::AnswerKind;
use super::connection::Client;
use super::live::LiveTable;
use crate::table::{Certificate, HTTPS_PORT, Hsts};

/// Where tests of a name ask (RFC 8555, 8.3).
const CHALLENGES: &str = "/.well-known/acme-challenge/";
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What becomes of a request before it is routed.
pub(crate) enum Before {
    /// It is answered.
    Answered(Box<Response<AnswerKind>>),
    /// It goes on; its answer tells the client to keep to HTTPS, or not.
    GoesOn(Option<HeaderValue>),
}

/// Judges a request.
pub(crate) fn before<B>(client: &Client, request: &Request<B>, asked: &Asked) -> Before {
    let table = client.worker.shared.table.load();
    let Some(tls) = &table.tls else { return Before::GoesOn(None) };
    let path = request.uri().path();
    if let Some(token) = path.strip_prefix(CHALLENGES) {
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        return match tls.table.challenges.http.get(token).filter(|_| reads) {
            Some(answer) => Before::Answered(Box::new(challenge(answer))),
            // Of some other program, behind a route. Never redirected: who tests a name over plain HTTP may have no
            // reason to trust the certificate yet.
            None => Before::GoesOn(None),
        };
    }
    let host = asked.host();
    let Some(certificate) = tls.certificate(&host).filter(|_| !is_local(&host)) else {
        return Before::GoesOn(None);
    };
    if is_secure(client, &table, request.headers()) {
        return Before::GoesOn(certificate.hsts.map(hsts));
    }
    match redirect(certificate, &host, tls.table.port, request) {
        Some(location) => Before::Answered(Box::new(permanent(location))),
        None => Before::GoesOn(None),
    }
}

/// Tells a client to keep to HTTPS, unless the app has said something of its own.
pub(crate) fn tell(headers: &mut HeaderMap, hsts: Option<HeaderValue>) {
    if let Some(hsts) = hsts {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(hsts);
    }
}

/// Whether the client speaks TLS, with us or with a proxy before us whose word is taken.
fn is_secure(client: &Client, table: &LiveTable, headers: &HeaderMap) -> bool {
    client.is_secure
        || table.trusted_proxies.contains(&client.peer)
            && headers
                .get(X_FORWARDED_PROTO)
                .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Names and addresses that no public certificate is for.
fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with('[')
        || host.parse::<IpAddr>().is_ok()
}

fn redirect<B>(
    certificate: &Certificate,
    host: &str,
    port: Option<u16>,
    request: &Request<B>,
) -> Option<HeaderValue> {
    if !certificate.redirect {
        return None;
    }
    let port = port.filter(|port| *port != HTTPS_PORT).map(|port| format!(":{port}")).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    HeaderValue::from_str(&format!("https://{host}{port}{path}")).ok()
}

/// 308 keeps method and body.
fn permanent(location: HeaderValue) -> Response<AnswerKind> {
    let mut response = Response::new(AnswerKind::Empty);
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response
}

fn challenge(answer: &str) -> Response<AnswerKind> {
    let mut response = Response::new(AnswerKind::Whole(Bytes::copy_from_slice(answer.as_bytes())));
    let plain = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

fn hsts(hsts: Hsts) -> HeaderValue {
    let below = if hsts.include_subdomains { "; includeSubDomains" } else { "" };
    let text = format!("max-age={}{below}", hsts.max_age.as_secs());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("max-age=0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_stay_plain() {
        for local in ["localhost", "production.shop.localhost", "127.0.0.1", "[::1]"] {
            assert!(is_local(local), "{local}");
        }
        assert!(!is_local("localhost.example") && !is_local("shop.example"));
    }

    #[test]
    fn what_clients_are_told() {
        assert_eq!(hsts(Hsts::default()), "max-age=31536000");
        let all = Hsts { include_subdomains: true, ..Hsts::default() };
        assert_eq!(hsts(all), "max-age=31536000; includeSubDomains");
    }
}

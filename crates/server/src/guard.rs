//! What keeps the pages of other sites away from the listener for browsers.
//!
//! A page on the Web can make a browser send requests to loopback. It cannot choose `Host` (so DNS rebinding shows),
//! nor hide its `Origin`, nor forge `Sec-Fetch-Site`; what it cannot read it does not get either, since no answer
//! allows another origin (no CORS). The app under development is another origin, too: its pages get nothing here.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::header::{HOST, ORIGIN};
use hyper::{HeaderMap, Method, StatusCode};

use crate::problem::Problem;

/// Refuses what a page of another site could have sent; `port` is the listener's.
pub(crate) async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    match check(port, request.method(), request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(port: u16, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let host = one(headers, HOST.as_str())?.unwrap_or_default();
    if !is_ours(host, port) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "host",
            "Another host was asked for",
            "this listener answers for localhost alone, and the request names another host",
        )
        .next(format!("open http://localhost:{port}/")));
    }
    let ours = format!("http://{host}");
    let origin = one(headers, ORIGIN.as_str())?;
    let site = one(headers, "sec-fetch-site")?;
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    let origin_ok = origin.map_or(!changes, |origin| origin.eq_ignore_ascii_case(&ours));
    // A link on another page may open the dashboard; nothing else of another page gets through.
    let opens_a_page = !changes
        && !path.starts_with("/api/")
        && one(headers, "sec-fetch-mode")? == Some("navigate")
        && one(headers, "sec-fetch-dest")? == Some("document");
    let site_ok = match site {
        None | Some("same-origin") => true,
        Some("none") => !changes,
        Some(_) => opens_a_page,
    };
    if origin_ok && site_ok {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "origin",
        "Another site asked",
        "only the dashboard itself may ask here, and the request does not come from it",
    )
    .next(format!("use the `sea` command, or send `Origin: {ours}` from a program of your own")))
}

/// The header, when it is there once; a header that is there twice is a trick.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().unwrap_or("?"));
    if values.next().is_some() {
        return Err(Problem::parameter(format!("the header {name} is there more than once")));
    }
    Ok(value)
}

/// `localhost`, a name below it, or a loopback address, with our port.
fn is_ours(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, given)) if !given.ends_with(']') => (name, given.parse().ok()),
        _ => (host, Some(80)),
    };
    let name = name.to_ascii_lowercase();
    given == Some(port)
        && (matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
            || name.strip_suffix(".localhost").is_some_and(|label| !label.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn hosts() {
        for ours in
            ["localhost:7000", "127.0.0.1:7000", "[::1]:7000", "LOCALHOST:7000", "shop.localhost:7000"]
        {
            assert!(is_ours(ours, 7000), "{ours}");
        }
        assert!(is_ours("localhost", 80));
        for other in [
            "",
            "localhost",
            "localhost:7001",
            "evil.example:7000",
            "localhost.evil.example:7000",
            ".localhost:7000",
        ] {
            assert!(!is_ours(other, 7000), "{other}");
        }
        assert!(
            !is_ours("127.0.0.2:7000", 7000)
                && !is_ours("[::1]", 7000)
                && !is_ours("notlocalhost:7000", 7000)
        );
    }

    #[test]
    fn a_link_from_elsewhere_opens_the_dashboard_and_nothing_else() {
        let navigation = headers(&[
            ("host", "localhost:7000"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ]);
        assert!(check(7000, &Method::GET, "/", &navigation).is_ok());
        assert!(check(7000, &Method::GET, "/api/v1/app", &navigation).is_err());
        assert!(check(7000, &Method::POST, "/", &navigation).is_err());
    }

    #[test]
    fn changes_need_our_origin() {
        let post = |pairs: &[(&'static str, &str)]| {
            let mut all = vec![("host", "localhost:7000")];
            all.extend_from_slice(pairs);
            check(7000, &Method::POST, "/api/v1/services/web/stop", &headers(&all)).is_ok()
        };
        assert!(post(&[("origin", "http://localhost:7000")]));
        assert!(post(&[("origin", "http://localhost:7000"), ("sec-fetch-site", "same-origin")]));
        assert!(!post(&[]));
        assert!(!post(&[("origin", "null")]));
        assert!(!post(&[("origin", "http://127.0.0.1:7000")]), "another name is another origin");
        assert!(!post(&[("origin", "https://localhost:7000")]));
        assert!(!post(&[("origin", "http://localhost:7000"), ("sec-fetch-site", "same-site")]));
        assert!(!post(&[("origin", "http://localhost:7000"), ("origin", "http://evil.example")]));
    }
}

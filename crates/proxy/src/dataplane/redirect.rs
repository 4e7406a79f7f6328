//! Answers that name another address.

use http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use http::{Request, Response, StatusCode};

use super::body::AnswerKind;
use crate::table::{Redirect, Route};

/// The answer to a request for a route that redirects. 307 and 308, unlike 302 and 301, keep method and body.
pub(crate) fn answer<B>(request: &Request<B>, route: &Route, redirect: &Redirect) -> Response<AnswerKind> {
    let location = location(request.uri(), route.path.as_str(), redirect);
    let mut response = Response::new(AnswerKind::Empty);
    *response.status_mut() =
        if redirect.permanent { StatusCode::PERMANENT_REDIRECT } else { StatusCode::TEMPORARY_REDIRECT };
    response.headers_mut().insert(LOCATION, location);
    if !redirect.permanent {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn location(uri: &http::Uri, prefix: &str, redirect: &Redirect) -> HeaderValue {
    let mut to = redirect.to.clone();
    if redirect.keep_path {
        let rest = uri.path().strip_prefix(prefix).unwrap_or_default().trim_start_matches('/');
        if !rest.is_empty() {
            to = format!("{}/{rest}", to.trim_end_matches('/'));
        }
        if let Some(query) = uri.query() {
            to.push(if to.contains('?') { '&' } else { '?' });
            to.push_str(query);
        }
    }
    // The table was checked to hold a value that fits a header, and so does what hyper took for an address.
    HeaderValue::from_str(&to).unwrap_or(HeaderValue::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept() {
        let to = |to: &str, keep_path, uri: &'static str| {
            let redirect = Redirect { to: to.into(), keep_path, permanent: false };
            location(&http::Uri::from_static(uri), "/old", &redirect).to_str().unwrap().to_owned()
        };
        assert_eq!(to("https://x.test", true, "/old/a?b=c"), "https://x.test/a?b=c");
        assert_eq!(to("/new/", true, "/old"), "/new/");
        assert_eq!(to("/new", false, "/old/a?b=c"), "/new");
        assert_eq!(to("/new", true, "/old//evil.test"), "/new/evil.test");
    }
}

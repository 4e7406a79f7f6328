//! What a request must be before anything is done with it.

use http::header::{HOST, HeaderMap};
use http::{HeaderValue, Method, Request, StatusCode, Uri, Version};

use crate::table::{PathRefusal, check_path, normalise_host};

/// Why a request is refused. It is told in the answer: whoever sends such a thing by mistake wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Connect,
    NoHost,
    SeveralHosts,
    BadHost,
    HostMismatch,
    BadScheme,
    Path(PathRefusal),
    Asterisk,
}

impl Refused {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Connect => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Connect => "This is no forward proxy: CONNECT is not served.",
            Self::NoHost => "The request names no host.",
            Self::SeveralHosts => "The request has several Host headers.",
            Self::BadHost => "The Host header is no host.",
            Self::HostMismatch => "The host of the address and the Host header differ.",
            Self::BadScheme => "Only http and https addresses are served.",
            Self::Path(PathRefusal::DotSegment) => "The path has a `.` or `..` segment.",
            Self::Path(PathRefusal::BadCharacter) => "The path has a control character or a backslash.",
            Self::Asterisk => "`*` is no path that could be served.",
        }
    }
}

/// The authority that a request is for, as a client wrote it, and the host in it as routes know it.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Host and port; absent in HTTP/1.0 only.
    pub(crate) authority: Option<HeaderValue>,
}

impl Asked {
    /// The host as routes know it; empty where there is none.
    pub(crate) fn host(&self) -> std::borrow::Cow<'_, str> {
        let text = self.authority.as_ref().and_then(|authority| authority.to_str().ok()).unwrap_or_default();
        normalise_host(text).unwrap_or_default()
    }
}

/// Judges a request and puts its address into origin form.
pub(crate) fn admit<B>(request: &mut Request<B>) -> Result<Asked, Refused> {
    if request.method() == Method::CONNECT {
        return Err(Refused::Connect);
    }
    let authority = match (single_host(request.headers())?, request.uri().authority()) {
        (header, Some(address)) => {
            let scheme = request.uri().scheme_str().unwrap_or("http");
            if scheme != "http" && scheme != "https" {
                return Err(Refused::BadScheme);
            }
            let address = address.as_str();
            let host = normalise_host(address).ok_or(Refused::BadHost)?;
            match header {
                Some(header) => {
                    let same = |text| normalise_host(text).is_some_and(|named| named == host);
                    if !header.to_str().is_ok_and(same) {
                        return Err(Refused::HostMismatch);
                    }
                    Some(header)
                }
                None => Some(HeaderValue::from_str(address).map_err(|_| Refused::BadHost)?),
            }
        }
        (Some(header), None) => {
            if !header.to_str().is_ok_and(|text| normalise_host(text).is_some()) {
                return Err(Refused::BadHost);
            }
            Some(header)
        }
        (None, None) if request.version() == Version::HTTP_10 => None,
        (None, None) => return Err(Refused::NoHost),
    };
    if request.uri().path() == "*" {
        return Err(Refused::Asterisk);
    }
    check_path(request.uri().path()).map_err(Refused::Path)?;
    if request.uri().authority().is_some() {
        let parts = request.uri().path_and_query().cloned();
        *request.uri_mut() = parts.map_or_else(|| Uri::from_static("/"), Uri::from);
    }
    Ok(Asked { authority })
}

fn single_host(headers: &HeaderMap) -> Result<Option<HeaderValue>, Refused> {
    let mut values = headers.get_all(HOST).iter();
    let first = values.next().cloned();
    if values.next().is_some() { Err(Refused::SeveralHosts) } else { Ok(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(uri: &str, hosts: &[&str], version: Version) -> Result<(String, String), Refused> {
        let mut request = Request::builder().uri(uri).version(version);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let mut request = request.body(()).unwrap();
        let asked = admit(&mut request)?;
        Ok((asked.host().into_owned(), request.uri().to_string()))
    }

    #[test]
    fn hosts_of_every_form() {
        let fine = |host: &str, uri: &str| Ok((host.to_owned(), uri.to_owned()));
        assert_eq!(admitted("/a?b", &["X.test:80"], Version::HTTP_11), fine("x.test", "/a?b"));
        assert_eq!(admitted("http://x.test/a?b", &["x.test"], Version::HTTP_11), fine("x.test", "/a?b"));
        assert_eq!(admitted("http://x.test:8080/a", &[], Version::HTTP_2), fine("x.test", "/a"));
        assert_eq!(admitted("/", &[], Version::HTTP_10), fine("", "/"));
    }

    #[test]
    fn what_is_refused() {
        let refused = |uri, hosts: &[&str]| admitted(uri, hosts, Version::HTTP_11).unwrap_err();
        assert_eq!(refused("/", &[]), Refused::NoHost);
        assert_eq!(refused("/", &["a", "a"]), Refused::SeveralHosts);
        for host in ["", "a b", "a/b", "user@a", "a:b"] {
            assert_eq!(refused("/", &[host]), Refused::BadHost, "{host}");
        }
        assert_eq!(refused("http://a/", &["b"]), Refused::HostMismatch);
        assert_eq!(refused("ftp://a/", &["a"]), Refused::BadScheme);
        assert_eq!(refused("/a/%2e%2e/b", &["a"]), Refused::Path(PathRefusal::DotSegment));
    }
}

//! Static sites: from a request to a file, or to the reason why there is none.
//!
//! tower-http's `ServeDir` was the alternative. It follows links out of the folder, serves hidden files and knows no
//! compression on the fly, so that most of this would have been written around it.

mod cache;
mod file;
mod media;
mod open;
mod range;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, LOCATION, RANGE,
    VARY,
};
use http::{Method, Request, Response, StatusCode};
use seaworthy_rollout::assets::is_hashed;

pub(crate) use self::file::FileBody;
use self::open::{Lookup, Opened};
use self::range::Ranged;
use super::body::AnswerKind;
use super::pages::Page;
use crate::table::{Route, StaticSite, decode};

const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
/// Files up to this size are read at once with their opening: one visit to the thread pool instead of two.
const SMALL: u64 = 64 << 10;

/// How the bytes of a file are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    /// Compressed while it is sent.
    Gzip,
    /// The file is compressed already.
    Stored(&'static str),
}

impl Coding {
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Stored(name) => Some(name),
        }
    }
}

/// Answers a request for a static site.
pub(crate) async fn answer<B>(
    request: &Request<B>,
    route: &Route,
    site: &StaticSite,
    peer: IpAddr,
) -> Response<AnswerKind> {
    let page = |status, message: &str| Page::of(status, message).into_response(request, peer);
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = page(StatusCode::METHOD_NOT_ALLOWED, "A static site is only read.");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let path = request.uri().path();
    let path = if route.options.strip_prefix {
        path.strip_prefix(route.path.as_str()).unwrap_or(path)
    } else {
        path
    };
    let Some(lookup) = lookup(path, site, request.headers()) else {
        return page(StatusCode::NOT_FOUND, "There is no such file.");
    };
    // Files may be on a slow disk: they are opened and read where waiting is harmless.
    let opened = tokio::task::spawn_blocking(move || open::open(&lookup)).await;
    match opened {
        Ok(Ok(Some(Opened::Directory))) => to_directory(request),
        Ok(Ok(Some(Opened::File(found)))) => respond(request, *found),
        Ok(Ok(None)) => page(StatusCode::NOT_FOUND, "There is no such file."),
        Ok(Err(_)) | Err(_) => page(StatusCode::INTERNAL_SERVER_ERROR, "The file could not be read."),
    }
}

/// What to look for; `None` for paths that no file of a site has.
fn lookup(path: &str, site: &StaticSite, headers: &HeaderMap) -> Option<Lookup> {
    let decoded = decode(path)?;
    let mut relative = PathBuf::new();
    for segment in decoded.split('/').filter(|segment| !segment.is_empty()) {
        // `.well-known` is meant to be read (RFC 8615); `.git` and `.env` are not.
        let hidden = segment.starts_with('.') && segment != ".well-known";
        if hidden || segment.contains('\0') || segment.contains('\\') {
            return None;
        }
        relative.push(segment);
    }
    let accepts = |what| {
        headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|all| all.contains(what))
    };
    let has_extension = relative.extension().is_some();
    // A missing script answered with a page of HTML helps nobody: only what a person would visit falls back.
    let fallback = site.spa_fallback.clone().filter(|_| accepts("text/html") || !has_extension);
    Some(Lookup {
        root: site.root.clone(),
        older: if is_hashed(&decoded) { site.older.clone() } else { Vec::new() },
        relative,
        directory: decoded.ends_with('/') || decoded.is_empty(),
        fallback,
        codings: if headers.contains_key(RANGE) { media::Accepted::default() } else { accepted(headers) },
    })
}

fn accepted(headers: &HeaderMap) -> media::Accepted {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    media::Accepted::parse(values)
}

/// A folder without `/` at the end of its address: relative links in its index would miss it.
fn to_directory<B>(request: &Request<B>) -> Response<AnswerKind> {
    // Not `//host/`, which would be another site.
    let mut location = format!("/{}/", request.uri().path().trim_matches('/'));
    if let Some(query) = request.uri().query() {
        location.push('?');
        location.push_str(query);
    }
    let mut response = Response::new(AnswerKind::Empty);
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn respond<B>(request: &Request<B>, found: open::Found) -> Response<AnswerKind> {
    let etag = cache::etag(&found);
    let modified = found.modified.map(whole_seconds);
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(ETAG, etag.clone());
    if let Some(value) = modified.and_then(|time| HeaderValue::from_str(&httpdate::fmt_http_date(time)).ok())
    {
        headers.insert(LAST_MODIFIED, value);
    }
    headers.insert(CACHE_CONTROL, cache::control(&found.name));
    if found.varies {
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if cache::is_fresh(request.headers(), &etag, modified) {
        return with(StatusCode::NOT_MODIFIED, headers, AnswerKind::Empty);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media::content_type(&found.name)));
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    if let Some(coding) = found.coding.name() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    } else {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    let ranged = match range::of(request.headers(), found.length, &etag, modified) {
        _ if found.coding != Coding::Identity => Ranged::Whole,
        ranged => ranged,
    };
    let (status, start, length) = match ranged {
        Ranged::Whole => (StatusCode::OK, 0, found.length),
        Ranged::Part { start, length } => {
            let text = format!("bytes {start}-{}/{}", start + length - 1, found.length);
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(CONTENT_RANGE, value);
            }
            (StatusCode::PARTIAL_CONTENT, start, length)
        }
        Ranged::Unsatisfiable => {
            if let Ok(value) = HeaderValue::from_str(&format!("bytes */{}", found.length)) {
                headers.insert(CONTENT_RANGE, value);
            }
            headers.remove(CONTENT_TYPE);
            return with(StatusCode::RANGE_NOT_SATISFIABLE, headers, AnswerKind::Empty);
        }
    };
    if found.coding != Coding::Gzip {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let kind =
        if request.method() == Method::HEAD { AnswerKind::Empty } else { content(found, start, length) };
    with(status, headers, kind)
}

fn content(found: open::Found, start: u64, length: u64) -> AnswerKind {
    match (found.content, usize::try_from(start), usize::try_from(length)) {
        (open::Content::Whole(bytes), Ok(start), Ok(length)) if found.coding != Coding::Gzip => {
            AnswerKind::Whole(bytes.slice(start.min(bytes.len())..(start + length).min(bytes.len())))
        }
        (open::Content::Whole(bytes), ..) => AnswerKind::File(Box::new(FileBody::compressed(bytes))),
        (open::Content::File(file), ..) => {
            AnswerKind::File(Box::new(FileBody::new(file, start, length, found.coding == Coding::Gzip)))
        }
    }
}

fn with(status: StatusCode, headers: HeaderMap, kind: AnswerKind) -> Response<AnswerKind> {
    let mut response = Response::new(kind);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// HTTP dates have whole seconds; a time that kept its fraction would always be newer than what the client was told.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since.as_secs())
}

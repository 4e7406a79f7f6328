//! The built dashboard, which is part of the program.
//!
//! The files are kept and sent as they are: to a browser on the same machine a hundred kilobytes arrive sooner than
//! they could be unpacked, and a compressed copy beside each would only make the program larger.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::OnceLock;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{Method, StatusCode};
use include_dir::{Dir, File, include_dir};

use crate::problem::Problem;

static ASSETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets");

/// Vite puts a hash of its content into the name of everything below this folder.
const HASHED: &str = "assets/";

/// A file of the dashboard, or a refusal.
pub(crate) async fn asset(request: Request) -> Response {
    let path = request.uri().path();
    let name = path.strip_prefix('/').unwrap_or(path);
    let Some(file) = ASSETS.get_file(if name.is_empty() { "index.html" } else { name }) else {
        return Problem::path(path).into_response();
    };
    let Some(kind) = kind(file) else {
        return Problem::path(path).into_response();
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return crate::api::method_not_allowed().await.into_response();
    }
    let etag = etag(file);
    let cache = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|known| matches(known, &etag));
    let headers = [(ETAG, etag), (CACHE_CONTROL, HeaderValue::from_static(cache))];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(CONTENT_TYPE, HeaderValue::from_static(kind))], file.contents()).into_response()
}

/// Its media type; none for what lies beside the files that are served.
fn kind(file: &File<'_>) -> Option<&'static str> {
    Some(match file.path().extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

/// A strong validator: a hash of the content, made once.
fn etag(file: &'static File<'static>) -> HeaderValue {
    static ETAGS: OnceLock<HashMap<&'static std::path::Path, HeaderValue>> = OnceLock::new();
    let etags = ETAGS.get_or_init(|| {
        let mut files = Vec::new();
        collect(&ASSETS, &mut files);
        files.into_iter().map(|file| (file.path(), hash(file.contents()))).collect()
    });
    etags.get(file.path()).cloned().unwrap_or_else(|| hash(file.contents()))
}

fn collect(folder: &'static Dir<'static>, files: &mut Vec<&'static File<'static>>) {
    files.extend(folder.files());
    folder.dirs().for_each(|inner| collect(inner, files));
}

fn hash(content: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    let text = format!("\"{:016x}\"", hasher.finish());
    // Digits and quotes make a header.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// `If-None-Match` names this content; a weak validator may stand for it there (RFC 9110, 13.1.2).
fn matches(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known
        .split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/").as_bytes() == etag.as_bytes())
}

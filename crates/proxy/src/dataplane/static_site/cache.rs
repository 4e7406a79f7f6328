//! What clients may keep, and how they ask whether it is still good.

use std::path::Path;
use std::time::SystemTime;

use http::header::{HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH};

use super::Coding;
use super::open::Found;

/// Folders whose files carry a digest in their name (Vite, webpack, Next, Astro, SvelteKit, Create React App).
const HASHED_FOLDERS: [&str; 6] = ["assets", "static", "_next", "_astro", "immutable", "build"];

/// The entity tag of a file in a coding. What is compressed on the fly is the same only in meaning: a weak tag.
pub(crate) fn etag(found: &Found) -> HeaderValue {
    let nanos =
        found.modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
    let (weak, suffix) = match found.coding {
        Coding::Identity => ("", String::new()),
        Coding::Gzip => ("W/", "-gzip".to_owned()),
        Coding::Stored(name) => ("", format!("-{name}")),
    };
    let text = format!("{weak}\"{:x}-{:x}{suffix}\"", nanos.as_nanos(), found.length);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("W/\"0\""))
}

/// Whether what the client has is still good (RFC 9110, 13.2.2: a tag overrules a date).
pub(crate) fn is_fresh(headers: &HeaderMap, etag: &HeaderValue, modified: Option<SystemTime>) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    if headers.contains_key(IF_NONE_MATCH) {
        let ours = opaque(etag.to_str().unwrap_or_default());
        let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        return values.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == ours);
    }
    let since = headers.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    let since = since.and_then(|text| httpdate::parse_http_date(text).ok());
    since.zip(modified).is_some_and(|(since, modified)| modified <= since)
}

/// `Cache-Control` of a file: what has a digest in its name never changes; everything else is asked for each time, which
/// costs a 304.
pub(crate) fn control(name: &Path) -> HeaderValue {
    if is_hashed(name) {
        HeaderValue::from_static("public, max-age=31536000, immutable")
    } else {
        HeaderValue::from_static("no-cache")
    }
}

/// Whether a name carries a digest. Judged strictly: a file that changes and was promised not to is worse than one
/// question too many.
fn is_hashed(name: &Path) -> bool {
    let below = name.parent().is_some_and(|parent| {
        parent.iter().any(|folder| folder.to_str().is_some_and(|folder| HASHED_FOLDERS.contains(&folder)))
    });
    let file = name.file_name().and_then(|file| file.to_str()).unwrap_or_default();
    let mut parts = file.split('.');
    let stem = parts.next().unwrap_or_default();
    let last_of_stem = stem.rsplit_once('-').map_or(stem, |(_, last)| last);
    below && (is_digest(last_of_stem) || parts.any(is_digest))
}

/// At least eight characters of hexadecimal, or of letters in both cases and digits that no word would mix like that.
fn is_digest(part: &str) -> bool {
    let bytes = part.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let hexadecimal = bytes.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
    let inner_capitals =
        bytes.iter().skip(1).any(u8::is_ascii_uppercase) && bytes.iter().any(u8::is_ascii_lowercase);
    let base64 = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    bytes.len() >= 8
        && ((hexadecimal && digits > 0 && letters > 0)
            || (base64 && bytes.len() <= 12 && inner_capitals && digits > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digests_in_known_folders_are_kept_for_good() {
        for hashed in [
            "assets/index-BxY3k9aQ.js",
            "static/js/main.4f3a2b1c.js",
            "_next/static/chunks/12-0a1b2c3d4e5f6a7b.js",
        ] {
            assert!(is_hashed(Path::new(hashed)), "{hashed}");
        }
        for plain in [
            "index.html",
            "assets/logo.svg",
            "main.4f3a2b1c.js",
            "assets/document1.pdf",
            "assets/deadbeef.png",
        ] {
            assert!(!is_hashed(Path::new(plain)), "{plain}");
        }
    }

    #[test]
    fn a_tag_overrules_a_date() {
        let etag = HeaderValue::from_static("\"a-1\"");
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let mut headers = HeaderMap::new();
        headers.insert(IF_MODIFIED_SINCE, HeaderValue::from_str(&httpdate::fmt_http_date(now)).unwrap());
        assert!(is_fresh(&headers, &etag, Some(now)));
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"b\", W/\"a-1\""));
        assert!(is_fresh(&headers, &etag, None));
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"b\""));
        assert!(!is_fresh(&headers, &etag, Some(now)));
    }
}

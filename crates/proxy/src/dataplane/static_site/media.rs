//! Types of files, and which of them are worth compressing.

use std::path::Path;

/// Below this, the headers of compression cost what it saves.
pub(crate) const WORTH_COMPRESSING: u64 = 1024;

/// Extension and type, text first. Scripts and pages must be right (browsers refuse them otherwise), the rest should.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("cjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("xml", "application/xml"),
    ("rss", "application/rss+xml"),
    ("atom", "application/atom+xml"),
    ("svg", "image/svg+xml"),
    ("wasm", "application/wasm"),
    ("ico", "image/x-icon"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("eot", "application/vnd.ms-fontobject"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("wav", "audio/wav"),
    ("m4a", "audio/mp4"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("pdf", "application/pdf"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("br", "application/octet-stream"),
];

/// How many of [`TYPES`] shrink.
const COMPRESSIBLE: usize = 21;

fn position(name: &Path) -> Option<usize> {
    let extension = name.extension()?.to_str()?;
    TYPES.iter().position(|(known, _)| known.eq_ignore_ascii_case(extension))
}

/// The type of a file by its name.
pub(crate) fn content_type(name: &Path) -> &'static str {
    position(name).map_or("application/octet-stream", |at| TYPES[at].1)
}

/// Whether a file shrinks when compressed.
pub(crate) fn is_compressible(name: &Path) -> bool {
    position(name).is_some_and(|at| at < COMPRESSIBLE)
}

/// What a client takes, of what is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    gzip: bool,
    br: bool,
}

impl Accepted {
    /// Reads `Accept-Encoding` (RFC 9110, 12.5.3).
    pub(crate) fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let (mut gzip, mut br, mut any) = (None, None, false);
        for item in values.flat_map(|value| value.split(',')) {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let taken = weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0));
            if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                gzip = Some(taken);
            } else if name.eq_ignore_ascii_case("br") {
                br = Some(taken);
            } else if name == "*" {
                any = taken;
            }
        }
        Self { gzip: gzip.unwrap_or(any), br: br.unwrap_or(any) }
    }

    /// Whether a coding is taken.
    pub(crate) fn takes(self, coding: &str) -> bool {
        match coding {
            "gzip" => self.gzip,
            "br" => self.br,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_of_the_table_is_where_it_says() {
        assert!(is_compressible(Path::new("a.otf")) && is_compressible(Path::new("a.JS")));
        assert!(is_compressible(Path::new("a.eot")) && !is_compressible(Path::new("a.png")));
        assert!(!is_compressible(Path::new("a")));
    }

    #[test]
    fn accepted_codings() {
        let parse = |text: &str| Accepted::parse(std::iter::once(text));
        assert_eq!(parse("gzip, deflate, br"), Accepted { gzip: true, br: true });
        assert_eq!(parse("gzip;q=0, br;q=0.5"), Accepted { gzip: false, br: true });
        assert_eq!(parse("*;q=0.1"), Accepted { gzip: true, br: true });
        assert_eq!(parse("br;q=0, *"), Accepted { gzip: true, br: false });
        assert_eq!(parse("identity"), Accepted::default());
    }
}

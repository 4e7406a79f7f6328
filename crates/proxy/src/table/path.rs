//! Paths of requests: what is refused before anything is matched or opened by them.

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRefusal {
    /// `.` or `..` as a segment, as it is or percent-encoded. Browsers and clients resolve them before they send.
    DotSegment,
    /// A NUL byte, a control character or a backslash, as it is or percent-encoded.
    BadCharacter,
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The next byte of a path and how many bytes it is written with.
fn next(path: &[u8]) -> Option<(u8, usize)> {
    match *path {
        [b'%', high, low, ..] => match (hex(high), hex(low)) {
            (Some(high), Some(low)) => Some((high << 4 | low, 3)),
            _ => Some((b'%', 1)),
        },
        [byte, ..] => Some((byte, 1)),
        [] => None,
    }
}

/// Refuses paths that mean another path to whoever resolves them. An encoded `/` counts as one, since some servers
/// decode before they split.
pub fn check_path(path: &str) -> Result<(), PathRefusal> {
    let mut rest = path.as_bytes();
    let (mut dots, mut length) = (0_usize, 0_usize);
    loop {
        let item = next(rest);
        match item {
            None | Some((b'/', _)) => {
                if length == dots && (dots == 1 || dots == 2) {
                    return Err(PathRefusal::DotSegment);
                }
                (dots, length) = (0, 0);
            }
            Some((b'\\' | 0x7f | 0..=0x1f, _)) => return Err(PathRefusal::BadCharacter),
            Some((byte, _)) => {
                length += 1;
                dots += usize::from(byte == b'.');
            }
        }
        match item {
            Some((_, width)) => rest = &rest[width..],
            None => return Ok(()),
        }
    }
}

/// The path with its percent-encodings resolved, or `None` where one is malformed or the result is not UTF-8.
#[must_use]
pub fn decode(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, width)) = next(rest) {
        if byte == b'%' && width == 1 {
            return None;
        }
        bytes.push(byte);
        rest = &rest[width..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_are_refused_in_every_spelling() {
        for path in [
            "/..",
            "/../x",
            "/a/..",
            "/a/../b",
            "/.",
            "/./a",
            "/%2e%2e/x",
            "/.%2E/x",
            "/%2e",
            "/a%2f..%2fb",
            "/a/..%2fb",
        ] {
            assert_eq!(check_path(path), Err(PathRefusal::DotSegment), "{path}");
        }
    }

    #[test]
    fn names_with_dots_are_not() {
        for path in
            ["/", "/a.b", "/...", "/..a", "/a..", "/.well-known/x", "/a/b%20c", "/%zz", "/100%", "//a", "/%"]
        {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn bytes_that_mean_something_else_to_others_are_refused() {
        for path in ["/a%00", "/a\\b", "/a%5cb", "/a%0d%0ab", "/%7f", "/\0"] {
            assert_eq!(check_path(path), Err(PathRefusal::BadCharacter), "{path}");
        }
    }

    #[test]
    fn decoding() {
        assert_eq!(decode("/a%20b").as_deref(), Some("/a b"));
        assert_eq!(decode("/%C3%A9").as_deref(), Some("/é"));
        assert_eq!(decode("/%"), None);
        assert_eq!(decode("/%ff"), None);
    }
}

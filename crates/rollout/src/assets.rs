//! Which static files of the previous release stay reachable.
//!
//! A page that a browser opened before the switch asks for its scripts after it. Files with a hash of their content in
//! the name can be served beside the new ones: no name means two contents.

use std::collections::BTreeSet;

/// The file's name carries a hash of its content: `app.3f9a1c2b.js`, `index-BkX2a_91.css`, `3f9a1c2b4d5e6f70.png`.
///
/// A hash is a part of the name between `.`, `-` (or at its ends, with the extension left out) of 8 to 64 letters,
/// digits and underscores, which is hexadecimal with a digit in it, or mixes lower-case, upper-case and digits as
/// base 64 does. What only looks like it (`app-20260131.js`, a date) is kept too, if the new release has no such file;
/// no harm comes of that.
pub fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, _extension)) = name.rsplit_once('.') else { return false };
    // `app.3f9a1c2b.js.map` has two extensions; the hash is where it was.
    stem.split(['.', '-']).any(is_hash)
}

fn is_hash(part: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(8..=64).contains(&part.len()) || !part.bytes().all(allowed) {
        return false;
    }
    let has = |test: fn(&u8) -> bool| part.as_bytes().iter().any(test);
    let hexadecimal = part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let digit = has(u8::is_ascii_digit);
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    digit && (hexadecimal || mixed)
}

/// The files of the previous release that stay reachable: hashed ones that the present release has not.
pub fn kept<'a>(
    previous: impl IntoIterator<Item = &'a str>,
    present: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let present: BTreeSet<&str> = present.into_iter().collect();
    previous.into_iter().filter(|path| is_hashed(path) && !present.contains(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_bundlers() {
        for hashed in [
            "assets/index-BkX2a_91.js",
            "static/js/main.3f9a1c2b.chunk.js",
            "static/js/main.3f9a1c2b.js.map",
            "_next/static/chunks/4bd1b696-8a7f6e5d4c3b2a19.js",
            "media/3f9a1c2b4d5e6f70.png",
        ] {
            assert!(is_hashed(hashed), "{hashed}");
        }
        for plain in
            ["index.html", "robots.txt", "service-worker.js", "facade.js", "a/deadbeef", "logo-decorated.svg"]
        {
            assert!(!is_hashed(plain), "{plain}");
        }
    }

    #[test]
    fn only_what_the_present_release_has_not() {
        let previous = ["index.html", "app.1111aaaa.js", "app.2222bbbb.css"];
        let present = ["index.html", "app.3333cccc.js", "app.2222bbbb.css"];
        assert_eq!(kept(previous, present).into_iter().collect::<Vec<_>>(), ["app.1111aaaa.js"]);
    }
}

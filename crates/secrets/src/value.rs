//! What the value of a secret may be.

use secrecy::SecretString;
use secrecy::zeroize::{Zeroize as _, Zeroizing};

use crate::Error;

/// Most bytes of one value. Linux takes at most 128 KiB for one variable, its name included.
pub const LONGEST: usize = 64 * 1024;

/// A value out of bytes that someone gave: text without NUL, not empty, of at most [`LONGEST`] bytes. One line break at
/// its end is the file's or the terminal's, not the value's.
pub fn from_bytes(bytes: Vec<u8>) -> Result<SecretString, Error> {
    let mut bytes = Zeroizing::new(bytes);
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        error.into_bytes().zeroize();
        Error::Value("is no UTF-8 text; encode it, with base64 for example")
    })?;
    from_text(text)
}

/// A value out of a text.
pub fn from_text(text: String) -> Result<SecretString, Error> {
    // Wiped when this returns, whichever way.
    let text = Zeroizing::new(text);
    check(&text)?;
    Ok(SecretString::from(text.as_str()))
}

fn check(text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::Value("is empty"));
    }
    if text.len() > LONGEST {
        return Err(Error::Value("is longer than 64 KiB, more than a variable can hold"));
    }
    if text.contains('\0') {
        return Err(Error::Value("holds a NUL byte, which no variable can hold"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_it() {
        for (given, value) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            (" a ", " a "),
            ("-----\nx\n-----\n", "-----\nx\n-----"),
        ] {
            assert_eq!(from_bytes(given.as_bytes().to_vec()).unwrap().expose_secret(), value);
        }
    }

    #[test]
    fn what_no_variable_can_hold_is_refused() {
        let long = vec![b'x'; LONGEST + 1];
        for given in [&b""[..], b"\n", b"a\0b", b"\xff\xfe", &long] {
            assert!(matches!(from_bytes(given.to_vec()), Err(Error::Value(_))));
        }
        assert!(from_bytes(vec![b'x'; LONGEST]).is_ok());
    }
}

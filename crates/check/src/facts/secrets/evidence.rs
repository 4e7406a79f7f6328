//! Whether a value is a secret or only stands where one would: entropy, placeholders, checksums, what a token says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seaworthy_detect::is_secret;
use serde_json::Value;

use crate::facts::secrets::detector;

/// Texts that people put where a value has yet to come.
const STAND_INS: [&str; 30] = [
    "example",
    "sample",
    "placeholder",
    "change-me",
    "change_me",
    "changeme",
    "change-this",
    "change_this",
    "changethis",
    "your-",
    "your_",
    "yourkey",
    "yoursecret",
    "yourtoken",
    "yourpass",
    "xxxx",
    "dummy",
    "fake",
    "redacted",
    "replace",
    "insert",
    "todo",
    "goes-here",
    "goes_here",
    "keyhere",
    "key-here",
    "-here",
    "_here",
    "****",
    "....",
];

/// Values that a vendor's own documentation prints, or that a local emulator is shipped with.
const KNOWN: [&str; 8] = [
    // RFC 6749.
    "2YotnFZFEjr1zCsicMWpAA",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "4eC39HqLyjWDarjtT1zdp7dc",
    "BQokikJOvBiI2HlWgH4olfQ2",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIwEHLM+4QDU5DGmrKyLqj",
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "RAw1dnQoLCwgRCI6ICJzdXBlcnNlY3JldA",
];

/// Passwords that stand for "some password", or that everyone tries first: not worth hiding.
const TRIVIAL: [&str; 34] = [
    "1234",
    "123456",
    "12345678",
    "123456789",
    "admin",
    "admin123",
    "demo",
    "dev",
    "development",
    "foobar",
    "guest",
    "hunter2",
    "local",
    "localhost",
    "mysql",
    "none",
    "null",
    "pass",
    "passwd",
    "password",
    "password1",
    "password123",
    "postgres",
    "pwd",
    "qwerty",
    "redis",
    "root",
    "secret",
    "secret123",
    "test",
    "test123",
    "testing",
    "undefined",
    "user",
];

/// Shannon's entropy in bits a byte.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

/// Nobody could sign in with it: it says what should stand there, or is filled in later.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    TRIVIAL.binary_search(&lower.as_str()).is_ok()
        || STAND_INS.iter().any(|word| lower.contains(word))
        || KNOWN.iter().any(|known| value.contains(known))
        || is_filled_in_later(value)
        || is_monotonous(value)
}

/// A reference to where the value is: `${X}`, `{{ x }}`, `<x>`, `$(x)`, `%x%`, `!ref`, `ENC[...]`, `op://...`.
pub(super) fn is_filled_in_later(value: &str) -> bool {
    [
        "${",
        "{{",
        "$(",
        "#{",
        "<",
        "<%",
        "ENC[",
        "op://",
        "vault:",
        "ssm:",
        "arn:",
        "secretsmanager",
        "@@",
        "__",
    ]
    .iter()
    .any(|mark| value.starts_with(mark))
        || value.contains("${")
        || value.contains("{{")
        || value.contains("%s")
        || value.starts_with('$')
            && value[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || value.starts_with('%') && value.ends_with('%')
        || value.starts_with('{') && value.ends_with('}')
        || value.starts_with('[') && value.ends_with(']')
        || value.contains("process.env")
        || value.contains("os.environ")
}

/// Few different bytes, or a walk through the alphabet.
fn is_monotonous(value: &str) -> bool {
    let bytes = value.as_bytes();
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    let mut run = 1_usize;
    let mut longest = 1_usize;
    for pair in bytes.windows(2) {
        run = if pair[1] == pair[0].wrapping_add(1) { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest >= 7 || distinct < 3 || bytes.len() >= 16 && distinct < 7
}

/// Letters and digits, as keys have them and words do not.
pub(super) fn has_letters_and_digits(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A value that was drawn by chance: long, of letters and digits, with the entropy of such.
pub(super) fn is_random(value: &str) -> bool {
    let is_key_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~!@#$%^&*".contains(&byte);
    let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let least = if is_hex { 3.0 } else { 3.5 };
    value.len() >= 16
        && value.bytes().all(is_key_letter)
        && has_letters_and_digits(value)
        && entropy(value) >= least
        && !is_placeholder(value)
        && !is_named(value)
}

/// A password that somebody chose, and not the name of a field or a text on a form.
pub(super) fn is_password(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_symbol = |byte: u8| byte.is_ascii_punctuation();
    (8..=80).contains(&value.len())
        && has_letters_and_digits(value)
        && (value.bytes().any(is_symbol)
            || value.bytes().any(|byte| byte.is_ascii_uppercase())
            || entropy(value) > 3.2)
        && ![
            "passw", "secret", "login", "auth.", "user", "error", "test", "demo", "argon2", "bcrypt",
            "sha256", "$2",
        ]
        .iter()
        .any(|word| lower.contains(word))
        && !value.contains(['/', '\\', '(', ')', '{', '}', '<', '>', ',', ';'])
        && !is_placeholder(value)
        && !is_named(value)
}

/// What a name and its value say together: a secret, and none that everyone tries first.
pub(super) fn is_secret_value(name: &str, value: &str) -> bool {
    names_secret(name)
        && !is_filled_in_later(value)
        && (is_random(value) || is_password(value) || !value.contains("://") && is_long(value))
        && detector::find(value).is_empty()
}

/// Letters without digits, but more of them than a word has.
fn is_long(value: &str) -> bool {
    value.len() >= 20
        && !is_placeholder(value)
        && !value.contains(' ')
        && !is_named(value)
        && entropy(value) > 3.8
}

/// Words put together: a path, an identifier, a domain, a version.
fn is_named(value: &str) -> bool {
    let words: Vec<&str> = value.split(['.', '/', '-', '_']).filter(|word| !word.is_empty()).collect();
    let is_word = |word: &&&str| {
        // `v2` and `form1` are words too.
        let stem = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let is_counted = stem.is_empty() || word.len() - stem.len() <= 3 && stem.len() <= 14;
        is_counted
            && (stem.bytes().all(|byte| byte.is_ascii_lowercase())
                || stem.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    words.len() > 1 && words.iter().filter(is_word).count() * 3 >= words.len() * 2
}

/// Plain words with `-` or `_` between them: the name of a class or a column.
pub(super) fn is_phrase(value: &str) -> bool {
    let mut words = value.split(['-', '_']);
    value.contains(['-', '_'])
        && words.all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()) && word.len() < 16)
}

/// The name of a variable, key or field says that its value is a secret, however its words are joined.
pub(super) fn names_secret(name: &str) -> bool {
    /// Tokens of forms, keys of caches and tables: called so, and no secrets.
    const HARMLESS: [&str; 17] = [
        "CACHE",
        "CANCEL",
        "CSRF",
        "DESIGN",
        "FOREIGN",
        "MAPBOX",
        "NEXT",
        "PAGE",
        "PARTITION",
        "PRIMARY",
        "PUBLIC",
        "QUERY",
        "SITE",
        "SORT",
        "STORAGE",
        "XSRF",
        "TRANSLATION",
    ];
    let name = snake(name);
    let is_harmless = name.split('_').any(|part| HARMLESS.contains(&part));
    is_secret(&name)
        && (!is_harmless || ["SECRET", "PASSWORD", "PRIVATE"].iter().any(|word| name.contains(word)))
}

/// `apiKey`, `api-key`, `app.api.key` as `API_KEY`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
        before = letter;
    }
    out
}

/// The last six letters are the CRC-32 of those between them and the prefix, in base 62: how GitHub and npm make tokens
/// (<https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/>).
pub(super) fn has_checksum(token: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some((_, rest)) = token.split_once('_') else { return false };
    let Some((body, said)) = rest.len().checked_sub(6).and_then(|at| rest.split_at_checked(at)) else {
        return false;
    };
    let mut left = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(left % 62) as usize];
        left /= 62;
    }
    said.as_bytes() == digits
}

/// The macaroon of a `PyPI` token names who issued it.
pub(super) fn is_macaroon(token: &str) -> bool {
    let Some(body) = token.strip_prefix("pypi-") else { return false };
    let whole = &body[..body.len() - body.len() % 4];
    URL_SAFE_NO_PAD
        .decode(whole)
        .is_ok_and(|bytes| bytes.starts_with(&[2, 1]) && memchr::memmem::find(&bytes, b"pypi.org").is_some())
}

/// What a JWT claims.
pub(super) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let header = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    serde_json::from_slice::<Value>(&header).ok()?.get("alg")?;
    let payload = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// A key of a Supabase project that row level security does not hold; those of the local stack are the same for everyone.
pub(super) fn is_service_role(token: &str) -> bool {
    claims(token).is_some_and(|claims| {
        claims.get("role").and_then(Value::as_str) == Some("service_role")
            && claims.get("iss").and_then(Value::as_str) != Some("supabase-demo")
    })
}

/// A token that lets someone in: not the sample of jwt.io, and not a key that is made to be public.
pub(super) fn is_signed_token(token: &str) -> bool {
    claims(token).is_some_and(|claims| {
        let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or_default();
        !matches!(text("role"), "anon" | "service_role")
            && !matches!(text("name"), "John Doe" | "Jane Doe")
            && !matches!(text("sub"), "1234567890" | "test")
    }) && !is_placeholder(token)
}

/// Another machine, which others can reach.
pub(super) fn is_remote(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let is_private = host.starts_with("127.") || host.starts_with("0.") || host == "host.docker.internal";
    let reserved = [
        ".local",
        ".test",
        ".example",
        ".invalid",
        ".localhost",
        "example.com",
        "example.org",
        "example.net",
    ];
    host.contains('.') && !is_private && !reserved.iter().any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_a_token_is_held_against_it() {
        // A token that its owner published and revoked; in two parts, so that scanners do not stop at it.
        let token = format!("ghp_{}{}", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17");
        assert!(has_checksum(&token));
        assert!(!has_checksum(&token.replace("zQ", "zR")));
        assert!(!has_checksum("ghp_") && !has_checksum("x") && !has_checksum("ghp_äöüäöü"));
    }

    #[test]
    fn what_stands_for_a_value_is_none() {
        assert!(TRIVIAL.is_sorted());
        for value in [
            "changeme",
            "your-api-key-here",
            "<token>",
            "${TOKEN}",
            "{{ token }}",
            "xxxxxxxxxxxxxxxx",
            "$TOKEN",
            "AKIAIOSFODNN7EXAMPLE",
            "password",
            "aaaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "ENC[AES256,x]",
            "%TOKEN%",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["k3Jd82mQpz71LxWv", "Tr0ub4dor&3", "9f86d081884c7d65"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn chance_is_told_from_words() {
        assert!(is_random("q8Zr2LmX0vTb7NcY4wKd"));
        for value in [
            "src/components/v2/form1",
            "com.acme.app2.service",
            "user-profile-page-v2",
            "20240101-120000-000",
        ] {
            assert!(!is_random(value), "{value}");
        }
    }

    #[test]
    fn names_are_read_however_their_words_are_joined() {
        for name in ["apiKey", "API_KEY", "db.password", "x-auth-token", "clientSecret", "stripeSecretKey"] {
            assert!(names_secret(name), "{name}");
        }
        for name in ["keyboard", "tokenType", "passwordMinLength", "publicKey", "monkey", "secretName"] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn hosts_that_only_this_machine_knows_are_not_remote() {
        assert!(is_remote("db.acme.io") && is_remote("10.0.3.7"));
        for host in ["localhost", "db", "127.0.0.1", "db.local", "db.example.com", "postgres"] {
            assert!(!is_remote(host), "{host}");
        }
    }
}

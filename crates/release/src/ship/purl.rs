//! Package URLs (<https://github.com/package-url/purl-spec>): what a package is called everywhere.

use seaworthy_check::lockfile::{Ecosystem, Package};

/// The URL of one version of a package.
pub(super) fn purl(ecosystem: Ecosystem, package: &Package) -> String {
    let (kind, name) = match ecosystem {
        Ecosystem::Npm => ("npm", package.name.clone()),
        Ecosystem::PyPi => ("pypi", ecosystem.normal(&package.name)),
        Ecosystem::Cargo => ("cargo", package.name.clone()),
        Ecosystem::Go => ("golang", package.name.to_ascii_lowercase()),
        Ecosystem::RubyGems => ("gem", package.name.clone()),
        Ecosystem::Packagist => ("composer", package.name.to_ascii_lowercase()),
        Ecosystem::Maven => ("maven", package.name.replacen(':', "/", 1)),
        Ecosystem::NuGet => ("nuget", package.name.clone()),
    };
    let name: Vec<String> = name.split('/').map(encoded).collect();
    format!("pkg:{kind}/{}@{}", name.join("/"), encoded(&package.version))
}

/// A part of the URL: what is neither letter, digit nor one of these marks is written as its bytes.
fn encoded(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            text.push(char::from(byte));
        } else {
            text.extend(["%", &format!("{byte:02X}")]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_their_ecosystem_wants() {
        let of = |ecosystem, name: &str, version: &str| {
            purl(
                ecosystem,
                &Package { name: name.to_owned(), version: version.to_owned(), ..Package::default() },
            )
        };
        assert_eq!(of(Ecosystem::Npm, "@scope/name", "1.0.0"), "pkg:npm/%40scope/name@1.0.0");
        assert_eq!(of(Ecosystem::PyPi, "Flask_Login", "0.6"), "pkg:pypi/flask-login@0.6");
        assert_eq!(
            of(Ecosystem::Go, "golang.org/x/net", "v0.1.0+incompatible"),
            "pkg:golang/golang.org/x/net@v0.1.0%2Bincompatible"
        );
        assert_eq!(of(Ecosystem::Maven, "org.slf4j:slf4j-api", "1.7"), "pkg:maven/org.slf4j/slf4j-api@1.7");
    }
}

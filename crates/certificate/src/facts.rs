//! What a certificate says.

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

use crate::schedule::Validity;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The names that it is for, in lower case; wildcards as `*.example.com`.
    pub names: Vec<String>,
    /// When it is valid.
    pub validity: Validity,
    /// Who issued it.
    pub issuer: String,
    /// Its number with the issuer, in hexadecimal.
    pub serial: String,
}

impl Facts {
    pub(crate) fn read(certificate: &CertificateDer<'_>) -> Result<Self, String> {
        let wrong = |why: &str| format!("the certificate cannot be read ({why})");
        let (_, parsed) =
            X509Certificate::from_der(certificate).map_err(|error| wrong(&error.to_string()))?;
        let names = parsed.subject_alternative_name().map_err(|error| wrong(&error.to_string()))?;
        let names = names.into_iter().flat_map(|names| &names.value.general_names);
        let names = names.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        });
        let time = |time: ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|error| wrong(&error.to_string()))
        };
        let validity = parsed.validity();
        let validity = Validity { from: time(validity.not_before)?, until: time(validity.not_after)? };
        Ok(Self {
            names: names.collect(),
            validity,
            issuer: parsed.issuer().to_string(),
            serial: parsed.raw_serial_as_string().replace(':', ""),
        })
    }

    /// The first of some hosts that the certificate is not for.
    pub(crate) fn missing<'a>(&self, hosts: &'a [String]) -> Option<&'a str> {
        let is_missing = |host: &&String| !self.names.iter().any(|name| covers(name, host));
        hosts.iter().find(is_missing).map(String::as_str)
    }
}

/// Whether a name of a certificate is for a host, both in lower case: it is the same, or a wildcard for one label (RFC 6125,
/// 6.4.3).
#[must_use]
pub fn covers(name: &str, host: &str) -> bool {
    name == host
        || name.strip_prefix("*.").is_some_and(|parent| {
            host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_cover_one_label() {
        assert!(covers("a.test", "a.test") && covers("*.a.test", "b.a.test"));
        for host in ["a.test", "c.b.a.test", ".a.test", "ba.test"] {
            assert!(!covers("*.a.test", host), "{host}");
        }
    }
}

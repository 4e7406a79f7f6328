//! Where a host is.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A host that `ssh` can be told: what it is made of can be no option, and nothing that a shell reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Box<Parts>);

/// Apart, so that errors which name a host stay small.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

impl Address {
    /// The user, where the address names one; else the configuration of `ssh` does.
    pub fn user(&self) -> Option<&str> {
        self.0.user.as_deref()
    }

    /// The host's name or address, or an alias of the configuration of `ssh`.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The port, where the address names one.
    pub fn port(&self) -> Option<u16> {
        self.0.port
    }

    /// What a person types after `ssh` to get there.
    pub fn typed(&self) -> String {
        let port = self.0.port.map(|port| format!("-p {port} ")).unwrap_or_default();
        let user = self.0.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        format!("{port}{user}{}", self.0.host)
    }
}

/// `ssh://[USER@]HOST[:PORT]`; an IPv6 address stands in brackets (RFC 3986, 3.2.2).
impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(text.to_owned());
        let rest = text.strip_prefix("ssh://").ok_or_else(wrong)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
                let is_address = host.parse::<std::net::Ipv6Addr>().is_ok();
                let port =
                    if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or_else(wrong)?) };
                (is_address.then_some(host).ok_or_else(wrong)?, port)
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let is_word = |text: &str, more: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        let is_host = host.contains(':') || is_word(host, "._-");
        if !is_host || user.is_some_and(|user| !is_word(user, "._-+$")) {
            return Err(wrong());
        }
        let port = port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong));
        let parts = Parts { user: user.map(str::to_owned), host: host.to_owned(), port: port.transpose()? };
        Ok(Self(Box::new(parts)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.0.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let host = if self.0.host.contains(':') { format!("[{}]", self.0.host) } else { self.0.host.clone() };
        let port = self.0.port.map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "ssh://{user}{host}{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in
            ["ssh://deploy@app.example.com:2222", "ssh://box", "ssh://ops@10.0.0.7", "ssh://root@[::1]:22"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let address: Address = "ssh://deploy@app.example.com:2222/".parse().unwrap();
        assert_eq!(
            (address.user(), address.host(), address.port()),
            (Some("deploy"), "app.example.com", Some(2222))
        );
        assert_eq!(address.typed(), "-p 2222 deploy@app.example.com");
    }

    #[test]
    fn nothing_in_an_address_can_be_an_option_or_a_command() {
        for text in [
            "ssh://-oProxyCommand=id",
            "ssh://-oProxyCommand=id@host",
            "ssh://user@-oProxyCommand=id",
            "ssh://user@host:-1",
            "ssh://user@host:0",
            "ssh://user@host:22x",
            "ssh://us er@host",
            "ssh://user@ho;st",
            "ssh://user@$(id)",
            "ssh://user@ho%h",
            "ssh://a:b@host",
            "ssh://@host",
            "ssh://user@",
            "ssh://user@[::1",
            "ssh://user@[-o]",
            "ssh://user@[::1]22",
            "ssh://host/path",
            "host",
            "",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}

//! Addresses of resources, as variables hold them: `postgresql+asyncpg://user:pass@localhost:5432/app?x=y`,
//! `jdbc:postgresql://localhost:5432/app`, `redis://localhost:6379/1`.
//!
//! An address is pointed elsewhere without losing what only its author knows: the driver in its scheme, the number of
//! a Redis database, parameters.

use std::fmt::Write as _;

/// Where an address shall point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user, where one signs in.
    pub username: Option<String>,
    /// The password, where one signs in.
    pub password: Option<String>,
    /// The database; the path of the address is kept where there is none.
    pub database: Option<String>,
}

/// A network address in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address<'a> {
    /// `jdbc:` or nothing.
    wrapper: &'a str,
    /// `postgresql+asyncpg`.
    scheme: &'a str,
    /// `user:password`.
    credentials: Option<&'a str>,
    /// `localhost:5432`.
    authority: &'a str,
    /// `/app`, with the slash; may be empty.
    path: &'a str,
    /// `x=y#z`, after the question mark.
    query: Option<&'a str>,
}

const WRAPPERS: [&str; 2] = ["jdbc:", "r2dbc:"];

/// Schemes without their drivers, and the types of the resources that they lead to.
const SCHEMES: [(&str, &[&str]); 17] = [
    ("postgres", &["postgres"]),
    ("postgresql", &["postgres"]),
    ("postgis", &["postgres"]),
    ("psql", &["postgres"]),
    ("pgsql", &["postgres"]),
    ("ecto", &["postgres"]),
    ("mysql", &["mysql", "mariadb"]),
    ("mysql2", &["mysql", "mariadb"]),
    ("mariadb", &["mariadb", "mysql"]),
    ("redis", &["redis"]),
    ("valkey", &["redis"]),
    ("mongodb", &["mongodb"]),
    ("amqp", &["rabbitmq"]),
    ("nats", &["nats"]),
    ("smtp", &["smtp"]),
    ("memcached", &["memcached"]),
    ("clickhouse", &["clickhouse"]),
];

impl<'a> Address<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let wrapper = WRAPPERS.into_iter().find(|wrapper| text.starts_with(wrapper)).unwrap_or_default();
        let (scheme, rest) = text[wrapper.len()..].split_once("://")?;
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        if scheme.is_empty() || !scheme.chars().all(is_scheme) || rest.contains(char::is_whitespace) {
            return None;
        }
        let (before, query) =
            rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        // A password may hold a slash that nobody encoded: credentials end at the last `@` before the query.
        let (credentials, place) =
            before.rsplit_once('@').map_or((None, before), |(user, place)| (Some(user), place));
        let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        Some(Self { wrapper, scheme, credentials, authority, path, query })
    }

    /// The scheme without its driver: `postgresql` of `postgresql+asyncpg`.
    fn system(&self) -> &'a str {
        let scheme = self.scheme;
        scheme.split(['+', '-']).next().unwrap_or(scheme)
    }
}

/// The types of resources that an address of this scheme can lead to; empty when it is no such address.
pub fn resource_types(text: &str) -> &'static [&'static str] {
    let Some(address) = Address::parse(text) else { return &[] };
    let system = address.system();
    SCHEMES.iter().find(|(scheme, _)| *scheme == system).map_or(&[], |(_, types)| types)
}

/// The user and the database that an address names: what an app calls its own.
pub fn names(text: &str) -> (Option<String>, Option<String>) {
    let Some(address) = Address::parse(text) else { return (None, None) };
    let plain = |text: &str| {
        let text = decode(text);
        let is_plain = !text.is_empty()
            && text.len() <= 63
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        is_plain.then_some(text)
    };
    let user = address.credentials.and_then(|user| plain(user.split(':').next().unwrap_or_default()));
    (user, plain(address.path.trim_start_matches('/')))
}

/// The address, pointed at `target`; `None` when it is no address.
///
/// ```
/// use seaworthy_provision::address::{Target, rewrite};
///
/// let target = Target {
///     host: "127.0.0.1".to_owned(),
///     port: 20001,
///     username: Some("app".to_owned()),
///     password: Some("p@ss".to_owned()),
///     database: Some("app".to_owned()),
/// };
/// let there = rewrite("postgresql+asyncpg://u:p@db:5432/x?ssl=off", &target).unwrap();
/// assert_eq!(there, "postgresql+asyncpg://app:p%40ss@127.0.0.1:20001/app?ssl=off");
/// ```
pub fn rewrite(text: &str, target: &Target) -> Option<String> {
    let address = Address::parse(text)?;
    let mut there = format!("{}{}://", address.wrapper, address.scheme);
    // JDBC takes credentials as parameters, not before the host.
    let is_jdbc = address.wrapper == "jdbc:";
    if !is_jdbc && let Some(user) = &target.username {
        there.push_str(&encode(user));
        if let Some(password) = &target.password {
            let _ = write!(there, ":{}", encode(password));
        }
        there.push('@');
    }
    let _ = write!(there, "{}:{}", target.host, target.port);
    match &target.database {
        Some(database) => {
            let _ = write!(there, "/{}", encode(database));
        }
        None => there.push_str(address.path),
    }
    let mut parameters: Vec<String> = address
        .query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|p| keeps(p))
        .map(str::to_owned)
        .collect();
    if is_jdbc {
        parameters.extend(target.username.iter().map(|user| format!("user={}", encode(user))));
        parameters.extend(target.password.iter().map(|password| format!("password={}", encode(password))));
    }
    if !parameters.is_empty() {
        let _ = write!(there, "?{}", parameters.join("&"));
    }
    Some(there)
}

/// Parameters that speak of the old server: its credentials, its socket, its certificates.
fn keeps(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let demands_tls = matches!(name.as_str(), "sslmode" | "ssl" | "tls" | "usessl")
        && !parameter.ends_with("disable")
        && !parameter.ends_with("false")
        && !parameter.ends_with("off");
    let names_server = matches!(
        name.as_str(),
        "" | "user"
            | "password"
            | "host"
            | "port"
            | "sslcert"
            | "sslkey"
            | "sslrootcert"
            | "channel_binding"
            | "authsource"
    );
    !demands_tls && !names_server
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit =
            |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target() -> Target {
        Target {
            host: "127.0.0.1".to_owned(),
            port: 7,
            username: Some("u".to_owned()),
            password: Some("p/w".to_owned()),
            database: Some("d".to_owned()),
        }
    }

    #[test]
    fn what_only_the_author_knows_is_kept() {
        for (from, to) in [
            ("postgres://a:b@localhost:5432/x", "postgres://u:p%2Fw@127.0.0.1:7/d"),
            (
                "postgresql+psycopg2://db/x?sslmode=require&a=1",
                "postgresql+psycopg2://u:p%2Fw@127.0.0.1:7/d?a=1",
            ),
            (
                "postgresql://x/y?schema=public&sslmode=disable",
                "postgresql://u:p%2Fw@127.0.0.1:7/d?schema=public&sslmode=disable",
            ),
            ("jdbc:postgresql://localhost:5432/x", "jdbc:postgresql://127.0.0.1:7/d?user=u&password=p%2Fw"),
            (
                "jdbc:mysql://h/x?user=a&password=b&tz=UTC",
                "jdbc:mysql://127.0.0.1:7/d?tz=UTC&user=u&password=p%2Fw",
            ),
            ("mongodb://u:pa/ss@h:1,i:2/x?replicaSet=r", "mongodb://u:p%2Fw@127.0.0.1:7/d?replicaSet=r"),
        ] {
            assert_eq!(rewrite(from, &target()).as_deref(), Some(to), "{from}");
        }
        let redis = Target { host: "127.0.0.1".to_owned(), port: 7, ..Target::default() };
        assert_eq!(rewrite("redis://:x@cache:6379/1", &redis).as_deref(), Some("redis://127.0.0.1:7/1"));
    }

    #[test]
    fn types_and_names() {
        assert_eq!(resource_types("postgresql+asyncpg://localhost/x"), ["postgres"]);
        assert_eq!(resource_types("jdbc:mariadb://localhost/x"), ["mariadb", "mysql"]);
        assert_eq!(resource_types("https://example.com"), [""; 0]);
        assert_eq!(resource_types("sqlite:///x.db"), [""; 0]);
        let (user, database) = names("postgres://dash%62oard:***@localhost:5432/shop?x=y");
        assert_eq!((user.as_deref(), database.as_deref()), (Some("dashboard"), Some("shop")));
        assert_eq!(names("postgres://localhost/a b"), (None, None));
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_a_rewritten_address_reads_the_same_again(
            text in "(jdbc:)?[a-z+]{0,8}(://)?[a-z:@/?&=%.0-9é ]{0,24}"
        ) {
            names(&text);
            if let Some(once) = rewrite(&text, &target()) {
                prop_assert_eq!(rewrite(&once, &target()), Some(once.clone()));
                prop_assert_eq!(resource_types(&once), resource_types(&text));
            }
        }

        #[test]
        fn what_was_encoded_is_decoded(text in "\\PC{0,12}") {
            prop_assert_eq!(decode(&encode(&text)), text);
        }
    }
}

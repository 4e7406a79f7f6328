//! Which variables hold secrets, and what of a value may be shown.

/// Variables that others conventionally read, and that no app needs to be given.
const PLATFORM: [&str; 15] = [
    "COLUMNS", "HOME", "HOSTNAME", "LANG", "LINES", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL",
    "TERM", "TMP", "TMPDIR", "USER",
];

/// The operating system sets it.
pub(crate) fn is_platform(name: &str) -> bool {
    // npm and Cargo set theirs for what they run.
    PLATFORM.binary_search(&name).is_ok()
        || name.starts_with("npm_")
        || name.starts_with("CARGO_")
        || name == "OUT_DIR"
}

/// The name says that the value must not be seen.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // .NET's own way to say a connection string, password included.
    if name.starts_with("CONNECTIONSTRINGS__") {
        return true;
    }
    let words: Vec<&str> = name.split('_').collect();
    let has = |word: &str| words.contains(&word);
    if has("PUBLIC") || has("PUBLISHABLE") || has("ANON") {
        return has("SECRET");
    }
    let last = *words.last().unwrap_or(&"");
    // Everyone can read what is public; only a name that cries secret is worth hiding all the same.
    if is_public(&name) && !["SECRET", "PASSWORD", "PRIVATE", "SERVICE"].iter().any(|word| has(word)) {
        return false;
    }
    // Numbers and switches about secrets are none: `TOKEN_TTL`, `PASSWORD_MIN_LENGTH`, `JWT_EXPIRES_IN`.
    let describes = [
        "TTL",
        "LENGTH",
        "EXPIRES",
        "EXPIRY",
        "EXPIRATION",
        "IN",
        "MINUTES",
        "SECONDS",
        "HOURS",
        "DAYS",
        "ENABLED",
        "ALGORITHM",
        "ISSUER",
        "AUDIENCE",
        "NAME",
        "HEADER",
        "PATH",
        "FILE",
        "URL",
        "URI",
        "ROUNDS",
        "LIMIT",
        "TYPE",
        "HOST",
        "PORT",
        "PREFIX",
        "MODEL",
        "ARN",
        "REGION",
        "MAX",
        "MIN",
        "LIFETIME",
        "AGE",
        "DSN",
        "STRING",
    ];
    if describes.contains(&last) {
        return is_connection(&name);
    }
    let word = [
        "SECRET",
        "SECRETS",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PASSPHRASE",
        "PWD",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "SALT",
        "PEPPER",
    ];
    word.iter().any(|word| has(word))
        || last == "KEY" && words.len() > 1
        || name.ends_with("PASSWORD")
        || name.ends_with("SECRET")
        || name.ends_with("TOKEN") && last.len() > 5
}

/// The value is an address that carries a password by its nature.
pub(crate) fn is_connection(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let Some(system) =
        ["_URL", "_URI", "_DSN", "_CONNECTION_STRING"].iter().find_map(|end| name.strip_suffix(end))
    else {
        return false;
    };
    let system = system.rsplit_once('_').map_or(system, |(_, last)| last);
    [
        "DATABASE",
        "DB",
        "POSTGRES",
        "POSTGRESQL",
        "PG",
        "MYSQL",
        "MARIADB",
        "MONGO",
        "MONGODB",
        "AMQP",
        "RABBITMQ",
        "CLOUDAMQP",
        "SMTP",
        "DATASOURCE",
        "DIRECT",
        "MAILER",
        "TRANSPORT",
    ]
    .contains(&system)
}

/// What of a default may be shown and kept: nothing of a secret, no password inside an address.
pub(crate) fn shown_default(name: &str, value: &str) -> Option<String> {
    if value.contains("://") {
        return Some(masked_address(value));
    }
    if is_secret(name) { None } else { Some(value.to_owned()) }
}

/// An address without its password, and without a query that may hold one.
fn masked_address(value: &str) -> String {
    let (address, query) =
        value.split_once('?').map_or((value, None), |(address, query)| (address, Some(query)));
    let mut masked = match address.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((credentials, host)) => {
                let (user, password) = match credentials.split_once(':') {
                    Some((user, _)) => (user, ":***"),
                    None => (credentials, ""),
                };
                format!("{scheme}://{user}{password}@{host}")
            }
            None => address.to_owned(),
        },
        None => address.to_owned(),
    };
    if let Some(query) = query {
        let tells = query.split('&').any(|pair| {
            let name = pair.split('=').next().unwrap_or(pair);
            is_secret(name) || is_secret(&format!("X_{name}"))
        });
        masked.push('?');
        masked.push_str(if tells { "***" } else { query });
    }
    masked
}

/// The framework puts it into what browsers download.
pub fn is_public(name: &str) -> bool {
    [
        "VITE_",
        "NEXT_PUBLIC_",
        "REACT_APP_",
        "EXPO_PUBLIC_",
        "PUBLIC_",
        "NUXT_PUBLIC_",
        "GATSBY_",
        "VUE_APP_",
        "NG_APP_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        assert!(PLATFORM.is_sorted());
        for name in [
            "JWT_SECRET",
            "STRIPE_SECRET_KEY",
            "OPENAI_API_KEY",
            "GITHUB_TOKEN",
            "DB_PASSWORD",
            "SESSION_SECRET",
            "SECRET_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "SMTP_PASS",
            "PGPASSWORD",
            "DATABASE_URL",
            "MONGODB_URI",
            "SUPABASE_SERVICE_ROLE_KEY",
            "ENCRYPTION_KEY",
            "SECRET_KEY_BASE",
            "VITE_SUPABASE_SERVICE_ROLE_KEY",
            "DATABASE_DSN",
            "ConnectionStrings__Default",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PORT",
            "LOG_LEVEL",
            "STRIPE_PUBLISHABLE_KEY",
            "VITE_SUPABASE_ANON_KEY",
            "TOKEN_TTL",
            "API_URL",
            "JWT_EXPIRES_IN",
            "KEY",
            "REDIS_URL",
            "PASSWORD_MIN_LENGTH",
            "MONKEY",
            "VAPID_PUBLIC_KEY",
            "SENTRY_DSN",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_default_shows_no_password() {
        assert_eq!(shown_default("JWT_SECRET", "dev"), None);
        assert_eq!(shown_default("PORT", "3000").as_deref(), Some("3000"));
        assert_eq!(
            shown_default("DATABASE_URL", "postgres://u:p@localhost/db").as_deref(),
            Some("postgres://u:***@localhost/db")
        );
        assert_eq!(shown_default("DATABASE_URL", "sqlite:///app.db").as_deref(), Some("sqlite:///app.db"));
        assert_eq!(shown_default("DATABASE_URL", "hunter2"), None);
        assert_eq!(
            shown_default("API_URL", "https://x.example/a?password=hunter2&b=c").as_deref(),
            Some("https://x.example/a?***")
        );
        assert_eq!(
            shown_default("DATABASE_URL", "postgres://h/d?sslmode=require").as_deref(),
            Some("postgres://h/d?sslmode=require")
        );
    }
}

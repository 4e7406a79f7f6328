//! Variables that hold one part of a resource's address: `DB_HOST`, `POSTGRES_PASSWORD`, `PGPORT`.

/// What a variable's name says that it holds: the types of resources, and the attribute.
pub(super) fn of(name: &str) -> Option<(&'static [&'static str], &'static str)> {
    if let Some(word) = name.strip_prefix("PG")
        && let Some(attribute) = attribute(word)
    {
        return Some((&["postgres"], attribute));
    }
    SYSTEMS.iter().find_map(|(system, types)| {
        // `SHOP_DB_HOST` as well as `DB_HOST`.
        let at = name.rfind(system)?;
        let is_word = at == 0 || name.as_bytes()[at - 1] == b'_';
        let word = name[at + system.len()..].strip_prefix('_')?;
        Some((*types, attribute(word).filter(|_| is_word)?))
    })
}

const DATABASES: &[&str] = &["postgres", "mysql", "mariadb", "sqlserver"];

const SYSTEMS: [(&str, &[&str]); 14] = [
    ("POSTGRESQL", &["postgres"]),
    ("POSTGRES", &["postgres"]),
    ("PG", &["postgres"]),
    ("MYSQL", &["mysql", "mariadb"]),
    ("MARIADB", &["mariadb", "mysql"]),
    ("MONGODB", &["mongodb"]),
    ("MONGO", &["mongodb"]),
    ("REDIS", &["redis"]),
    ("RABBITMQ", &["rabbitmq"]),
    ("SMTP", &["smtp"]),
    ("MAIL", &["smtp"]),
    ("EMAIL", &["smtp"]),
    ("DATABASE", DATABASES),
    ("DB", DATABASES),
];

fn attribute(word: &str) -> Option<&'static str> {
    Some(match word {
        "HOST" | "HOSTNAME" | "SERVER" => "host",
        "PORT" => "port",
        "USER" | "USERNAME" => "username",
        "PASSWORD" | "PASS" => "password",
        "NAME" | "DATABASE" | "DB" | "DBNAME" => "database",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_they_hold() {
        assert_eq!(of("PGHOST"), Some((&["postgres"][..], "host")));
        assert_eq!(of("POSTGRES_DB"), Some((&["postgres"][..], "database")));
        assert_eq!(of("SHOP_DB_PASSWORD"), Some((DATABASES, "password")));
        assert_eq!(of("DATABASE_NAME"), Some((DATABASES, "database")));
        assert_eq!(of("REDIS_HOST"), Some((&["redis"][..], "host")));
        for other in ["HOST", "PORT", "DB_POOL", "ADB_HOST", "API_HOST", "PGSSLMODE", "DB"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}

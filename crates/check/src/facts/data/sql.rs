//! Migrations for PostgreSQL, by squawk's linter and grammar: what locks, rewrites, breaks or drops.

use seaworthy_model::App;
use squawk_linter::{Linter, Rule, Violation};
use squawk_syntax::{Parse, SourceFile as Sql};

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;

const DROPS: &str = "migration-drops-data";
const LOCKS: &str = "migration-locks-table";
const REWRITES: &str = "migration-rewrites-table";
const SCANS: &str = "migration-scans-table";
const REQUIRED: &str = "migration-required-column";
const RENAMES: &str = "migration-renames";
const CONCURRENT: &str = "migration-concurrent-in-transaction";
const UNFINISHED: &str = "migration-transaction-unfinished";
const ZONE: &str = "timestamp-without-time-zone";

pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[DROPS, LOCKS, REWRITES, SCANS, REQUIRED, RENAMES, CONCURRENT, UNFINISHED, ZONE],
    wants: |file| extension(file.path) == "sql" && file.role == Role::App,
    check,
};

/// squawk's rules that make one of ours; the rest is a matter of taste, or of policy.
fn ours(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::BanDropTable | Rule::BanDropColumn | Rule::BanDropDatabase | Rule::BanTruncateCascade => DROPS,
        Rule::RequireConcurrentIndexCreation
        | Rule::RequireConcurrentIndexDeletion
        | Rule::RequireConcurrentReindex
        | Rule::RequireConcurrentPartitionDetach => LOCKS,
        Rule::ChangingColumnType | Rule::AddingFieldWithDefault | Rule::AddingSerialPrimaryKeyField => {
            REWRITES
        }
        Rule::ConstraintMissingNotValid | Rule::AddingNotNullableField | Rule::DisallowedUniqueConstraint => {
            SCANS
        }
        Rule::AddingRequiredField => REQUIRED,
        Rule::RenamingColumn | Rule::RenamingTable => RENAMES,
        Rule::BanConcurrentIndexCreationInTransaction => CONCURRENT,
        Rule::BanUncommittedTransaction | Rule::TransactionNesting => UNFINISHED,
        Rule::PreferTimestampTz => ZONE,
        _ => return None,
    })
}

const TRANSACTIONS: [Rule; 3] = [
    Rule::BanConcurrentIndexCreationInTransaction,
    Rule::BanUncommittedTransaction,
    Rule::TransactionNesting,
];

const RULES: [Rule; 18] = [
    Rule::BanDropTable,
    Rule::BanDropColumn,
    Rule::BanDropDatabase,
    Rule::BanTruncateCascade,
    Rule::RequireConcurrentIndexCreation,
    Rule::RequireConcurrentIndexDeletion,
    Rule::RequireConcurrentReindex,
    Rule::RequireConcurrentPartitionDetach,
    Rule::ChangingColumnType,
    Rule::AddingFieldWithDefault,
    Rule::AddingSerialPrimaryKeyField,
    Rule::ConstraintMissingNotValid,
    Rule::AddingNotNullableField,
    Rule::DisallowedUniqueConstraint,
    Rule::AddingRequiredField,
    Rule::RenamingColumn,
    Rule::RenamingTable,
    Rule::PreferTimestampTz,
];

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    if !is_postgres(context.app, file.path, file.text) {
        return;
    }
    let is_migration = is_migration(file.path);
    // What undoes a migration drops what it made.
    let end = if is_down(file.path) { 0 } else { down_at(file.text) };
    let parsed = Sql::parse(file.text);
    let mut transactions = Linter::from(TRANSACTIONS);
    let violations = violations(&parsed, file.text).into_iter().chain(transactions.lint(&parsed, file.text));
    let mut reported = std::collections::BTreeSet::new();
    for violation in violations {
        let Some(rule) = ours(violation.code) else { continue };
        let start = usize::from(violation.text_range.start());
        // A schema as a whole is applied to an empty database.
        if start >= end
            || (!is_migration && rule != ZONE)
            || !reported.insert((rule, line_start(file.text, start)))
        {
            continue;
        }
        let end = usize::from(violation.text_range.end()).max(start);
        sink.report_in(file, Draft::bytes(rule, file.path, start..end));
    }
}

/// What squawk says of the changes that a migration makes. Most tools run one in a transaction, so that a table it makes is
/// nobody else's yet; what is about transactions themselves is judged by those that the file opens.
pub(crate) fn violations(parsed: &Parse<Sql>, text: &str) -> Vec<Violation> {
    let mut changes = Linter::from(RULES);
    changes.settings.assume_in_transaction = true;
    changes.lint(parsed, text)
}

fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at.min(text.len())]).map_or(0, |end| end + 1)
}

/// The file lies where a migration tool looks.
pub(crate) fn is_migration(path: &str) -> bool {
    let name = crate::file::name(path);
    let is_flyway = name.starts_with('V') && name.contains("__");
    is_flyway
        || path.rsplit('/').skip(1).any(|folder| {
            matches!(
                folder,
                "migrations" | "migration" | "migrate" | "drizzle" | "schema_migrations" | "changelogs"
            ) || folder.ends_with("_migrations")
        })
}

pub(crate) fn is_down(path: &str) -> bool {
    let name = crate::file::name(path);
    name.contains(".down.") || name == "down.sql" || name.ends_with("_down.sql") || name.contains("rollback")
}

/// Where the part begins that undoes, in files that hold both.
pub(crate) fn down_at(text: &str) -> usize {
    ["-- +goose Down", "-- migrate:down", "-- +migrate Down", "-- rambler down", "-- !Downs"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len())
}

/// The file is for PostgreSQL: nothing in it or around it says another database.
pub(crate) fn is_postgres(app: &App, path: &str, text: &str) -> bool {
    let other = [
        "`",
        "AUTOINCREMENT",
        "AUTO_INCREMENT",
        "ENGINE=",
        "autoincrement",
        "NVARCHAR",
        "PRAGMA ",
        "DATETIME",
        "datetime",
    ];
    if other.iter().any(|mark| text.contains(mark))
        || path.contains("mysql")
        || path.contains("sqlite")
        || path.contains("d1")
    {
        return false;
    }
    // Nesting that no person writes, and that no parser should be asked to follow.
    let mut depth = 0_i32;
    let is_deep = text.bytes().any(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth > 100
    });
    if is_deep || text.len() > 256 << 10 {
        return false;
    }
    let mut kinds = app.resources.values().filter_map(|resource| resource.r#type.get());
    let is_other =
        |kind: &String| matches!(kind.as_str(), "mysql" | "mariadb" | "sqlite" | "mssql" | "clickhouse");
    let has_postgres =
        app.resources.values().any(|resource| resource.r#type.get().is_some_and(|kind| kind == "postgres"));
    has_postgres || !kinds.any(is_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_sql_is_survived() {
        let text = "BEGIN; CREATE TABLE \"a\" (id serial PRIMARY KEY, b int REFERENCES c (d), CHECK (b > 0));\nALTER TABLE x \
                    ADD COLUMN ä timestamp DEFAULT now() NOT NULL, DROP COLUMN z; CREATE INDEX ON a USING gin (lower(b)); $$ '";
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for part in [&text[..at], &text[at..]] {
                let parsed = Sql::parse(part);
                drop(Linter::from(RULES).lint(&parsed, part));
                drop(Linter::from(TRANSACTIONS).lint(&parsed, part));
            }
        }
    }
}

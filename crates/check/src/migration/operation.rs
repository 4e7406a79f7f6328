//! Migrations that are written in code, by the names of their operations; and SQL for databases other than PostgreSQL.
//!
//! Alembic and Django call one function for each operation, so all that such a file does is seen, and one that only adds is
//! known to. Of the other tools only what takes away is looked for: what their code does besides stays unknown.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::{Class, Remark};

/// Operations of Alembic and Django: `op.add_column(`, `migrations.AddField(`.
static CALL: LazyLock<Regex> = LazyLock::new(|| expression(r"\b(op|batch_op|migrations)\.([A-Za-z_]+)\("));

/// What takes away, by any tool.
static TAKES: LazyLock<Regex> = LazyLock::new(|| {
    let words = [
        // Rails, Knex, Sequelize, node-pg-migrate, Laravel, Phinx, Ecto, Entity Framework
        r"\b(?:remove|rename|drop)_(?:column|columns|table|reference|belongs_to|timestamps|join_table)\b",
        r"\bchange_column(?:_null)?\b",
        r"\b(?:drop|rename|remove)(?:Column|Columns|Table|TableIfExists|Timestamps|Field)\s*[(<]",
        r"\b(?:changeColumn|alterColumn|AlterColumn|DropColumn|DropTable|RenameColumn|RenameTable)\s*[(<]",
        r"\b(?:Schema::drop|Schema::dropIfExists|Schema::rename)\b",
        r"\bremove\s+:[a-z_]+",
        r"<(?:dropColumn|dropTable|renameColumn|renameTable|modifyDataType|addNotNullConstraint)\b",
        // SQL within code
        r"(?i)\b(?:DROP\s+(?:TABLE|COLUMN|VIEW|SCHEMA)|TRUNCATE\s|RENAME\s+(?:TO|COLUMN))",
    ];
    expression(&words.join("|"))
});

/// SQL of other dialects that takes away or changes.
static TAKES_SQL: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?i)\b(DROP\s+(TABLE|COLUMN|VIEW|SCHEMA|DATABASE)|TRUNCATE|RENAME|MODIFY\s|CHANGE\s|ALTER\s+COLUMN|DELETE\s+FROM\s+[!-~]+\s*;)",
    )
});

/// Where the part begins that undoes.
static DOWN: LazyLock<Regex> = LazyLock::new(|| {
    expression(
        r"(?m)^\s*(?:def (?:downgrade|down)\b|exports\.down\b|export (?:async )?(?:function|const) down\b|(?:async )?down\s*[:(]|(?:public |protected )+(?:async |override void )?(?:function )?[dD]own\s*\(|<rollback>)",
    )
});

/// An expression over ASCII: the classes of Unicode are not built in everywhere.
fn expression(text: &str) -> Regex {
    let built = RegexBuilder::new(text).unicode(false).build();
    built.unwrap_or_else(|error| unreachable!("the expression is a constant: {error}"))
}

pub(super) fn remarks(path: &str, text: &str) -> Vec<Remark> {
    let end = DOWN.find(text).map_or(text.len(), |found| found.start());
    let up = &text[..end];
    let mut found = Vec::new();
    let mut is_seen_whole = crate::file::extension(path) == "py";
    if is_seen_whole {
        let calls: Vec<_> = CALL.captures_iter(up).collect();
        // A file without any may do its work in another way.
        is_seen_whole = !calls.is_empty();
        for call in calls {
            let (Some(whole), Some(name)) = (call.get(0), call.get(2)) else { continue };
            let (class, why) = of_call(name.as_str(), arguments(&up[whole.end()..]));
            found.push(Remark { class, at: whole.start(), why: why.to_owned() });
        }
    } else if let Some(takes) = TAKES.find(up) {
        found.push(Remark {
            class: Class::Breaking,
            at: takes.start(),
            why: "takes away or changes what is there".to_owned(),
        });
    }
    if !is_seen_whole && found.is_empty() {
        found.push(Remark { class: Class::Unknown, at: 0, why: "is code".to_owned() });
    }
    found
}

/// SQL for a database whose grammar is not known here.
pub(super) fn of_other_sql(text: &str) -> Vec<Remark> {
    let text = &text[..crate::facts::data::down_at(text)];
    match TAKES_SQL.find(text) {
        Some(takes) => vec![Remark {
            class: Class::Breaking,
            at: takes.start(),
            why: "takes away or changes what is there".to_owned(),
        }],
        None => {
            vec![Remark {
                class: Class::Unknown,
                at: 0,
                why: "is not for PostgreSQL and is not read".to_owned(),
            }]
        }
    }
}

/// The text up to the parenthesis that closes a call.
fn arguments(text: &str) -> &str {
    let mut depth = 1_i32;
    let end = text.bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    });
    end.map_or(text, |end| &text[..end])
}

fn of_call(name: &str, arguments: &str) -> (Class, &'static str) {
    match name {
        // Alembic
        "create_table"
        | "create_index"
        | "drop_index"
        | "create_table_comment"
        | "bulk_insert"
        | "f"
        | "batch_alter_table"
        | "get_bind"
        | "get_context"
        // Django; what concerns its own state alone changes no table
        | "CreateModel"
        | "AddIndex"
        | "RemoveIndex"
        | "RenameIndex"
        | "AddIndexConcurrently"
        | "RemoveIndexConcurrently"
        | "RemoveConstraint"
        | "AlterModelOptions"
        | "AlterModelManagers"
        | "AlterModelTableComment"
        | "swappable_dependency" => (Class::Expand, "adds"),
        "add_column" => {
            let is_required = arguments.contains("nullable=False") && !arguments.contains("server_default");
            if is_required {
                (Class::Breaking, "adds a required column without a default")
            } else {
                (Class::Expand, "adds")
            }
        }
        "drop_column" | "RemoveField" => (Class::Breaking, "drops a column"),
        "drop_table" | "DeleteModel" => (Class::Breaking, "drops a table"),
        "rename_table" | "RenameModel" | "AlterModelTable" => (Class::Breaking, "renames a table"),
        "alter_column" => {
            if arguments.contains("new_column_name") {
                (Class::Breaking, "renames a column")
            } else if arguments.contains("nullable=False") {
                (Class::Breaking, "makes a column required")
            } else if changes_type(arguments) {
                (Class::Breaking, "changes the type of a column")
            } else if arguments.contains("nullable=True") {
                (Class::Expand, "adds")
            } else {
                (Class::Unknown, "changes a column")
            }
        }
        "RunSQL" | "RunPython" | "SeparateDatabaseAndState" => (Class::Unknown, "runs code"),
        // Django gives existing rows the default and then takes it out of the database, so that other code must know it.
        "AddField" => {
            let is_optional =
                ["null=True", "db_default=", "ManyToManyField"].iter().any(|word| arguments.contains(word));
            if is_optional {
                (Class::Expand, "adds")
            } else {
                (Class::Breaking, "adds a required column without a default in the database")
            }
        }
        "RenameField" => (Class::Breaking, "renames a column"),
        "AlterField" => (Class::Unknown, "changes a column"),
        "execute" => match TAKES_SQL.find(arguments) {
            Some(_) => (Class::Breaking, "takes away or changes what is there"),
            None => (Class::Unknown, "runs SQL"),
        },
        _ => (Class::Unknown, "is not known to add only"),
    }
}

/// `type_=`, and not the `existing_type=` that says what it was.
fn changes_type(arguments: &str) -> bool {
    arguments.match_indices("type_=").any(|(at, _)| !arguments[..at].ends_with("existing_"))
}

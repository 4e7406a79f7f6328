//! Migrations for PostgreSQL, statement by statement.

use std::collections::BTreeSet;

use squawk_linter::Rule;
use squawk_syntax::ast::{self, AlterColumnOption, AlterTableAction, AlterTypeAction, AstNode, Stmt};
use squawk_syntax::{SourceFile as Sql, SyntaxKind};

use super::{Class, Remark};
use crate::facts::data::{down_at, violations};

/// Every statement of a migration up to the part that undoes it.
pub(super) fn remarks(text: &str) -> Vec<Remark> {
    let parsed = Sql::parse(text);
    let root = parsed.syntax_node();
    let end = down_at(text);
    let mut found: Vec<Remark> = violations(&parsed, text)
        .into_iter()
        .filter_map(|violation| {
            let (class, why) = of_rule(violation.code)?;
            Some(Remark { class, at: usize::from(violation.text_range.start()), why: why.to_owned() })
        })
        .collect();
    let statements: Vec<Stmt> = root.children().filter_map(Stmt::cast).collect();
    let made: BTreeSet<String> = statements.iter().filter_map(made_table).collect();
    for (number, statement) in statements.iter().enumerate() {
        let later = &statements[number + 1..];
        found.extend(of_statement(statement, &made, later).into_iter().map(|(class, why, at)| Remark {
            class,
            at,
            why: why.to_owned(),
        }));
    }
    let strange = root.descendants().find(|node| node.kind() == SyntaxKind::ERROR);
    found.extend(strange.map(|node| Remark {
        class: Class::Unknown,
        at: usize::from(node.text_range().start()),
        why: "is not understood".to_owned(),
    }));
    found.retain(|remark| remark.at < end);
    found.sort_by_key(|remark| remark.at);
    found
}

/// What the rules of `sea check` about migrations come to.
fn of_rule(rule: Rule) -> Option<(Class, &'static str)> {
    Some(match rule {
        Rule::BanDropTable => (Class::Breaking, "drops a table"),
        Rule::BanDropColumn => (Class::Breaking, "drops a column"),
        Rule::BanDropDatabase => (Class::Breaking, "drops a database"),
        Rule::RenamingColumn => (Class::Breaking, "renames a column"),
        Rule::RenamingTable => (Class::Breaking, "renames a table"),
        Rule::ChangingColumnType => (Class::Breaking, "changes the type of a column"),
        Rule::AddingRequiredField => (Class::Breaking, "adds a required column without a default"),
        Rule::AddingNotNullableField => (Class::Breaking, "makes a column required"),
        Rule::ConstraintMissingNotValid | Rule::DisallowedUniqueConstraint => {
            (Class::Unknown, "adds a constraint that may refuse what is written now")
        }
        // What only locks holds requests up, and the release that serves lives with what comes of it.
        _ => return None,
    })
}

/// The table that a statement makes, as it is named.
fn made_table(statement: &Stmt) -> Option<String> {
    match statement {
        Stmt::CreateTable(made) => Some(bare(&made.table_name()?.syntax().text().to_string())),
        Stmt::CreateTableAs(made) => Some(bare(&made.table_name()?.syntax().text().to_string())),
        _ => None,
    }
}

/// A name without its schema and quotes.
fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim().trim_matches('"').to_ascii_lowercase()
}

type Said = (Class, &'static str, usize);

fn of_statement(statement: &Stmt, made: &BTreeSet<String>, later: &[Stmt]) -> Vec<Said> {
    let at = usize::from(statement.syntax().text_range().start());
    let one = |class, why| vec![(class, why, at)];
    let breaking = |why| one(Class::Breaking, why);
    let unknown = |why| one(Class::Unknown, why);
    let adds = || one(Class::Expand, "adds");
    match statement {
        Stmt::AlterTable(table) => {
            let is_new = table
                .table_relation_name()
                .is_some_and(|name| made.contains(&bare(&name.syntax().text().to_string())));
            if is_new { adds() } else { table.actions().map(|action| of_action(&action)).collect() }
        }
        Stmt::AlterType(altered) => match altered.action() {
            Some(AlterTypeAction::AddValue(_) | AlterTypeAction::OwnerTo(_)) => adds(),
            Some(AlterTypeAction::RenameValue(_) | AlterTypeAction::RenameAttribute(_)) => {
                breaking("renames a part of a type")
            }
            Some(AlterTypeAction::TypeRenameTo(_)) => breaking("renames a type"),
            _ => unknown("changes a type"),
        },
        Stmt::Truncate(_) => breaking("empties a table"),
        Stmt::Delete(delete) if delete.where_clause_or_current_of().is_none() => breaking("empties a table"),
        Stmt::Revoke(_) => breaking("takes a permission away"),
        Stmt::DropTable(_) => breaking("drops a table"),
        Stmt::DropSchema(_) => breaking("drops a schema"),
        Stmt::DropDatabase(_) | Stmt::DropOwned(_) => breaking("drops a database or all of it"),
        Stmt::DropView(_) | Stmt::DropMaterializedView(_) => replaced(statement, later, "drops a view"),
        Stmt::DropFunction(_) | Stmt::DropProcedure(_) | Stmt::DropRoutine(_) | Stmt::DropAggregate(_) => {
            replaced(statement, later, "drops a function")
        }
        Stmt::DropType(_) | Stmt::DropDomain(_) => replaced(statement, later, "drops a type"),
        Stmt::DropSequence(_) => replaced(statement, later, "drops a sequence"),
        Stmt::DropExtension(_) => breaking("drops an extension"),
        Stmt::AlterView(_)
        | Stmt::AlterMaterializedView(_)
        | Stmt::AlterFunction(_)
        | Stmt::AlterSchema(_) => unknown("changes what may be used now"),
        Stmt::CreateFunction(_) | Stmt::CreateProcedure(_) | Stmt::CreateView(_) if replaces(statement) => {
            unknown("replaces what may be used now")
        }
        Stmt::CreateTrigger(_) | Stmt::CreateRule(_) | Stmt::CreatePolicy(_) => {
            unknown("changes what happens to rows that are read or written now")
        }
        Stmt::Do(_) | Stmt::Call(_) | Stmt::Execute(_) => unknown("runs code"),
        _ if is_harmless(statement) => adds(),
        _ => unknown("is not known to add only"),
    }
}

/// Dropped, and made again under that name: what it is afterwards is not known.
fn replaced(statement: &Stmt, later: &[Stmt], why: &'static str) -> Vec<Said> {
    let at = usize::from(statement.syntax().text_range().start());
    let text = statement.syntax().text().to_string().to_ascii_lowercase();
    let head = text.split('(').next().unwrap_or_default();
    let mut words = head.split_whitespace().rev().map(|word| bare(word.trim_end_matches([';', ','])));
    let name = words.find(|word| !matches!(word.as_str(), "cascade" | "restrict" | ""));
    let is_back = name.is_some_and(|name| {
        later.iter().any(|made| {
            let text = made.syntax().text().to_string().to_ascii_lowercase();
            text.trim_start().starts_with("create") && text.contains(&name)
        })
    });
    if is_back {
        vec![(Class::Unknown, "replaces what may be used now", at)]
    } else {
        vec![(Class::Breaking, why, at)]
    }
}

fn replaces(statement: &Stmt) -> bool {
    let text = statement.syntax().text().to_string().to_ascii_lowercase();
    text.split_whitespace().take(3).eq(["create", "or", "replace"])
}

fn of_action(action: &AlterTableAction) -> Said {
    let at = usize::from(action.syntax().text_range().start());
    let (class, why) = match action {
        AlterTableAction::AddColumn(_)
        | AlterTableAction::AttachPartition(_)
        | AlterTableAction::ClusterOn(_)
        | AlterTableAction::DropConstraint(_)
        | AlterTableAction::OwnerTo(_)
        | AlterTableAction::ReplicaIdentity(_)
        | AlterTableAction::ResetOptions(_)
        | AlterTableAction::SetLogged(_)
        | AlterTableAction::SetOptions(_)
        | AlterTableAction::SetTablespace(_)
        | AlterTableAction::ValidateConstraint(_) => (Class::Expand, "adds"),
        AlterTableAction::AlterColumn(column) => of_column(column.option().as_ref()),
        // An index that is there already refuses what it would refuse anyway.
        AlterTableAction::AddConstraint(added) if uses_index(added) => (Class::Expand, "adds"),
        AlterTableAction::AddConstraint(_) => {
            (Class::Unknown, "adds a constraint that may refuse what is written now")
        }
        AlterTableAction::DropColumn(_) => (Class::Breaking, "drops a column"),
        AlterTableAction::RenameColumn(_) => (Class::Breaking, "renames a column"),
        AlterTableAction::TableRenameTo(_) => (Class::Breaking, "renames a table"),
        AlterTableAction::SetSchema(_) => (Class::Breaking, "moves a table"),
        AlterTableAction::DetachPartition(_) => (Class::Breaking, "takes rows out of a table"),
        _ => (Class::Unknown, "is not known to add only"),
    };
    (class, why, at)
}

fn uses_index(added: &ast::AddConstraint) -> bool {
    added.syntax().text().to_string().to_ascii_lowercase().contains("using index")
}

fn of_column(option: Option<&AlterColumnOption>) -> (Class, &'static str) {
    match option {
        Some(AlterColumnOption::SetType(_)) => (Class::Breaking, "changes the type of a column"),
        Some(AlterColumnOption::SetNotNull(_)) => (Class::Breaking, "makes a column required"),
        Some(
            AlterColumnOption::DropNotNull(_)
            | AlterColumnOption::SetDefault(_)
            | AlterColumnOption::SetCompression(_)
            | AlterColumnOption::SetOptions(_)
            | AlterColumnOption::SetStatistics(_)
            | AlterColumnOption::SetStorage(_)
            | AlterColumnOption::ResetOptions(_)
            | AlterColumnOption::Restart(_),
        ) => (Class::Expand, "adds"),
        _ => (Class::Unknown, "changes a column"),
    }
}

/// It makes something new, or changes rows and not their shape.
fn is_harmless(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::AlterDefaultPrivileges(_)
            | Stmt::AlterIndex(_)
            | Stmt::AlterSequence(_)
            | Stmt::AlterStatistics(_)
            | Stmt::Analyze(_)
            | Stmt::Begin(_)
            | Stmt::CommentOn(_)
            | Stmt::Commit(_)
            | Stmt::CompoundSelect(_)
            | Stmt::Copy(_)
            | Stmt::CreateAggregate(_)
            | Stmt::CreateCollation(_)
            | Stmt::CreateDomain(_)
            | Stmt::CreateExtension(_)
            | Stmt::CreateFunction(_)
            | Stmt::CreateIndex(_)
            | Stmt::CreateMaterializedView(_)
            | Stmt::CreateOperator(_)
            | Stmt::CreateProcedure(_)
            | Stmt::CreateRole(_)
            | Stmt::CreateSchema(_)
            | Stmt::CreateSequence(_)
            | Stmt::CreateStatistics(_)
            | Stmt::CreateTable(_)
            | Stmt::CreateTableAs(_)
            | Stmt::CreateType(_)
            | Stmt::CreateView(_)
            | Stmt::Delete(_)
            | Stmt::DropIndex(_)
            | Stmt::EmptyStmt(_)
            | Stmt::Grant(_)
            | Stmt::Insert(_)
            | Stmt::Lock(_)
            | Stmt::Merge(_)
            | Stmt::Notify(_)
            | Stmt::ParenSelect(_)
            | Stmt::Refresh(_)
            | Stmt::Reindex(_)
            | Stmt::ReleaseSavepoint(_)
            | Stmt::Reset(_)
            | Stmt::ResetRole(_)
            | Stmt::Rollback(_)
            | Stmt::SavepointCreate(_)
            | Stmt::SecurityLabel(_)
            | Stmt::Select(_)
            | Stmt::Set(_)
            | Stmt::SetConstraints(_)
            | Stmt::SetRole(_)
            | Stmt::SetTransaction(_)
            | Stmt::Show(_)
            | Stmt::Update(_)
            | Stmt::Vacuum(_)
            | Stmt::Values(_)
    )
}

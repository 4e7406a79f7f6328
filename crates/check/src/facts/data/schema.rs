//! Tables as the SQL of the repository makes them: keys, indexes, types.

use std::collections::BTreeMap;

use squawk_syntax::{SourceFile as Sql, SyntaxKind, SyntaxNode};

use super::sql::is_postgres;
use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;

const FOREIGN: &str = "foreign-key-without-index";
const KEY: &str = "table-without-primary-key";
const MONEY: &str = "money-as-float";
const NARROW: &str = "id-runs-out";

pub(super) static FACT: Fact = Fact { rules: &[FOREIGN, KEY, MONEY, NARROW], whole: true, check };

/// What is known of a table, over all files.
#[derive(Default)]
struct Table {
    /// Foreign keys: columns and where.
    foreign: Vec<(Vec<String>, Site)>,
    /// Columns of each index and unique key, in their order.
    indexes: Vec<Vec<String>>,
    /// Where it is made, where that says no primary key.
    keyless: Option<Site>,
    has_key: bool,
    is_dropped: bool,
}

#[derive(Clone)]
struct Site {
    file: String,
    start: usize,
    end: usize,
}

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for path in context.repository.with_extension("sql") {
        let Some(text) = context.repository.source(path) else { continue };
        if SourceFile::new(path, &text).role == Role::App && is_postgres(context.app, path, &text) {
            let root = Sql::parse(&text).syntax_node();
            Reader { path, tables: &mut tables, sink, text: &text }.read(&root);
        }
    }
    for (name, table) in tables.iter().filter(|(_, table)| !table.is_dropped) {
        for (columns, site) in &table.foreign {
            let is_indexed = table.indexes.iter().any(|index| {
                index.len() >= columns.len()
                    && columns.iter().all(|column| index[..columns.len()].contains(column))
            });
            if !is_indexed {
                let says = format!(
                    "no index starts with `{}` of `{name}`, which is a foreign key",
                    columns.join(", ")
                );
                sink.report(Draft::bytes(FOREIGN, &site.file, site.start..site.end).says(says));
            }
        }
        if !table.has_key
            && let Some(site) = &table.keyless
        {
            sink.report(
                Draft::bytes(KEY, &site.file, site.start..site.end)
                    .says(format!("`{name}` has no primary key")),
            );
        }
    }
}

struct Reader<'r> {
    path: &'r str,
    text: &'r str,
    tables: &'r mut BTreeMap<String, Table>,
    sink: &'r Sink<'r>,
}

impl Reader<'_> {
    fn read(&mut self, root: &SyntaxNode) {
        for statement in root.children() {
            match statement.kind() {
                SyntaxKind::CREATE_TABLE => self.create(&statement),
                SyntaxKind::ALTER_TABLE => self.alter(&statement),
                SyntaxKind::CREATE_INDEX => self.index(&statement),
                SyntaxKind::DROP_TABLE => {
                    let names: Vec<String> = statement
                        .descendants()
                        .filter(|node| node.kind() == SyntaxKind::TABLE_NAME_REF)
                        .map(|node| plain(&node))
                        .collect();
                    for name in names {
                        self.tables.entry(name).or_default().is_dropped = true;
                    }
                }
                _ => {}
            }
        }
    }

    fn site(&self, node: &SyntaxNode) -> Site {
        let range = node.text_range();
        let text = &self.text[usize::from(range.start())..usize::from(range.end())];
        let start = usize::from(range.start()) + (text.len() - text.trim_start().len());
        // One line says enough.
        let length = text.trim().lines().next().map_or(0, str::len);
        Site { file: self.path.to_owned(), start, end: start + length }
    }

    fn create(&mut self, statement: &SyntaxNode) {
        let Some(name) = child(statement, SyntaxKind::TABLE_NAME).map(|node| plain(&node)) else { return };
        let Some(arguments) = child(statement, SyntaxKind::TABLE_ARG_LIST) else { return };
        let is_part = statement
            .children()
            .any(|node| matches!(node.kind(), SyntaxKind::PARTITION_OF | SyntaxKind::INHERITS));
        let is_like = arguments.descendants().any(|node| node.kind() == SyntaxKind::LIKE_CLAUSE);
        let site = self.site(statement);
        let has_key = arguments.descendants().any(|node| node.kind() == SyntaxKind::PRIMARY_KEY_CONSTRAINT);
        let table = self.tables.entry(name.clone()).or_default();
        table.is_dropped = false;
        table.has_key |= has_key || is_part || is_like;
        if !has_key {
            table.keyless = Some(site);
        }
        for argument in arguments.children() {
            self.part(&name, &argument);
        }
    }

    fn alter(&mut self, statement: &SyntaxNode) {
        let Some(name) = child(statement, SyntaxKind::TABLE_RELATION_NAME).map(|node| plain(&node)) else {
            return;
        };
        for action in statement.children() {
            match action.kind() {
                SyntaxKind::ADD_COLUMN => self.part(&name, &action),
                SyntaxKind::ADD_CONSTRAINT => {
                    let constraints: Vec<SyntaxNode> = action.children().collect();
                    for constraint in &constraints {
                        self.part(&name, constraint);
                    }
                }
                _ => {}
            }
        }
    }

    /// A column, or a constraint of the table.
    fn part(&mut self, table: &str, node: &SyntaxNode) {
        let site = self.site(node);
        match node.kind() {
            SyntaxKind::COLUMN | SyntaxKind::ADD_COLUMN => {
                let Some(column) = child(node, SyntaxKind::COLUMN_NAME).map(|node| plain(&node)) else {
                    return;
                };
                let kinds: Vec<SyntaxKind> = node.children().map(|child| child.kind()).collect();
                let is_key = kinds.contains(&SyntaxKind::PRIMARY_KEY_CONSTRAINT);
                self.column(&column, node, is_key, &site);
                let table = self.tables.entry(table.to_owned()).or_default();
                if is_key || kinds.contains(&SyntaxKind::UNIQUE_CONSTRAINT) {
                    table.indexes.push(vec![column.clone()]);
                }
                if kinds.contains(&SyntaxKind::REFERENCES_CONSTRAINT) {
                    table.foreign.push((vec![column], site));
                }
                table.has_key |= is_key;
            }
            SyntaxKind::FOREIGN_KEY_CONSTRAINT => {
                let Some(list) = child(node, SyntaxKind::FOREIGN_KEY_COLUMN_LIST) else { return };
                let columns = names(&list, SyntaxKind::COLUMN_NAME_REF);
                self.tables.entry(table.to_owned()).or_default().foreign.push((columns, site));
            }
            SyntaxKind::PRIMARY_KEY_CONSTRAINT
            | SyntaxKind::UNIQUE_CONSTRAINT
            | SyntaxKind::EXCLUDE_CONSTRAINT => {
                let table = self.tables.entry(table.to_owned()).or_default();
                table.has_key |= node.kind() == SyntaxKind::PRIMARY_KEY_CONSTRAINT;
                table.indexes.push(names(node, SyntaxKind::COLUMN_NAME_REF));
            }
            _ => {}
        }
    }

    fn column(&self, column: &str, node: &SyntaxNode, is_key: bool, site: &Site) {
        let Some(kind) = node
            .children()
            .find(|child| child.kind() == SyntaxKind::DOUBLE_TYPE || child.kind() == SyntaxKind::PATH_TYPE)
        else {
            return;
        };
        let name = kind.text().to_string().to_ascii_lowercase();
        let is_float = kind.kind() == SyntaxKind::DOUBLE_TYPE
            || matches!(name.as_str(), "real" | "float" | "float4" | "float8");
        if is_float && is_money(column) {
            let says = format!("`{column}` is an amount of money in a type that cannot hold 0.1");
            self.sink.report(Draft::bytes(MONEY, &site.file, site.start..site.end).says(says));
        }
        if is_key
            && matches!(
                name.as_str(),
                "serial" | "serial4" | "int" | "integer" | "int4" | "smallint" | "smallserial"
            )
        {
            let is_counted = name.contains("serial")
                || node.descendants().any(|child| child.kind() == SyntaxKind::GENERATED_CONSTRAINT);
            if is_counted {
                let says = format!(
                    "`{column}` runs out after {}",
                    if name.starts_with("small") { "32,767 rows" } else { "2,147,483,647 rows" }
                );
                self.sink.report(Draft::bytes(NARROW, &site.file, site.start..site.end).says(says));
            }
        }
    }

    fn index(&mut self, statement: &SyntaxNode) {
        let Some(table) = child(statement, SyntaxKind::TABLE_RELATION_NAME).map(|node| plain(&node)) else {
            return;
        };
        // An index over some rows does not serve the look-up of all.
        let columns = child(statement, SyntaxKind::PARTITION_ITEM_LIST)
            .map(|list| {
                list.children()
                    .map(|item| {
                        item.children()
                            .find(|node| node.kind() == SyntaxKind::NAME_REF)
                            .map_or(String::new(), |node| plain(&node))
                    })
                    .collect()
            })
            .unwrap_or_default();
        self.tables.entry(table).or_default().indexes.push(columns);
    }
}

/// A column's name says that it is an amount of money.
pub(super) fn is_money(column: &str) -> bool {
    let words: Vec<String> = words(column);
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    has(&[
        "price", "amount", "balance", "cost", "salary", "fee", "subtotal", "payment", "revenue", "refund",
        "payout", "wage", "budget", "debit", "credit", "invoiced",
    ]) && !has(&[
        "rate",
        "ratio",
        "percent",
        "pct",
        "factor",
        "weight",
        "score",
        "count",
        "prediction",
        "predicted",
        "feature",
        "change",
        "volume",
        "embedding",
        "tokens",
    ])
}

/// `unitPrice`, `unit_price` and `UNIT_PRICE` are two words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if letter == '_' || letter == '-' || (letter.is_ascii_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = letter.is_ascii_lowercase();
        if letter != '_'
            && letter != '-'
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words
}

fn child(node: &SyntaxNode, kind: SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|child| child.kind() == kind)
}

fn names(node: &SyntaxNode, kind: SyntaxKind) -> Vec<String> {
    node.descendants().filter(|node| node.kind() == kind).map(|node| plain(&node)).collect()
}

/// A name without its schema, quotes and case.
fn plain(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let last = text.trim().rsplit('.').next().unwrap_or_default().trim();
    match last.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').to_owned(),
        None => last.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_money;

    #[test]
    fn names_of_amounts() {
        for name in ["price", "unit_price", "totalAmount", "balance", "monthlyFee"] {
            assert!(is_money(name), "{name}");
        }
        for name in ["priceless", "feedback", "credit_score", "price_change_percent", "latitude", "coffee"] {
            assert!(!is_money(name), "{name}");
        }
    }
}

//! Prisma's schema: foreign keys without an index, money as a float.
//!
//! The format is made of lines, which is all that is read of it.

use super::schema::is_money;
use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{SourceFile, extension};
use crate::finding::Draft;

const FOREIGN: &str = "foreign-key-without-index";
const MONEY: &str = "money-as-float";

pub(super) static FILE_FACT: FileFact =
    FileFact { rules: &[FOREIGN, MONEY], wants: |file| extension(file.path) == "prisma", check };

#[derive(Default)]
struct Model {
    foreign: Vec<(Vec<String>, u32)>,
    indexes: Vec<Vec<String>>,
}

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    // MySQL makes an index with every foreign key; elsewhere nobody does.
    let is_indexed_by_database =
        file.text.contains("provider = \"mysql\"") || file.text.contains("provider = \"mongodb\"");
    let mut model: Option<Model> = None;
    for (line, number) in file.text.lines().zip(1_u32..) {
        let code = line.split("//").next().unwrap_or(line).trim();
        if code.starts_with("model ") {
            model = Some(Model::default());
            continue;
        }
        let Some(open) = model.as_mut() else { continue };
        if code == "}" {
            if let Some(model) = model.take().filter(|_| !is_indexed_by_database) {
                report(&model, file, sink);
            }
            continue;
        }
        if let Some(rest) = code.strip_prefix("@@") {
            if ["index", "unique", "id", "fulltext"].iter().any(|kind| rest.starts_with(kind)) {
                open.indexes.push(listed(rest));
            }
            continue;
        }
        let mut words = code.split_whitespace();
        let (Some(name), Some(kind)) = (words.next(), words.next()) else { continue };
        if code.contains("@unique") || code.contains("@id") {
            open.indexes.push(vec![name.to_owned()]);
        }
        if kind.trim_end_matches(['?', '[', ']']) == "Float" && is_money(name) {
            let says = format!("`{name}` is an amount of money in a type that cannot hold 0.1");
            sink.report_in(file, Draft::line(MONEY, file.path, number).says(says));
        }
        if let Some(fields) =
            code.split_once("@relation(").and_then(|(_, arguments)| arguments.split_once("fields:"))
        {
            open.foreign.push((listed(fields.1), number));
        }
    }
}

fn report(model: &Model, file: &SourceFile<'_>, sink: &Sink<'_>) {
    for (columns, line) in &model.foreign {
        let is_indexed = model.indexes.iter().any(|index| {
            index.len() >= columns.len()
                && columns.iter().all(|column| index[..columns.len()].contains(column))
        });
        if !is_indexed {
            let says = format!("no `@@index` starts with `{}`, which is a foreign key", columns.join(", "));
            sink.report_in(file, Draft::line(FOREIGN, file.path, *line).says(says));
        }
    }
}

/// `[a, b(sort: Desc)]`
fn listed(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once('[') else { return Vec::new() };
    let inner = rest.split(']').next().unwrap_or_default();
    inner.split(',').map(|part| part.split('(').next().unwrap_or_default().trim().to_owned()).collect()
}

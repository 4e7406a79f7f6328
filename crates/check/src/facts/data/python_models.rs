//! Models of Django and SQLAlchemy: money as a float.

use super::schema::is_money;
use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;
use crate::modules::lexer::{Syntax, lex};

const MONEY: &str = "money-as-float";

pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[MONEY],
    wants: |file| {
        extension(file.path) == "py"
            && file.role == Role::App
            && (file.has("FloatField(") || file.has("Float"))
    },
    check,
};

/// `price = models.FloatField(...)`, `price = Column(Float, ...)`, `price: Mapped[float] = mapped_column(Float)`.
fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let tokens = lex(Syntax::Python, file.text);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(file.text));
    for (at, token) in tokens.iter().enumerate() {
        let is_start = at == 0 || tokens[at - 1].line != token.line;
        if !is_start || !is_money(text(at)) || !matches!(text(at + 1), "=" | ":") {
            continue;
        }
        let line: Vec<&str> = tokens[at..]
            .iter()
            .take_while(|other| other.line == token.line)
            .map(|token| token.text(file.text))
            .collect();
        let calls = |name: &str, argument: Option<&str>| {
            line.windows(3).any(|part| {
                part[0] == name && part[1] == "(" && argument.is_none_or(|wanted| part[2] == wanted)
            })
        };
        if calls("FloatField", None)
            || calls("Column", Some("Float"))
            || calls("mapped_column", Some("Float"))
        {
            let says = format!("`{}` is an amount of money in a type that cannot hold 0.1", text(at));
            sink.report_in(file, Draft::line(MONEY, file.path, token.line).says(says));
        }
    }
}

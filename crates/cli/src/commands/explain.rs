//! `sea explain`.

use std::io::Write;

use include_dir::{Dir, include_dir};
use seaworthy_check::Catalogue;
use seaworthy_check::page::page as rule_page;

use crate::args::ExplainArgs;
use crate::exit::{self, Mistake};

/// One page a code; the same pages are part of the book.
static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../docs/src/codes");

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<u8> {
    let mut out = anstream::stdout().lock();
    match &args.code {
        None => {
            for code in codes() {
                writeln!(out, "{code:<28} {}", title(code).unwrap_or_default())?;
            }
            for rule in Catalogue::embedded().rules() {
                writeln!(out, "{:<28} {}", rule.id, rule.title)?;
            }
        }
        Some(code) => match page(code) {
            Some(page) => write!(out, "{page}")?,
            None => match Catalogue::with_examples().get(code) {
                Some(rule) => write!(out, "{}", rule_page(rule))?,
                None => return Err(unknown(code).into()),
            },
        },
    }
    Ok(exit::DONE)
}

fn page(code: &str) -> Option<&'static str> {
    PAGES.get_file(format!("{code}.md"))?.contents_utf8()
}

/// Every code that has a page, sorted.
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = PAGES
        .files()
        .filter_map(|file| file.path().file_stem()?.to_str())
        .filter(|code| *code != "index")
        .collect();
    codes.sort_unstable();
    codes
}

/// The first sentence under the heading of a page.
fn title(code: &str) -> Option<&'static str> {
    page(code)?.lines().find(|line| !line.is_empty() && !line.starts_with('#'))
}

fn unknown(code: &str) -> Mistake {
    let rules = Catalogue::embedded();
    let near = codes()
        .into_iter()
        .chain(rules.rules().map(|rule| rule.id.as_str()))
        .max_by(|one, other| strsim::jaro(one, code).total_cmp(&strsim::jaro(other, code)))
        .filter(|near| strsim::jaro(near, code) > 0.6);
    Mistake {
        message: format!("there is no code or rule `{code}`"),
        help: Some(match near {
            Some(near) => format!("sea explain {near}"),
            None => "sea explain (lists every code and rule)".to_owned(),
        }),
    }
}

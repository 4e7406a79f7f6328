//! A page for each rule of `sea check`, and their list.

use std::fmt::Write as _;

use seaworthy_check::Catalogue;
use seaworthy_check::page::page;
use seaworthy_check::rule::Category;

/// The pages, by id.
pub(super) fn pages() -> Vec<(String, String)> {
    Catalogue::with_examples().rules().map(|rule| (rule.id.clone(), page(rule))).collect()
}

/// Every rule, by category.
pub(super) fn index() -> String {
    let catalogue = Catalogue::embedded();
    let mut out = format!(
        "# Rules\n\n`sea check` applies {} rules. `sea explain RULE` shows the same page in the terminal.\n",
        catalogue.rules().len()
    );
    for category in Category::ALL {
        let _ =
            write!(out, "\n## {}\n\n| rule | severity | what is wrong |\n|---|---|---|\n", category.title());
        for rule in catalogue.rules().filter(|rule| rule.category == category) {
            let _ = writeln!(
                out,
                "| [{0}]({0}.md) | {1} | {2} |",
                rule.id,
                rule.severity.as_str(),
                rule.title.replace('|', "\\|")
            );
        }
    }
    out
}

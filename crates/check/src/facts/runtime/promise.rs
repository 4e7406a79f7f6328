//! Handlers of Express 4 whose promise nobody looks at.

use std::sync::OnceLock;

use ast_grep_core::Node;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use regex::bytes::Regex;

use super::regex;
use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;
use crate::pattern::tree;

const RULE: &str = "async-handler-uncaught";

pub(super) const FACT: FileFact = FileFact { rules: &[RULE], wants, check };

/// Packages that make Express 4 wait for its handlers.
const HELPERS: [&str; 5] = [
    "express-async-errors",
    "express-promise-router",
    "@nestjs/core",
    "express-async-router",
    "express-asyncify",
];

fn wants(file: &SourceFile<'_>) -> bool {
    use SupportLang as L;
    file.role == Role::App
        && matches!(file.language, Some(L::JavaScript | L::TypeScript))
        && file.has("async")
        && file.has("await")
        && file.has("req")
}

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    static CALL: OnceLock<Option<Regex>> = OnceLock::new();
    let call = CALL.get_or_init(|| regex(r"^\w+\.(get|post|put|patch|delete|use|all)$"));
    let Some(call) = call else { return };
    if !is_express_4(context, file) {
        return;
    }
    let Some(tree) = tree(file) else { return };
    for node in tree.root().dfs().filter(|node| node.kind() == "call_expression") {
        let is_route =
            node.field("function").is_some_and(|function| call.is_match(function.text().as_bytes()));
        let Some(arguments) = node.field("arguments").filter(|_| is_route) else { continue };
        if arguments.named_children().any(|handler| is_uncaught(&handler)) {
            sink.report_in(file, Draft::bytes(RULE, file.path, node.range()));
        }
    }
}

/// The nearest manifest asks for Express 4, and nothing mends it.
fn is_express_4(context: &Context<'_>, file: &SourceFile<'_>) -> bool {
    let manifest =
        context.manifests_around(file.path).find(|manifest| manifest.dependencies.contains_key("express"));
    let Some(manifest) = manifest else { return false };
    if HELPERS.iter().any(|name| manifest.dependencies.contains_key(*name)) {
        return false;
    }
    let document = context.repository.document(&manifest.path);
    let version = document.as_ref().and_then(|document| document.at(&["dependencies", "express"])?.text());
    version
        .is_some_and(|version| version.trim_start_matches(['^', '~', '=', 'v', '>', ' ']).starts_with("4."))
}

/// An async function that awaits something outside of a `try`.
fn is_uncaught(handler: &Node<'_, StrDoc<SupportLang>>) -> bool {
    let is_function = matches!(&*handler.kind(), "arrow_function" | "function_expression");
    let is_handler = handler.field("parameters").is_some_and(|list| {
        let text = list.text();
        text.trim_start_matches(['(', '_']).starts_with("req") && text.contains(',')
    });
    if !is_function || !is_handler || !handler.text().starts_with("async") {
        return false;
    }
    let Some(body) = handler.field("body") else { return false };
    let mut open = vec![body];
    while let Some(node) = open.pop() {
        match &*node.kind() {
            "await_expression" if !node.text().contains(".catch(") => return true,
            "try_statement" => {
                // What is in the handler of a `try` can fail too, and rarely does.
                continue;
            }
            "arrow_function" | "function_expression" | "function_declaration" => continue,
            _ => {}
        }
        open.extend(node.named_children());
    }
    false
}

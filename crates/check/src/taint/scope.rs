//! What a function gives names to.

use std::collections::HashMap;
use std::ops::Range;

use super::Node;

/// Where a name gets a value.
pub(super) struct Definition<'t> {
    /// What it gets, or gets a part of.
    pub(super) value: Node<'t>,
    /// The byte after it.
    pub(super) end: usize,
    /// What it had before is still in it.
    pub(super) adds: bool,
    /// And is its beginning.
    pub(super) appends: bool,
    /// The bytes of the block it stands in.
    pub(super) block: Range<usize>,
}

/// The definitions of one function by their names, in order, without those of the functions in it.
pub(super) struct Scope<'t> {
    definitions: Definitions<'t>,
}

type Definitions<'t> = HashMap<String, Vec<Definition<'t>>>;

/// A node is a function, or the whole file: names in it are its own.
pub(super) fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_declaration"
            | "function_expression"
            | "arrow_function"
            | "generator_function"
            | "generator_function_declaration"
            | "method_definition"
            | "function_definition"
            | "lambda"
            | "method_declaration"
            | "func_literal"
            | "method"
            | "singleton_method"
            | "do_block"
            | "anonymous_function"
            | "constructor_declaration"
            | "lambda_expression"
            | "local_function_statement"
            | "anonymous_method_expression"
            | "program"
            | "module"
            | "source_file"
            | "compilation_unit"
    )
}

fn is_block(kind: &str) -> bool {
    is_function(kind)
        || matches!(
            kind,
            "statement_block"
                | "block"
                | "compound_statement"
                | "then"
                | "else"
                | "when"
                | "rescue"
                | "body_statement"
                | "switch_case"
                | "switch_default"
                | "switch_section"
                | "expression_case"
                | "default_case"
                | "case_statement"
                | "class_body"
        )
}

impl<'t> Scope<'t> {
    /// Reads a function once.
    pub(super) fn of(function: &Node<'t>) -> Self {
        let mut definitions = HashMap::new();
        let mut open: Vec<(Node<'t>, Range<usize>)> =
            function.named_children().map(|child| (child, function.range())).collect();
        open.reverse();
        while let Some((node, block)) = open.pop() {
            let kind = node.kind();
            if is_function(&kind) {
                continue;
            }
            let block = if is_block(&kind) { node.range() } else { block };
            define(&node, &kind, &block, &mut definitions);
            let children: Vec<_> = node.named_children().collect();
            open.extend(children.into_iter().rev().map(|child| (child, block.clone())));
        }
        for known in definitions.values_mut() {
            known.sort_by_key(|definition: &Definition<'_>| definition.end);
        }
        Self { definitions }
    }

    /// What a name was given before a byte, the last first.
    pub(super) fn before(&self, name: &str, at: usize) -> impl Iterator<Item = &Definition<'t>> {
        let known = self.definitions.get(name).map_or(&[][..], Vec::as_slice);
        known[..known.partition_point(|definition| definition.end <= at)].iter().rev()
    }
}

/// What a node defines.
fn define<'t>(node: &Node<'t>, kind: &str, block: &Range<usize>, out: &mut Definitions<'t>) {
    let pair = |target: &str, value: &str| Some((node.field(target)?, node.field(value)?));
    let (found, adds) = match kind {
        "variable_declarator" => {
            let name = node.field("name").or_else(|| node.named_children().next());
            // C# has no field for the value.
            let value = node.field("value").or_else(|| node.named_children().nth(1));
            (name.zip(value), false)
        }
        "var_spec" | "named_expression" | "const_spec" => (pair("name", "value"), false),
        "assignment_expression"
        | "assignment"
        | "assignment_statement"
        | "short_var_declaration"
        | "reference_assignment_expression" => {
            let operator = node.field("operator").map(|operator| operator.text().into_owned());
            (pair("left", "right"), operator.is_some_and(|operator| operator == "+=" || operator == ".="))
        }
        "augmented_assignment"
        | "augmented_assignment_expression"
        | "operator_assignment"
        | "for_in_statement"
        | "for_statement"
        | "for_in_clause"
        | "range_clause" => (pair("left", "right"), true),
        "enhanced_for_statement" => (pair("name", "value"), true),
        "foreach_statement" => {
            let named: Vec<_> = node.named_children().collect();
            let positional = || Some((named.get(1)?.clone(), named.first()?.clone()));
            (pair("left", "right").or_else(positional), true)
        }
        "for" => (pair("pattern", "value"), true),
        "call_expression" => {
            // Go: what a call is given the address of, it fills.
            let arguments = node.field("arguments").map(|list| list.named_children().collect::<Vec<_>>());
            for argument in arguments.unwrap_or_default() {
                if argument.kind() == "unary_expression" && argument.text().starts_with('&') {
                    push(&argument, node, node, true, block, out);
                }
            }
            return;
        }
        _ => return,
    };
    let Some((target, value)) = found else { return };
    if target.kind() == "expression_list" && value.kind() == "expression_list" {
        let targets: Vec<_> = target.named_children().collect();
        let values: Vec<_> = value.named_children().collect();
        if targets.len() == values.len() {
            for (target, value) in targets.iter().zip(&values) {
                push(target, value, node, adds, block, out);
            }
        } else if let (Some(target), [value]) = (targets.first(), &values[..]) {
            // What comes second is an error or a flag.
            push(target, value, node, adds, block, out);
        }
        return;
    }
    push(&target, &value, node, adds, block, out);
}

fn push<'t>(
    target: &Node<'t>,
    value: &Node<'t>,
    whole: &Node<'t>,
    adds: bool,
    block: &Range<usize>,
    out: &mut Definitions<'t>,
) {
    // A member of something (`a.b = c`) is no name.
    if matches!(&*target.kind(), "member_expression" | "attribute" | "subscript" | "selector_expression") {
        return;
    }
    // A loop's variable is there in its body; anything else after the whole statement.
    let is_loop = whole.kind().contains("for");
    let end = if is_loop { value.range().end } else { whole.range().end };
    for name in names(target) {
        let block = block.clone();
        let appends = adds && whole.kind().contains("assign");
        let definition = Definition { value: value.clone(), end, adds, appends, block };
        out.entry(name.text().into_owned()).or_default().push(definition);
    }
}

/// The names that a pattern or a parameter binds.
pub(super) fn names<'t>(target: &Node<'t>) -> Vec<Node<'t>> {
    let mut out = Vec::new();
    let mut open = vec![target.clone()];
    while let Some(node) = open.pop() {
        match &*node.kind() {
            "identifier"
            | "variable_name"
            | "shorthand_property_identifier_pattern"
            | "instance_variable"
            | "global_variable" => out.push(node),
            "member_expression" | "attribute" | "subscript" | "type_annotation" | "attribute_list"
            | "modifiers" => {}
            _ => {
                let skipped: Vec<usize> = ["type", "value", "right", "default_value", "key"]
                    .iter()
                    .filter_map(|name| Some(node.field(name)?.node_id()))
                    .collect();
                let is_pair = node.kind() == "pair_pattern";
                for child in node.named_children() {
                    let is_bound =
                        is_pair && node.field("value").is_some_and(|v| v.node_id() == child.node_id());
                    if is_bound || !skipped.contains(&child.node_id()) {
                        open.push(child);
                    }
                }
            }
        }
    }
    out
}

/// The parameters of a function.
pub(super) fn parameters<'t>(function: &Node<'t>) -> Vec<Node<'t>> {
    if let Some(single) = function.field("parameter") {
        return vec![single];
    }
    let Some(list) = function.field("parameters") else { return Vec::new() };
    match &*list.kind() {
        "identifier" => vec![list],
        _ => list.named_children().collect(),
    }
}

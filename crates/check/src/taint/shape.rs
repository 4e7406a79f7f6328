//! What an expression is made of, as far as a value can come through it: one table for all grammars, whose names for
//! the same thing differ and hardly ever clash.

use super::Node;

/// An expression.
pub(super) enum Shape<'t> {
    /// A variable.
    Name,
    /// Its value is, or contains as text, one of these. For a text they are in order, constant pieces left out;
    /// `head` is what it begins with, where that is constant.
    Text { parts: Vec<Node<'t>>, head: Option<String> },
    /// Its value is one of these.
    Either(Vec<Node<'t>>),
    /// A list or map that holds these.
    Collection(Vec<Node<'t>>),
    /// A member or element.
    Part { whole: Node<'t>, key: Option<String> },
    /// A call.
    Call { callee: String, receiver: Option<Node<'t>>, arguments: Vec<Node<'t>> },
    /// Nothing comes through it.
    Opaque,
}

/// Operators that make a text of two.
const JOINS: [&str; 4] = ["+", ".", "%", "<<"];
/// Operators that choose one of two.
const CHOICES: [&str; 5] = ["||", "??", "&&", "or", "and"];

/// What a method is called on is part of its name up to this length: `JSON.parse`, `Paths.get`.
const LONGEST_PREFIX: usize = 24;

pub(super) fn shape<'t>(node: &Node<'t>) -> Shape<'t> {
    let fields = |names: &[&str]| names.iter().filter_map(|name| node.field(name)).collect::<Vec<_>>();
    match &*node.kind() {
        "identifier"
        | "variable_name"
        | "shorthand_property_identifier"
        | "instance_variable"
        | "global_variable" => Shape::Name,
        "template_string"
        | "string"
        | "encapsed_string"
        | "heredoc_body"
        | "interpolated_string_expression"
        | "subshell"
        | "shell_command_expression"
        | "concatenated_string"
        | "chained_string"
        | "heredoc" => text(node),
        "parenthesized_expression"
        | "await_expression"
        | "await"
        | "spread_element"
        | "non_null_expression"
        | "list_splat"
        | "dictionary_splat"
        | "argument"
        | "interpolation"
        | "template_substitution"
        | "parenthesized_statements"
        | "unary_expression"
        | "pointer_expression"
        | "variadic_unpacking"
        | "ref_expression"
        | "begin"
        | "expression_list"
        | "arguments"
        | "argument_list"
        | "as_expression"
        | "satisfies_expression"
        | "keyword_argument"
        | "pair"
        | "keyed_element"
        | "literal_element"
        | "array_element_initializer"
        | "cast_expression"
        | "type_assertion"
        | "format_expression" => wrapped(node),
        "binary_expression" | "binary_operator" | "binary" | "boolean_operator" => {
            let operator = node.field("operator").map(|operator| operator.text().into_owned());
            match operator.as_deref() {
                Some(operator) if JOINS.contains(&operator) => joined(node),
                Some(operator) if CHOICES.contains(&operator) => Shape::Either(fields(&["left", "right"])),
                _ => Shape::Opaque,
            }
        }
        "ternary_expression" | "conditional_expression" | "conditional" => {
            let ends = fields(&["consequence", "body", "alternative"]);
            if ends.is_empty() {
                // Python: VALUE if CONDITION else OTHER.
                let parts: Vec<_> = node.named_children().collect();
                Shape::Either(parts.into_iter().step_by(2).collect())
            } else {
                Shape::Either(ends)
            }
        }
        "assignment_expression" | "assignment" | "augmented_assignment_expression" | "named_expression" => {
            Shape::Either(fields(&["right", "value"]))
        }
        "object"
        | "array"
        | "list"
        | "dictionary"
        | "tuple"
        | "hash"
        | "array_creation_expression"
        | "set"
        | "composite_literal"
        | "literal_value"
        | "anonymous_object_creation_expression"
        | "list_comprehension"
        | "generator_expression" => Shape::Collection(node.named_children().collect()),
        "member_expression"
        | "subscript_expression"
        | "attribute"
        | "subscript"
        | "selector_expression"
        | "index_expression"
        | "slice_expression"
        | "element_reference"
        | "member_access_expression"
        | "nullsafe_member_access_expression"
        | "field_access"
        | "array_access"
        | "element_access_expression"
        | "conditional_access_expression" => part(node),
        "call_expression"
        | "call"
        | "new_expression"
        | "method_invocation"
        | "function_call_expression"
        | "member_call_expression"
        | "nullsafe_member_call_expression"
        | "scoped_call_expression"
        | "invocation_expression"
        | "object_creation_expression"
        | "type_conversion_expression" => call(node),
        _ => Shape::Opaque,
    }
}

/// A text with pieces in it.
fn text<'t>(node: &Node<'t>) -> Shape<'t> {
    let mut head = None;
    let mut parts = Vec::new();
    for child in node.named_children() {
        match &*child.kind() {
            "string_start"
            | "string_end"
            | "escape_sequence"
            | "interpolation_start"
            | "interpolation_quote"
            | "heredoc_beginning"
            | "interpolated_string_start" => {}
            "string_fragment"
            | "string_content"
            | "string_value"
            | "string_literal_content"
            | "interpolated_string_text" => {
                if parts.is_empty() {
                    head.get_or_insert_with(String::new).push_str(&child.text());
                }
            }
            _ => parts.push(child),
        }
    }
    Shape::Text { parts, head }
}

/// Two texts in one.
fn joined<'t>(node: &Node<'t>) -> Shape<'t> {
    let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else { return Shape::Opaque };
    match literal(&left) {
        Some(head) => Shape::Text { parts: vec![right], head: Some(head) },
        None => Shape::Text { parts: vec![left, right], head: None },
    }
}

/// The text of a constant; `None` where it is not one.
pub(super) fn literal(node: &Node<'_>) -> Option<String> {
    let is_constant = match &*node.kind() {
        "interpreted_string_literal"
        | "raw_string_literal"
        | "string_literal"
        | "verbatim_string_literal" => true,
        "string" | "template_string" | "encapsed_string" => {
            matches!(text(node), Shape::Text { parts, .. } if parts.is_empty())
        }
        _ => false,
    };
    is_constant.then(|| {
        let text = node.text();
        text.trim_start_matches(['@', '$', 'b', 'r', 'u']).trim_matches(['"', '\'', '`']).to_owned()
    })
}

/// An expression around another one: the last in it, or the first where a type follows.
fn wrapped<'t>(node: &Node<'t>) -> Shape<'t> {
    let named: Vec<Node<'t>> = node.named_children().collect();
    let inner = match &*node.kind() {
        "unary_expression" => {
            // `!x`, `-x` and `typeof x` are no text; `&x` and `*x` of Go are x.
            let is_reference = node.text().starts_with(['&', '*']);
            return if is_reference { Shape::Either(named) } else { Shape::Opaque };
        }
        "expression_list" | "arguments" | "argument_list" => return Shape::Collection(named),
        "as_expression" | "satisfies_expression" | "interpolation" | "format_expression" => {
            named.into_iter().find(|child| child.kind() != "interpolation_brace")
        }
        "cast_expression" => {
            let is_number = node.field("type").is_some_and(|kind| {
                matches!(&*kind.text(), "int" | "integer" | "float" | "double" | "long" | "bool" | "boolean")
            });
            if is_number {
                return Shape::Opaque;
            }
            node.field("value")
        }
        _ => node.field("value").or_else(|| named.into_iter().next_back()),
    };
    Shape::Either(inner.into_iter().collect())
}

fn part<'t>(node: &Node<'t>) -> Shape<'t> {
    let whole = ["object", "value", "operand", "expression", "array", "condition"]
        .iter()
        .find_map(|name| node.field(name))
        .or_else(|| node.named_children().next());
    let Some(whole) = whole else { return Shape::Opaque };
    let key = ["property", "attribute", "field", "name"]
        .iter()
        .find_map(|name| node.field(name))
        .map(|key| key.text().into_owned());
    Shape::Part { whole, key }
}

fn call<'t>(node: &Node<'t>) -> Shape<'t> {
    let arguments = node.field("arguments").map(|list| {
        // A tagged template: what its tag makes of the pieces is not known.
        if list.kind() == "template_string" { Vec::new() } else { list.named_children().collect() }
    });
    let arguments =
        arguments.or_else(|| node.field("operand").map(|operand| vec![operand])).unwrap_or_else(|| {
            let lists = node.named_children().filter(|child| child.kind() == "arguments");
            lists.flat_map(|list| list.named_children().collect::<Vec<_>>()).collect()
        });
    let function = ["function", "constructor", "type"].iter().find_map(|name| node.field(name));
    if let Some(function) = function {
        let receiver = match shape_of_callee(&function) {
            Some(Shape::Part { whole, .. }) => Some(whole),
            _ => None,
        };
        return Shape::Call { callee: function.text().into_owned(), receiver, arguments };
    }
    let receiver = ["receiver", "object", "scope"].iter().find_map(|name| node.field(name));
    let name = ["method", "name"].iter().find_map(|name| node.field(name));
    let name = name.or_else(|| node.named_children().next()).map(|name| name.text().into_owned());
    match name {
        Some(method) => {
            let prefix = receiver.as_ref().map(Node::text).filter(|text| text.len() < LONGEST_PREFIX);
            let callee = prefix.map_or_else(|| method.clone(), |prefix| format!("{prefix}.{method}"));
            Shape::Call { callee, receiver, arguments }
        }
        None => Shape::Opaque,
    }
}

fn shape_of_callee<'t>(function: &Node<'t>) -> Option<Shape<'t>> {
    matches!(
        &*function.kind(),
        "member_expression" | "attribute" | "selector_expression" | "member_access_expression"
    )
    .then(|| part(function))
}

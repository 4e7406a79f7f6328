//! The way of a value, backwards from where it does harm.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::scope::{Scope, is_function, names, parameters};
use super::shape::{Shape, literal, shape};
use super::{Node, Shared, Taint};
use crate::rule::Carries;

/// Expressions looked at for one sink at most.
const MOST_STEPS: usize = 3_000;
/// And for all sinks of a file: what a person writes takes a hundredth of it.
const MOST_STEPS_OF_FILE: usize = 300_000;
/// Definitions and parts within each other at most.
const DEEPEST: usize = 60;
/// Conditions before a use that are looked at, at most.
const MOST_CONDITIONS: usize = 200;

/// The flows of one file: what its functions define is read once, whichever rule asks.
#[derive(Default)]
pub(crate) struct Flow<'t> {
    scopes: RefCell<HashMap<usize, Rc<Scope<'t>>>>,
    steps: Cell<usize>,
}

impl<'t> Flow<'t> {
    /// The source that an expression's value comes from; `None` where none is known.
    pub(crate) fn source(&self, taint: &Taint, expression: &Node<'t>) -> Option<Node<'t>> {
        let trace = Trace { flow: self, taint, shared: Shared::get(), steps: Cell::new(0) };
        trace.follow(expression, taint.carries, 0)
    }

    fn scope(&self, function: &Node<'t>) -> Rc<Scope<'t>> {
        if let Some(known) = self.scopes.borrow().get(&function.node_id()) {
            return Rc::clone(known);
        }
        let scope = Rc::new(Scope::of(function));
        self.scopes.borrow_mut().insert(function.node_id(), Rc::clone(&scope));
        scope
    }
}

struct Trace<'f, 't> {
    flow: &'f Flow<'t>,
    taint: &'f Taint,
    shared: &'static Shared,
    steps: Cell<usize>,
}

impl<'t> Trace<'_, 't> {
    fn follow(&self, node: &Node<'t>, carries: Carries, depth: usize) -> Option<Node<'t>> {
        self.steps.set(self.steps.get() + 1);
        self.flow.steps.set(self.flow.steps.get() + 1);
        if self.steps.get() > MOST_STEPS || self.flow.steps.get() > MOST_STEPS_OF_FILE || depth > DEEPEST {
            return None;
        }
        if self.taint.sanitizers.as_ref().is_some_and(|rules| node.matches(&rules.matcher)) {
            return None;
        }
        if node.matches(&self.taint.sources.matcher) {
            return (!self.is_checked(node)).then(|| node.clone());
        }
        let any =
            |nodes: &[Node<'t>], carries| nodes.iter().find_map(|node| self.follow(node, carries, depth + 1));
        match shape(node) {
            Shape::Name => {
                let found = self.name(node, carries, depth)?;
                (!self.is_checked(node)).then_some(found)
            }
            Shape::Text { parts, .. } if carries == Carries::Text => any(&parts, carries),
            Shape::Text { parts, head } if carries == Carries::Head => {
                let is_open = head.as_deref().is_none_or(is_open_head);
                any(if is_open { parts.get(..1)? } else { &[] }, carries)
            }
            Shape::Either(parts) => any(&parts, carries),
            Shape::Collection(parts) => any(if carries == Carries::Value { &parts } else { &[] }, carries),
            Shape::Part { whole, key } => {
                // `name.size` is a number; `req.body.size` is whatever the client calls so.
                let is_own = key.as_deref() != Some("length") && whole.matches(&self.taint.sources.matcher);
                if !is_own && key.as_deref().is_some_and(|key| self.shared.stops.is_match(key)) {
                    return None;
                }
                let found = match self.member(&whole, key.as_deref()) {
                    Some(value) => self.follow(&value, carries, depth + 1)?,
                    None => self.follow(&whole, carries, depth + 1)?,
                };
                (!self.is_checked(node)).then_some(found)
            }
            Shape::Call { callee, receiver, arguments } => {
                self.call(&callee, receiver.as_ref(), &arguments, carries, depth)
            }
            Shape::Text { .. } | Shape::Opaque => None,
        }
    }

    fn call(
        &self,
        callee: &str,
        receiver: Option<&Node<'t>>,
        arguments: &[Node<'t>],
        carries: Carries,
        depth: usize,
    ) -> Option<Node<'t>> {
        let method = last_name(callee);
        if self.shared.stops.is_match(method) {
            return None;
        }
        if let Some(receiver) = receiver.filter(|_| carries != Carries::Value || method == "get") {
            let parts = match shape(receiver) {
                Shape::Collection(parts) if carries == Carries::Text => parts,
                _ => vec![receiver.clone()],
            };
            let found = parts.iter().find_map(|part| self.follow(part, carries, depth + 1));
            if found.is_some() {
                return found;
            }
        }
        if carries == Carries::Value
            && !matches!(method, "assign" | "parse" | "structuredClone" | "dict" | "loads")
        {
            return None;
        }
        if !self.shared.passes.is_match(callee) {
            return None;
        }
        let considered = match (carries, arguments.first()) {
            // A format's first hole stands for its second argument, where nothing is before it.
            (Carries::Head, Some(first)) => match literal(first) {
                Some(head) if head.starts_with(['%', '{']) => arguments.get(1..2)?,
                Some(_) => return None,
                None => arguments.get(..1)?,
            },
            _ => arguments,
        };
        let collected = considered.iter().flat_map(|argument| match shape(argument) {
            Shape::Collection(parts) => parts,
            _ => vec![argument.clone()],
        });
        collected.into_iter().find_map(|argument| self.follow(&argument, carries, depth + 1))
    }

    /// What a variable may hold where it stands.
    fn name(&self, node: &Node<'t>, carries: Carries, depth: usize) -> Option<Node<'t>> {
        let name = node.text();
        let at = node.range().start;
        for function in node.ancestors().filter(|ancestor| is_function(&ancestor.kind())) {
            let scope = self.flow.scope(&function);
            let mut is_known = false;
            for definition in scope.before(&name, at) {
                is_known = true;
                if carries == Carries::Head && definition.appends {
                    continue;
                }
                if let Some(found) = self.follow(&definition.value, carries, depth + 1) {
                    return Some(found);
                }
                if !definition.adds && definition.block.contains(&at) {
                    return None;
                }
            }
            for parameter in parameters(&function) {
                let Some(bound) = names(&parameter).into_iter().find(|bound| bound.text() == name) else {
                    continue;
                };
                let sources = &self.taint.sources.matcher;
                if parameter.matches(sources) || bound.matches(sources) {
                    return Some(bound);
                }
                return self.item(&function, carries, depth);
            }
            if is_known {
                return None;
            }
        }
        None
    }

    /// What a function that is handed to a method of a value (`forEach`, `then`) is called with.
    fn item(&self, function: &Node<'t>, carries: Carries, depth: usize) -> Option<Node<'t>> {
        let call = match function.parent()? {
            parent if parent.kind() == "argument" => parent.parent()?.parent()?,
            parent if parent.kind() == "call" => parent,
            parent => parent.parent()?,
        };
        let Shape::Call { callee, receiver: Some(receiver), .. } = shape(&call) else { return None };
        let is_each = matches!(
            last_name(&callee),
            "forEach"
                | "map"
                | "flatMap"
                | "filter"
                | "then"
                | "each"
                | "each_with_index"
                | "find"
                | "reduce"
        );
        if is_each { self.follow(&receiver, carries, depth + 1) } else { None }
    }

    /// The value of a key in a map that was written out in this function.
    fn member(&self, whole: &Node<'t>, key: Option<&str>) -> Option<Node<'t>> {
        let key = key?;
        if !matches!(shape(whole), Shape::Name) {
            return None;
        }
        let name = whole.text();
        let function = whole.ancestors().find(|ancestor| is_function(&ancestor.kind()))?;
        let scope = self.flow.scope(&function);
        let at = whole.range().start;
        let definition = scope.before(&name, at).next()?;
        let is_map = matches!(&*definition.value.kind(), "object" | "dictionary");
        let mut pairs = definition.value.named_children().filter(|_| is_map);
        pairs.find_map(|pair| {
            let known = pair.field("key")?;
            (known.text().trim_matches(['"', '\'']) == key).then(|| pair.field("value")).flatten()
        })
    }

    /// A condition around the use, or one before it that leaves, has checked the value.
    fn is_checked(&self, node: &Node<'t>) -> bool {
        let text = node.text();
        let mut left = MOST_CONDITIONS;
        let mut inner = node.clone();
        for ancestor in node.ancestors() {
            if left == 0 {
                return false;
            }
            left -= 1;
            let condition = ancestor.field("condition");
            if let Some(condition) = condition.or_else(|| python_condition(&ancestor))
                && condition.node_id() != inner.node_id()
                && self.checks(&condition, &text)
            {
                return true;
            }
            if ancestor
                .field("left")
                .is_some_and(|l| l.node_id() != inner.node_id() && self.checks(&l, &text))
                && ancestor.field("operator").is_some_and(|operator| operator.text() == "&&")
            {
                return true;
            }
            for before in inner.prev_all().take(left) {
                left -= 1;
                if let Some(condition) = before.field("condition")
                    && leaves(&before)
                    && self.checks(&condition, &text)
                {
                    return true;
                }
            }
            if is_function(&ancestor.kind()) {
                return false;
            }
            inner = ancestor;
        }
        false
    }

    /// That an address begins with `http` says nothing about its host.
    fn asks_for_scheme(&self, arguments: &[Node<'t>]) -> bool {
        let scheme = |text: String| text == "http" || text == "https" || is_open_head(&text);
        self.taint.carries == Carries::Head
            && arguments.first().and_then(|argument| literal(argument)).is_some_and(scheme)
    }

    /// A condition asks about a value.
    fn checks(&self, condition: &Node<'t>, text: &str) -> bool {
        let by_type = self.taint.carries == Carries::Value;
        condition.dfs().take(MOST_CONDITIONS).any(|node| match &*node.kind() {
            "comparison_operator" | "binary_expression" | "binary" => {
                let mut operators =
                    node.children().filter(|child| !child.is_named()).map(|child| child.text());
                let is_in = operators.any(|operator| operator == "in" || operator == "not in");
                (is_in && node.text().contains(text))
                    || (by_type && node.text().contains("typeof") && node.text().contains(text))
            }
            _ => match shape(&node) {
                Shape::Call { callee, receiver, arguments } => {
                    let about = receiver.iter().chain(&arguments).any(|part| mentions(part, text));
                    let name = last_name(&callee);
                    let is_type =
                        by_type && matches!(name, "isinstance" | "isString" | "is_string" | "is_a?");
                    about
                        && (is_type
                            || (self.shared.checks.is_match(name) && !self.asks_for_scheme(&arguments)))
                }
                Shape::Part { whole, .. } if node.kind() == "subscript_expression" => {
                    node.text() != text && !mentions(&whole, text) && mentions(&node, text)
                }
                _ => false,
            },
        })
    }
}

/// The condition of `A if C else B`.
fn python_condition<'t>(node: &Node<'t>) -> Option<Node<'t>> {
    (node.kind() == "conditional_expression" && node.field("consequence").is_none())
        .then(|| node.named_children().nth(1))
        .flatten()
}

/// It is this expression or has it in it, as a whole.
fn mentions(node: &Node<'_>, text: &str) -> bool {
    node.dfs().take(MOST_CONDITIONS).any(|part| part.text() == text)
}

/// Where a statement's condition holds, the function, or the round of a loop, ends.
fn leaves(statement: &Node<'_>) -> bool {
    const EXITS: [&str; 12] = [
        "return", "throw", "raise", "continue", "break", "abort", "exit", "die", "panic", "halt", "redirect",
        "next",
    ];
    let text = statement.text();
    EXITS.iter().any(|exit| text.contains(exit))
}

/// A text that begins like this does not yet say which host or scheme it is about.
fn is_open_head(head: &str) -> bool {
    let head = head.trim_start();
    head.is_empty() || head == "http://" || head == "https://" || head == "//"
}

/// `c` of `a.b.c`, `a::c` and `a->c`.
fn last_name(callee: &str) -> &str {
    callee.rsplit(['.', ':', '>', ' ']).next().unwrap_or(callee)
}

//! What providers know of the types that derived files use, from `tests/providers`, and whether files keep to it: types,
//! arguments, blocks and references.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hcl_edit::expr::{Expression, ForExpr, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::visit::{self, Visit};
use serde::Deserialize;

/// One kind of block.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    #[serde(default)]
    required: BTreeSet<String>,
    #[serde(default)]
    optional: BTreeSet<String>,
    #[serde(default)]
    computed: BTreeSet<String>,
    /// With `!` for those that have to be there.
    #[serde(default)]
    blocks: BTreeSet<String>,
}

/// A provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) source: String,
    pub(crate) version: String,
    resource: BTreeMap<String, Shape>,
    #[serde(default)]
    data: BTreeMap<String, Shape>,
    #[serde(default)]
    ephemeral: BTreeMap<String, Shape>,
}

impl Provider {
    /// Reads the table of a cloud.
    pub(crate) fn open(cloud: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/providers/{cloud}.toml"));
        toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn shapes(&self, kind: &str) -> Option<&BTreeMap<String, Shape>> {
        match kind {
            "resource" => Some(&self.resource),
            "data" => Some(&self.data),
            "ephemeral" => Some(&self.ephemeral),
            _ => None,
        }
    }

    /// All that is wrong with a module, given the texts of its files.
    pub(crate) fn check(&self, files: &[(&str, &str)]) -> Vec<String> {
        let mut found = Found::default();
        let bodies: Vec<(&str, Body)> =
            files.iter().map(|(name, text)| (*name, text.parse().unwrap())).collect();
        for (file, body) in &bodies {
            for structure in body {
                let Structure::Block(block) = structure else {
                    found.wrong.push(format!("{file}: {structure:?} is no block"));
                    continue;
                };
                self.top(block, &mut found);
            }
        }
        for (file, body) in &bodies {
            let mut references = References::default();
            references.visit_body(body);
            for reference in references.found {
                let known = self.resolve(&reference, &references.bound, &mut found);
                if let Err(why) = known {
                    found.wrong.push(format!("{file}: {}: {why}", reference.join(".")));
                }
            }
        }
        for (kind, names) in [("var", &found.variables), ("local", &found.locals)] {
            for name in names {
                if !found.used.contains(&format!("{kind}.{name}")) {
                    found.wrong.push(format!("{kind}.{name} is used nowhere"));
                }
            }
        }
        found.wrong
    }

    fn top(&self, block: &Block, found: &mut Found) {
        let kind = block.ident.as_str();
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        match (kind, labels.as_slice()) {
            ("resource" | "data" | "ephemeral", [r#type, name]) => {
                let known = self.shapes(kind).is_some_and(|shapes| shapes.contains_key(*r#type));
                if !known {
                    found.wrong.push(format!("{kind} {type} is unknown"));
                    return;
                }
                let fresh =
                    found.declared.insert((kind.to_owned(), (*r#type).to_owned(), (*name).to_owned()));
                if !fresh {
                    found.wrong.push(format!("{kind} {type}.{name} is declared twice"));
                }
                self.block(kind, r#type, &block.body, found);
            }
            ("variable", [name]) => {
                for needed in ["type", "description"] {
                    if !block.body.has_attribute(needed) {
                        found.wrong.push(format!("variable {name} has no {needed}"));
                    }
                }
                found.variables.insert((*name).to_owned());
            }
            ("output", [name]) => {
                if !block.body.has_attribute("description") {
                    found.wrong.push(format!("output {name} has no description"));
                }
            }
            ("locals", []) => {
                for attribute in block.body.attributes() {
                    if !found.locals.insert(attribute.key.as_str().to_owned()) {
                        found.wrong.push(format!("local.{} is declared twice", attribute.key.as_str()));
                    }
                }
            }
            ("terraform", []) | ("provider", [_]) => {}
            _ => found.wrong.push(format!("{kind} {labels:?} is nothing that Terraform knows")),
        }
    }

    /// Arguments and blocks of one block.
    fn block(&self, kind: &str, path: &str, body: &Body, found: &mut Found) {
        let Some(shape) = self.shapes(kind).and_then(|shapes| shapes.get(path)) else {
            found.wrong.push(format!("{path} is in no table"));
            return;
        };
        let is_top = !path.contains('/');
        let meta = ["count", "for_each", "provider", "depends_on"];
        for attribute in body.attributes() {
            let key = attribute.key.as_str();
            let known = shape.required.contains(key) || shape.optional.contains(key);
            let is_meta = is_top && meta.contains(&key);
            if !known && !is_meta {
                found.wrong.push(format!("{path} has no argument {key}"));
            }
        }
        for key in &shape.required {
            if !body.has_attribute(key) {
                found.wrong.push(format!("{path} needs {key}"));
            }
        }
        let mut seen = BTreeSet::new();
        for inner in body.blocks() {
            let word = inner.ident.as_str();
            if is_top && word == "lifecycle" {
                continue;
            }
            let (name, body) = match (word, inner.labels.first(), inner.body.get_blocks("content").next()) {
                ("dynamic", Some(label), Some(content)) => (label.as_str(), &content.body),
                _ => (word, &inner.body),
            };
            seen.insert(name.to_owned());
            if shape.blocks.contains(name) || shape.blocks.contains(&format!("!{name}")) {
                self.block(kind, &format!("{path}/{name}"), body, found);
            } else {
                found.wrong.push(format!("{path} has no block {name}"));
            }
        }
        for needed in shape.blocks.iter().filter_map(|name| name.strip_prefix('!')) {
            if !seen.contains(needed) {
                found.wrong.push(format!("{path} needs a block {needed}"));
            }
        }
    }

    /// Whether a reference leads to something.
    fn resolve(
        &self,
        reference: &[String],
        bound: &BTreeSet<String>,
        found: &mut Found,
    ) -> Result<(), String> {
        let words: Vec<&str> = reference.iter().map(String::as_str).collect();
        match words.as_slice() {
            [kind @ ("var" | "local"), name, ..] => {
                found.used.insert(format!("{kind}.{name}"));
                let names = if *kind == "var" { &found.variables } else { &found.locals };
                if names.contains(*name) { Ok(()) } else { Err("is declared nowhere".to_owned()) }
            }
            ["each" | "count" | "path" | "self" | "terraform", ..] => Ok(()),
            [kind @ ("data" | "ephemeral"), r#type, name, rest @ ..] => {
                self.attribute(found, kind, r#type, name, rest)
            }
            [name, ..] if bound.contains(*name) => Ok(()),
            // Types of variables look like references.
            ["string" | "number" | "bool" | "any"] => Ok(()),
            [r#type, name, rest @ ..] => self.attribute(found, "resource", r#type, name, rest),
            _ => Err("is nothing".to_owned()),
        }
    }

    fn attribute(
        &self,
        found: &Found,
        kind: &str,
        r#type: &str,
        name: &str,
        rest: &[&str],
    ) -> Result<(), String> {
        if !found.declared.contains(&(kind.to_owned(), r#type.to_owned(), name.to_owned())) {
            return Err("is declared nowhere".to_owned());
        }
        let Some(shape) = self.shapes(kind).and_then(|shapes| shapes.get(r#type)) else {
            return Err("is in no table".to_owned());
        };
        match rest.first() {
            None | Some(&"id") => Ok(()),
            Some(attribute) => {
                let groups = [&shape.required, &shape.optional, &shape.computed, &shape.blocks];
                let known = groups
                    .iter()
                    .any(|names| names.contains(*attribute) || names.contains(&format!("!{attribute}")));
                if known { Ok(()) } else { Err(format!("{type} has no attribute {attribute}")) }
            }
        }
    }
}

#[derive(Default)]
struct Found {
    declared: BTreeSet<(String, String, String)>,
    variables: BTreeSet<String>,
    locals: BTreeSet<String>,
    used: BTreeSet<String>,
    wrong: Vec<String>,
}

/// All references of a file, and the names that loops bind in it.
#[derive(Default)]
struct References {
    found: Vec<Vec<String>>,
    bound: BTreeSet<String>,
}

impl Visit for References {
    fn visit_block(&mut self, node: &Block) {
        if node.ident.as_str() == "dynamic" {
            self.bound.extend(node.labels.first().map(|label| label.as_str().to_owned()));
        }
        if node.ident.as_str() == "lifecycle" {
            // It names arguments of its own resource.
            return;
        }
        visit::visit_block(self, node);
    }

    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::Variable(name) = node {
            self.found.push(vec![name.as_str().to_owned()]);
        }
        visit::visit_expr(self, node);
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        match &node.expr {
            Expression::Variable(root) => {
                let mut words = vec![root.as_str().to_owned()];
                for operator in &node.operators {
                    if let TraversalOperator::GetAttr(name) = operator.value() {
                        words.push(name.as_str().to_owned());
                    }
                }
                self.found.push(words);
            }
            other => self.visit_expr(other),
        }
        for operator in &node.operators {
            self.visit_traversal_operator(operator);
        }
    }

    fn visit_for_expr(&mut self, node: &ForExpr) {
        self.bound.insert(node.intro.value_var.as_str().to_owned());
        self.bound.extend(node.intro.key_var.as_ref().map(|name| name.as_str().to_owned()));
        visit::visit_for_expr(self, node);
    }

    fn visit_object_key(&mut self, node: &hcl_edit::expr::ObjectKey) {
        // A bare word there is a text.
        if let hcl_edit::expr::ObjectKey::Expression(expression) = node
            && !matches!(expression, Expression::Variable(_))
        {
            self.visit_expr(expression);
        }
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    let provider = Provider::open("aws");
    let wrong = |text: &str| provider.check(&[("main.tf", text)]).join("; ");
    assert_eq!(wrong("resource \"aws_eip\" \"a\" {\n  domain = \"vpc\"\n}\n"), "");
    assert_eq!(
        wrong("resource \"aws_eip\" \"a\" {\n  domian = \"vpc\"\n}\n"),
        "aws_eip has no argument domian"
    );
    assert_eq!(wrong("resource \"aws_epi\" \"a\" {}\n"), "resource aws_epi is unknown");
    assert_eq!(wrong("resource \"aws_kms_alias\" \"a\" {}\n"), "aws_kms_alias needs target_key_id");
    assert_eq!(
        wrong("resource \"aws_eip\" \"a\" {\n  domain = var.x\n}\n"),
        "main.tf: var.x: is declared nowhere"
    );
    assert_eq!(
        wrong("resource \"aws_eip\" \"a\" {}\nlocals {\n  x = \"${aws_eip.a.adress}\"\n}\n"),
        "main.tf: aws_eip.a.adress: aws_eip has no attribute adress; local.x is used nowhere"
    );
    assert_eq!(
        wrong("resource \"aws_ecs_cluster\" \"a\" {\n  name = \"a\"\n  seting {}\n}\n"),
        "aws_ecs_cluster has no block seting"
    );
    assert_eq!(
        wrong(
            "resource \"aws_ecs_cluster\" \"a\" {\n  name = \"a\"\n  setting {\n    name = \"x\"\n  }\n}\n"
        ),
        "aws_ecs_cluster/setting needs value"
    );
}

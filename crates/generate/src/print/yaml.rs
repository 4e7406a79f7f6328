//! YAML.

use serde_saphyr::ser_options;

use super::Node;
use super::node::COMMENT;

/// Prints one document, with `---` before it: several tools and linters want it said where a document begins.
pub fn yaml(node: &Node) -> String {
    yaml_documents(std::slice::from_ref(node))
}

/// Prints several documents into one file.
pub fn yaml_documents(nodes: &[Node]) -> String {
    let documents: Vec<_> = nodes.iter().map(|node| format!("---\n{}", document(node))).collect();
    documents.concat()
}

fn document(node: &Node) -> String {
    let options = ser_options! {
        indent_step: 2,
        compact_list_indent: false,
        folded_wrap_chars: 100_000,
    };
    // A node has text keys and plain values: there is nothing that YAML could not express.
    let text = serde_saphyr::to_string_with_options(node, options).unwrap_or_default();
    // Two spaces before a comment, as linters and people expect them; the library writes one.
    text.replace(&format!(" # {COMMENT}"), "  # ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node;

    #[test]
    fn what_other_readers_would_take_for_something_else_is_quoted() {
        let document = node!({
            "on": "yes",
            "port": 8080,
            "text": "8080",
            "version": "1.10",
            "time": "12:30",
            "empty": "",
            "list": ["a", ["b", "c"], { "d": 1, "e": [] }],
            "flow": (Node::flow(["a", "b: c"])),
            "script": "one\ntwo\n",
            "pinned": (Node::from("action@abc").comment("v4")),
            "nothing": null,
        });
        insta::assert_snapshot!(yaml(&document));
    }
}

//! JSON.

use super::Node;

/// Prints a document with an indent of two and a newline at its end.
pub fn json(node: &Node) -> String {
    // A node has text keys and finite numbers: there is nothing that JSON could not express.
    let mut text = serde_json::to_string_pretty(&Plain(node)).unwrap_or_default();
    text.push('\n');
    text
}

/// A node without what only YAML has.
struct Plain<'a>(&'a Node);

impl serde::Serialize for Plain<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Commented(inner, _) => Plain(inner).serialize(serializer),
            Node::List(items) | Node::Flow(items) => serializer.collect_seq(items.iter().map(Plain)),
            Node::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, Plain(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node;

    #[test]
    fn keys_stay_in_order_and_comments_are_left_out() {
        let text = json(&node!({ "z": 1, "a": (Node::flow(["x"]).comment("why")), "n": null }));
        assert_eq!(text, "{\n  \"z\": 1,\n  \"a\": [\n    \"x\"\n  ],\n  \"n\": null\n}\n");
    }
}

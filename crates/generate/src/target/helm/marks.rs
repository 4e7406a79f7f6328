//! Expressions of Helm in data: a word stands for each while the data is printed, so that no template can break an indent
//! or a quote, and is replaced in the text.

use crate::print::{Node, yaml};

/// What stands for an expression begins with this; no name and no command does.
const MARK: &str = "helm-mark-";

/// Expressions, and the words that stand for them.
#[derive(Debug, Default)]
pub(super) struct Marks {
    expressions: Vec<Mark>,
}

#[derive(Debug)]
enum Mark {
    /// It takes the place of a value.
    Value(String),
    /// The line that it stands in is there only under a condition; the value itself is the second expression.
    Line(String, String),
}

impl Marks {
    /// A value that an expression gives: `{{ EXPRESSION }}`.
    pub(super) fn value(&mut self, expression: impl Into<String>) -> Node {
        self.put(Mark::Value(expression.into()))
    }

    /// An entry that is there only while `condition` (`if ...`, `with ...`) holds.
    pub(super) fn line(&mut self, condition: impl Into<String>, text: impl Into<String>) -> Node {
        self.put(Mark::Line(condition.into(), text.into()))
    }

    fn put(&mut self, mark: Mark) -> Node {
        self.expressions.push(mark);
        Node::Text(format!("{MARK}{}-", self.expressions.len() - 1))
    }

    /// The template of a document.
    pub(super) fn print(&self, node: &Node) -> String {
        // What the model says is text, whatever it looks like to Helm.
        let text = yaml(node).replace("{{", "{{ \"{{\" }}");
        text.lines().map(|line| self.line_of(line)).collect()
    }

    fn line_of(&self, line: &str) -> String {
        let Some((before, rest)) = line.split_once(MARK) else { return format!("{line}\n") };
        let Some((index, after)) = rest.split_once('-') else { return format!("{line}\n") };
        match index.parse::<usize>().ok().and_then(|index| self.expressions.get(index)) {
            Some(Mark::Value(expression)) => format!("{before}{{{{ {expression} }}}}{after}\n"),
            Some(Mark::Line(condition, text)) => {
                format!("{{{{- {condition} }}}}\n{before}{text}{after}\n{{{{- end }}}}\n")
            }
            None => format!("{line}\n"),
        }
    }
}

/// The template of a document that is there only while `condition` holds.
pub(super) fn only(condition: &str, document: &str) -> String {
    format!("{{{{- {condition} }}}}\n{document}{{{{- end }}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node;

    #[test]
    fn expressions_stand_where_their_words_stood() {
        let mut marks = Marks::default();
        let node = node!({
            "replicas": (marks.line("if .Values.fixed", "{{ .Values.replicas }}")),
            "image": (marks.value("printf \"%s\" .Values.tag | quote")),
            "command": "echo {{ .Release.Name }}",
        });
        assert_eq!(
            marks.print(&node),
            "---\n{{- if .Values.fixed }}\nreplicas: {{ .Values.replicas }}\n{{- end }}\n\
             image: {{ printf \"%s\" .Values.tag | quote }}\ncommand: echo {{ \"{{\" }} .Release.Name }}\n"
        );
    }
}

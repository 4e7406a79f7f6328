//! XML (`pom.xml`, `*.csproj`), as elements with their lines.

use roxmltree::{Document, Node as Xml, ParsingOptions};

use super::ParseError;

/// An element: its name without namespace, its text, attributes and children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) line: u32,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element under a path of names.
    pub(crate) fn at(&self, names: &[&str]) -> Option<&Element> {
        names.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every element of that name below this one, in the order of the file.
    pub(crate) fn descendants<'a>(&'a self, name: &'a str) -> Vec<&'a Element> {
        let mut found = Vec::new();
        let mut waiting: Vec<&Element> = self.children.iter().rev().collect();
        while let Some(element) = waiting.pop() {
            if element.name == name {
                found.push(element);
            }
            waiting.extend(element.children.iter().rev());
        }
        found
    }
}

/// Deeper nesting than any project file has; the tree is built by recursion.
const MOST_DEPTH: usize = 200;

pub(crate) fn parse_xml(text: &str) -> Result<Element, ParseError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 500_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| ParseError {
        message: format!("not valid XML: {error}"),
        line: Some(error.pos().row),
    })?;
    element(&document, document.root_element(), 0)
}

fn element(document: &Document<'_>, xml: Xml<'_, '_>, depth: usize) -> Result<Element, ParseError> {
    let line = document.text_pos_at(xml.range().start).row;
    if depth > MOST_DEPTH {
        return Err(ParseError { message: "it is nested too deeply".to_owned(), line: Some(line) });
    }
    Ok(Element {
        name: xml.tag_name().name().to_owned(),
        text: xml.text().unwrap_or_default().trim().to_owned(),
        line,
        attributes: xml
            .attributes()
            .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
            .collect(),
        children: xml
            .children()
            .filter(Xml::is_element)
            .map(|child| element(document, child, depth + 1))
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_know_their_lines() {
        let root = parse_xml("<project xmlns='x'>\n <a b='c'>\n  <d> e </d></a></project>").unwrap();
        let d = root.at(&["a", "d"]).unwrap();
        assert_eq!((d.text.as_str(), d.line), ("e", 3));
        assert_eq!(root.child("a").and_then(|a| a.attribute("b")), Some("c"));
        assert_eq!(root.descendants("d").len(), 1);
        assert!(parse_xml("<a>").is_err());
        assert!(parse_xml(&"<a>".repeat(100_000)).is_err());
    }
}

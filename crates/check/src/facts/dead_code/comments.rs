//! Code that was commented out and left there.

use ast_grep_core::tree_sitter::LanguageExt as _;
use ast_grep_language::SupportLang;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile};
use crate::finding::Draft;

const COMMENTED: &str = "code-commented-out";

pub(super) static FILE_FACT: FileFact = FileFact {
    rules: &[COMMENTED],
    wants: |file| {
        file.role == Role::App
            && matches!(
                file.language,
                Some(
                    SupportLang::JavaScript
                        | SupportLang::TypeScript
                        | SupportLang::Tsx
                        | SupportLang::Python
                )
            )
    },
    check,
};

/// Lines of a block that is worth a word.
const FEWEST: usize = 5;

/// Lines of a block that is parsed; what follows is not looked at.
const MOST: usize = 200;

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let Some(language) = file.language else { return };
    let mark = if language == SupportLang::Python { "#" } else { "//" };
    let mut block: Vec<&str> = Vec::new();
    let mut start = 0_u32;
    for (line, number) in file.text.lines().chain([""]).zip(1_u32..) {
        if let Some(rest) = line.trim_start().strip_prefix(mark) {
            if block.is_empty() {
                start = number;
            }
            block.push(rest.trim_end());
            continue;
        }
        if block.len() >= FEWEST && is_code(language, &block) {
            let says = format!("{} lines of code are commented out", block.len());
            sink.report_in(file, Draft::line(COMMENTED, file.path, start).says(says));
        }
        block.clear();
    }
}

fn is_code(language: SupportLang, block: &[&str]) -> bool {
    let lines: Vec<&str> = block.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let likely = lines.iter().filter(|line| is_likely(line)).count();
    // Prose that names a call here and there is prose, and so is a licence.
    if lines.len() < FEWEST
        || likely < 3
        || likely * 10 < lines.len() * 6
        || lines.iter().any(|line| line.starts_with('/') || line.starts_with('!') || line.starts_with("@ts-"))
    {
        return false;
    }
    let indent = block
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let text: String =
        block.iter().take(MOST).flat_map(|line| [line.get(indent..).unwrap_or(""), "\n"]).collect();
    parses(language, &text) || parses(language, &format!("async function f() {{\n{text}\n}}"))
}

fn parses(language: SupportLang, text: &str) -> bool {
    let tree = language.ast_grep(text);
    let root = tree.root();
    let mut has_statement = false;
    for node in root.dfs() {
        if node.is_error() || node.is_missing() {
            return false;
        }
        has_statement |= matches!(
            &*node.kind(),
            "call_expression"
                | "call"
                | "assignment"
                | "lexical_declaration"
                | "return_statement"
                | "if_statement"
                | "import_statement"
                | "function_definition"
                | "assignment_expression"
        );
    }
    has_statement
}

/// Lines as programs have them and sentences do not.
fn is_likely(line: &str) -> bool {
    let starts = [
        "const ",
        "let ",
        "var ",
        "return ",
        "import ",
        "from ",
        "def ",
        "class ",
        "if (",
        "if ",
        "for ",
        "await ",
        "}",
        "export ",
        "function ",
        "try",
        "except",
        "else",
        "@",
        "case ",
        ")",
        "]",
    ];
    let ends = [';', '{', '}', '(', ')', ',', ']', '>'];
    line.ends_with(ends)
        || line.ends_with(':') && starts.iter().any(|start| line.starts_with(start))
        || line.contains(" = ") && !line.contains(". ")
        || line.contains("=>")
}

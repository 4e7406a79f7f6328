//! Templates that show values without escaping them, read line by line: their grammars are many and their switches few.

use std::sync::OnceLock;

use regex::bytes::Regex;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{SourceFile, extension};
use crate::finding::Draft;

const RULE: &str = "unescaped-in-template";

pub(super) const FACT: FileFact = FileFact { rules: &[RULE], wants, check };

/// How one kind of template switches escaping off, with the value in the first group.
struct Kind {
    ends: &'static [&'static str],
    switch: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind { ends: &[".vue"], switch: r#"\bv-html="([^"]+)""# },
    Kind { ends: &[".svelte"], switch: r"\{@html\s+([^}]+)\}" },
    Kind { ends: &[".html", ".jinja", ".jinja2", ".j2", ".htm"], switch: r"\{\{([^}]*)\|\s*safe\b\s*[|}]" },
    Kind { ends: &[".ejs"], switch: r"<%-\s*(.+?)%>" },
    Kind { ends: &[".blade.php"], switch: r"\{!!\s*(.+?)!!\}" },
    Kind { ends: &[".erb"], switch: r"<%==?\s*(raw[ (].+?|[^%]*\.html_safe)\s*%>" },
];

/// Values that were cleaned, that a program made, or that are parts of templates.
const HARMLESS: &str = r"(?i)saniti[sz]e|purify|escape|clean|include|partial|layout|body\s*$|csrf|form::|->render|tojson|json|icon|svg|trusted|links\(\)|yield|widget|_html\b|content_for|\bt\(|\$t\(|__\(|@?vite|script|style|config|^\s*'|^\s*raw[ (]'";

fn wants(file: &SourceFile<'_>) -> bool {
    matches!(
        extension(file.path),
        "vue" | "svelte" | "html" | "jinja" | "jinja2" | "j2" | "htm" | "ejs" | "php" | "erb"
    )
}

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    static READY: OnceLock<(Vec<Option<Regex>>, Option<Regex>)> = OnceLock::new();
    let (switches, harmless) =
        READY.get_or_init(|| (KINDS.iter().map(|kind| regex(kind.switch)).collect(), regex(HARMLESS)));
    let of_kind =
        KINDS.iter().zip(switches).find(|(kind, _)| kind.ends.iter().any(|end| file.path.ends_with(end)));
    let (Some((_, Some(switch))), Some(harmless)) = (of_kind, harmless) else { return };
    for found in switch.captures_iter(file.text.as_bytes()) {
        let Some((whole, value)) = found.get(0).zip(found.get(1)) else { continue };
        let Some(value) = file.text.get(value.range()) else { continue };
        // A page's own body, in a layout, is HTML; a member of that name of something else is not.
        let is_harmless = harmless.is_match(value.as_bytes())
            && ![".body", "->body"].iter().any(|end| value.trim_end().ends_with(end));
        // What a macro or a form's field makes is HTML.
        let is_made = whole.as_bytes().starts_with(b"{{") && value.trim_end().ends_with(')');
        if !is_harmless && !is_made {
            let message = format!("`{}` is shown without escaping", value.trim());
            sink.report_in(file, Draft::bytes(RULE, file.path, whole.range()).says(message));
        }
    }
}

fn regex(text: &str) -> Option<Regex> {
    regex::bytes::RegexBuilder::new(text).unicode(false).build().ok()
}

//! CSV by RFC 4180, safe to open in a spreadsheet.

/// One record, with its line end.
pub(crate) fn record<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = fields.into_iter().map(field).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A field. What a spreadsheet would take for a formula gets a `'` before it (OWASP, "CSV Injection"): a commit message
/// is text that anyone can write.
fn field(text: &str) -> String {
    let formula = text
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) || formula {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn formulas_are_text() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\u{ff1d}1"] {
            assert!(super::field(evil).starts_with("\"'"), "{evil:?}");
        }
        assert_eq!(super::field("a=1"), "a=1");
    }

    proptest! {
        #[test]
        fn another_parser_reads_what_was_written(records in prop::collection::vec(prop::collection::vec("\\PC{0,8}|[\",\r\n=x]{0,8}", 2..5), 1..5)) {
            let text: String = records.iter().map(|r| super::record(r.iter().map(String::as_str))).collect();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let read: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(read.len(), records.len());
            for (read, written) in read.iter().flatten().zip(records.iter().flatten()) {
                prop_assert_eq!(read.strip_prefix('\'').filter(|rest| *rest == written).unwrap_or(read), written);
                prop_assert!(!read.starts_with(['=', '+', '-', '@', '\t', '\r']));
            }
        }
    }
}

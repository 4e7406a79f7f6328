//! The engine: suppressions, baselines, partial checks, rules of a project, hostile files.

use std::collections::BTreeSet;

use seaworthy_check::Options;
use seaworthy_check::baseline::Baseline;
use seaworthy_check::catalogue::{Catalogue, Error};
use seaworthy_check::rule::Severity;

use crate::support::{check_files, check_folder, files, write};

const BAD: &str = "app.get('/', (req, res) => res.json(eval(req.query.text)));\n";

fn rules(report: &seaworthy_check::Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn a_finding_has_its_place_excerpt_fix_and_a_fingerprint_that_does_not_move() {
    let report = check_files(&files([("src/app.js", BAD)]));
    let of = |report: &seaworthy_check::Report| {
        report.findings.iter().find(|finding| finding.rule == "eval-of-input").unwrap().clone()
    };
    let finding = of(&report);
    assert_eq!((finding.file.as_str(), finding.line, finding.column), ("src/app.js", 1, 37));
    assert_eq!(finding.excerpt, BAD.trim_end());
    assert_eq!(finding.message, "`req.query.text` is run as code");
    let moved = check_files(&files([("src/app.js", &format!("// one more line\n\n{BAD}"))]));
    let moved = of(&moved);
    assert_eq!((moved.line, &moved.fingerprint), (3, &finding.fingerprint));
}

#[test]
fn the_same_input_gives_the_same_report() {
    let many: Vec<(String, String)> = (0..40).map(|n| (format!("src/f{n}.js"), BAD.repeat(3))).collect();
    let many = many.into_iter().collect();
    let (one, other) = (check_files(&many), check_files(&many));
    assert_eq!(one, other);
    let prints: BTreeSet<&str> = one.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    assert_eq!(prints.len(), one.findings.len(), "every finding has a fingerprint of its own");
}

#[test]
fn a_suppression_with_a_reason_holds_and_one_without_does_not() {
    let allowed = format!("// sea: allow eval-of-input because the text is ours\n{BAD}");
    let report = check_files(&files([("src/app.js", &allowed)]));
    assert!(!rules(&report).contains(&"eval-of-input"));
    assert!(!rules(&report).contains(&"unused-suppression"));
    assert_eq!(report.summary.suppressed, 1);
    let silent = format!("// sea: allow eval-of-input\n{BAD}");
    let report = check_files(&files([("src/app.js", &silent)]));
    assert!(rules(&report).contains(&"eval-of-input"));
    assert!(rules(&report).contains(&"suppression-without-reason"));
}

#[test]
fn a_baseline_hides_what_was_there_and_nothing_that_is_new() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &files([("src/app.js", BAD)]));
    let before = check_folder(folder.path(), &Options::default());
    let text = Baseline::of(&before.findings).to_text();
    let options = Options { baseline: Baseline::parse(&text).unwrap(), ..Options::default() };
    let after = check_folder(folder.path(), &options);
    assert_eq!((after.findings.len(), after.summary.baseline), (0, before.findings.len()));
    write(folder.path(), &files([("src/new.js", BAD)]));
    let after = check_folder(folder.path(), &options);
    assert!(after.findings.iter().any(|finding| finding.file == "src/new.js"));
    assert!(Baseline::parse("{}").is_err());
}

#[test]
fn a_partial_check_tells_only_of_the_files_that_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &files([("src/one.js", BAD), ("src/two.js", BAD)]));
    let only = Some(BTreeSet::from(["src/two.js".to_owned()]));
    let report = check_folder(folder.path(), &Options { only, ..Options::default() });
    assert_eq!(report.summary.files, 1);
    assert!(report.findings.iter().all(|finding| finding.file == "src/two.js"));
    assert!(report.fails(Severity::High));
}

#[test]
fn a_project_adds_rules_and_hears_what_is_wrong_with_them() {
    let rule = "id: no-moment\ntitle: moment is used\nseverity: low\ncategory: capacity\nwhy: It is large.\n\
                source: https://example.com\nfix: { kind: manual, description: Use another. }\npatterns:\n  - languages: \
                [JavaScript]\n    anchors: [moment]\n    rule: { pattern: moment() }\n";
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &files([("src/a.js", "const now = moment();\n"), (".seaworthy/rules/no-moment.yaml", rule)]),
    );
    assert!(rules(&check_folder(folder.path(), &Options::default())).contains(&"no-moment"));
    for (text, says) in [
        (rule.replace("moment()", "mom ent("), "JavaScript"),
        (rule.replace("[JavaScript]", "[Cobol]"), "Cobol"),
        (rule.replace("anchors: [moment]", "anchors: []"), "anchors"),
        (rule.replace("severity: low", "severity: awful"), "awful"),
        (rule.replace("id: no-moment", "id: No Moment"), "No Moment"),
        (rule.replace("id: no-moment", "id: eval-of-input"), "eval-of-input"),
    ] {
        write(folder.path(), &files([(".seaworthy/rules/no-moment.yaml", &text)]));
        let error = Catalogue::of_project(folder.path()).unwrap_err();
        assert!(matches!(&error, Error::Malformed { .. } | Error::Duplicate { .. }));
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn hostile_files_neither_crash_nor_hang() {
    let deep = format!("eval({}1{})", "(".repeat(100_000), ")".repeat(100_000));
    let chain = format!("x = {}1\neval(x)\n", "a + ".repeat(50_000));
    let minified = format!("eval(a);{}", "b(c);".repeat(80_000));
    let broken = "function ( { eval( \u{fffd} [[[ ''' \"\"\" `${";
    let report = check_files(&files([
        ("deep.js", &deep),
        ("deep.py", &deep),
        ("chain.py", &chain),
        ("chain.ts", &chain),
        ("bundle.js", &minified),
        ("broken.js", broken),
        ("broken.py", broken),
        ("broken.rb", broken),
        ("broken.go", broken),
        ("broken.php", broken),
        ("broken.java", broken),
        ("broken.cs", broken),
        ("broken.tsx", broken),
        ("nul.js", "eval(a)\0\0\0"),
    ]));
    assert_eq!(report.summary.files, 14);
    assert!(report.findings.iter().all(|finding| finding.file != "bundle.js" && finding.file != "deep.js"));
}

//! The runbook and the other documents.

use std::collections::BTreeSet;
use std::process::Command;

use seaworthy_generate::{Output, Target, find};

use crate::apps;
use crate::validators::{run, tool, write};

fn targets() -> Vec<&'static Target> {
    ["prometheus", "alertmanager", "grafana", "otel", "runbook", "docs", "agents", "env-example"]
        .map(|id| find(id).unwrap())
        .to_vec()
}

fn text<'a>(output: &'a Output, path: &str) -> &'a str {
    let file = output.files.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("no {path}")).text
}

#[test]
fn linters_have_nothing_to_say_of_any_app() {
    let dir = tempfile::tempdir().unwrap();
    for (index, sample) in apps::all().iter().enumerate() {
        let mut output = sample.generate(&targets());
        // yamllint reads a thousand lines a second. Rules, which promtool reads of every app, differ in names alone.
        let own = matches!(sample.name.as_str(), "shop" | "depot" | "artist-dashboard" | "govapp");
        output.files.retain(|file| {
            let is_test = file.path.ends_with("tests.yaml");
            let is_rule = file.path.ends_with("alerts.yaml") || file.path.ends_with("recording.yaml");
            own || !is_test && (!is_rule || index % 8 == 0)
        });
        write(dir.path(), sample, &output);
    }
    // A table row and a command are as long as they are.
    let rules = r#"{"config": {"MD013": false}, "noProgress": true}"#;
    std::fs::write(dir.path().join(".markdownlint-cli2.jsonc"), rules).unwrap();
    let (content, said) = run(Command::new(tool("markdownlint-cli2")).current_dir(dir.path()).arg("**/*.md"));
    assert!(content, "{said}");
    let rules = "{extends: default, rules: {line-length: disable, comments: {min-spaces-from-content: 1}}}";
    let (content, said) = run(Command::new(tool("yamllint")).args(["--strict", "-d", rules]).arg(dir.path()));
    assert!(content, "{said}");
}

/// The anchors that a forge makes of a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    headings.map(|heading| heading.to_lowercase().replace(' ', "-")).collect()
}

#[test]
fn every_alert_leads_to_a_section_that_names_it() {
    for sample in apps::all() {
        let output = sample.generate(&targets());
        let page = text(&output, "docs/runbook.md");
        let anchors = anchors(page);
        let mut urls = 0;
        for file in output.files.iter().filter(|file| file.path.ends_with("alerts.yaml")) {
            let mut name = "";
            for line in file.text.lines().map(str::trim) {
                name = line.strip_prefix("- alert: ").unwrap_or(name);
                if let Some(url) = line.strip_prefix("runbook_url: ") {
                    urls += 1;
                    let anchor = url.trim_matches('"').strip_prefix("docs/runbook.md#").unwrap();
                    assert!(anchors.contains(anchor), "{}: no section {anchor}", sample.name);
                    let section = page.split("\n## ").find(|section| {
                        section.lines().next().unwrap().to_lowercase().replace(' ', "-") == anchor
                    });
                    let named = section.unwrap().contains(&format!("- `{name}` ("));
                    assert!(named, "{}: {anchor} does not name {name}", sample.name);
                }
            }
        }
        assert!(urls > 0, "{}", sample.name);
        for link in page.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            assert!(anchors.contains(link), "{}: the runbook links to no section {link}", sample.name);
        }
    }
}

#[test]
fn a_runbook_has_the_failures_that_the_model_has_and_no_others() {
    let depot = apps::own("depot").generate(&targets());
    let depot = anchors(text(&depot, "docs/runbook.md"));
    for section in
        ["mail-provider-down", "dependency-down", "database-down", "queue-backlog", "backup-too-old"]
    {
        assert!(depot.contains(section), "{section}: {depot:?}");
    }
    let page = apps::fixture("static-plain-root").generate(&targets());
    let page = anchors(text(&page, "docs/runbook.md"));
    for section in
        ["mail-provider-down", "database-down", "queue-backlog", "backup-too-old", "certificate-expires"]
    {
        assert!(!page.contains(section), "{section}: {page:?}");
    }
    assert!(page.contains("service-down"), "{page:?}");
}

#[test]
fn secrets_are_empty_and_explained() {
    let output = apps::own("depot").generate(&targets());
    let example = text(&output, ".env.example");
    assert!(
        example.contains(
            "# Signs payments; from the payment provider's dashboard, Developers > API keys.\n\
             # secret; handed to orders\nPAYMENT_TOKEN=\n"
        ),
        "{example}"
    );
    for sample in apps::all() {
        let output = sample.generate(&targets());
        let secrets: BTreeSet<&String> = sample
            .app
            .services
            .values()
            .flat_map(|service| &service.env)
            .filter(|(_, variable)| variable.secret)
            .map(|(name, _)| name)
            .collect();
        let Some(file) = output.files.iter().find(|file| file.path == ".env.example") else { continue };
        for name in secrets {
            assert!(
                file.text.contains(&format!("\n{name}=\n")),
                "{}: {name} has a value, or is not there",
                sample.name
            );
        }
    }
}

#[test]
fn routes_come_from_openapi_or_from_code() {
    let output = apps::own("depot").generate(&targets());
    let page = text(&output, "docs/http.md");
    for line in [
        "| GET | `/invoices` | Invoices of a customer | `customer` (query, required) | 200: The invoices; 404: No such customer |",
        "| GET | `/orders/:id` | One order. Answers 404 when there is none. | `orders/server.js` |",
        "| GET | `/orders` | Every order, newest first. | `orders/server.js` |",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(!page.contains("billing/server.js"), "what OpenAPI says needs no guess: {page}");
    assert!(output.losses.iter().any(|loss| loss.subject == "http"));
}

#[test]
fn the_pages_of_the_artist_dashboard_and_the_shop() {
    for sample in [apps::example("artist-dashboard"), apps::own("shop")] {
        let output =
            sample.generate(&["runbook", "docs", "agents", "env-example"].map(|id| find(id).unwrap()));
        for file in &output.files {
            let name = file.path.trim_start_matches("docs/");
            insta::assert_snapshot!(format!("{}-{name}", sample.name), file.text);
        }
    }
}

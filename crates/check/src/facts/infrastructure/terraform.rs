//! Terraform: what is open, public, unencrypted or unprotected.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Attribute, Block, Body};

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;
use crate::rule::Severity;

/// Resources as they are written.
pub(super) static FACT: FileFact = FileFact {
    rules: &[
        "terraform-open-port",
        "terraform-public-bucket",
        "terraform-unencrypted-database",
        "terraform-public-database",
        "terraform-unprotected-database",
        "terraform-wildcard-iam",
    ],
    wants: |file| {
        extension(file.path) == "tf"
            && file.has("resource")
            && !matches!(file.role, Role::Test | Role::Example)
            || extension(file.path) == "tf" && file.has("aws_iam_policy_document")
    },
    check,
};

fn check(_: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    // Its parser calls itself for each level.
    if crate::pattern::is_too_deep(file.text) {
        return;
    }
    let Ok(body) = hcl_edit::parser::parse_body(file.text) else { return };
    let look = Look { file, sink };
    for block in body.blocks() {
        let kind = block.labels.first().map_or("", |label| label.as_str());
        match block.ident.as_str() {
            "resource" => resource(&look, kind, block),
            "data" if kind == "aws_iam_policy_document" => document(&look, block),
            _ => {}
        }
    }
}

struct Look<'l> {
    file: &'l SourceFile<'l>,
    sink: &'l Sink<'l>,
}

impl Look<'_> {
    fn say(&self, rule: &'static str, span: Option<Range<usize>>, weight: Severity, message: &str) {
        let draft = Draft::bytes(rule, self.file.path, span.unwrap_or(0..0));
        self.sink.report_in(self.file, draft.weighs(weight).says(message));
    }
}

fn resource(look: &Look<'_>, kind: &str, block: &Block) {
    let body = &block.body;
    match kind {
        "aws_security_group" => {
            for ingress in body.get_blocks("ingress") {
                open(look, &ingress.body, ["from_port", "to_port"], &["cidr_blocks", "ipv6_cidr_blocks"]);
            }
        }
        "aws_security_group_rule" if text(body, "type") == Some("ingress") => {
            open(look, body, ["from_port", "to_port"], &["cidr_blocks", "ipv6_cidr_blocks"]);
        }
        "aws_vpc_security_group_ingress_rule" => {
            open(look, body, ["from_port", "to_port"], &["cidr_ipv4", "cidr_ipv6"]);
        }
        "google_compute_firewall" => firewall(look, body),
        "aws_s3_bucket" | "aws_s3_bucket_acl" => {
            let Some(attribute) = body.get_attribute("acl") else { return };
            let weight = match attribute.value.as_str() {
                Some("public-read-write") => Severity::High,
                Some("public-read" | "authenticated-read") => Severity::Medium,
                _ => return,
            };
            look.say(
                "terraform-public-bucket",
                attribute.span(),
                weight,
                "everyone can reach what is in the bucket",
            );
        }
        "aws_s3_bucket_public_access_block" => {
            for key in
                ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]
            {
                if let Some(attribute) =
                    body.get_attribute(key).filter(|one| one.value.as_bool() == Some(false))
                {
                    let message = format!("`{key}` is turned off");
                    look.say("terraform-public-bucket", attribute.span(), Severity::Medium, &message);
                    return;
                }
            }
        }
        "google_storage_bucket_iam_member" | "google_storage_bucket_iam_binding" => {
            let everyone = ["member", "members"].iter().find_map(|key| {
                body.get_attribute(key).filter(|one| {
                    texts(&one.value)
                        .iter()
                        .any(|member| matches!(*member, "allUsers" | "allAuthenticatedUsers"))
                })
            });
            if let Some(attribute) = everyone {
                look.say(
                    "terraform-public-bucket",
                    attribute.span(),
                    Severity::Medium,
                    "the bucket is open to everyone",
                );
            }
        }
        "aws_db_instance" | "aws_rds_cluster" => database(look, block),
        "google_sql_database_instance" => open_sql(look, body),
        "azurerm_postgresql_flexible_server" | "azurerm_mysql_flexible_server" | "azurerm_mssql_server" => {
            if let Some(attribute) = body
                .get_attribute("public_network_access_enabled")
                .filter(|one| one.value.as_bool() == Some(true))
            {
                let message = "the database has an address on the internet";
                look.say("terraform-public-database", attribute.span(), Severity::High, message);
            }
        }
        "aws_iam_policy" | "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" => {
            if let Some(attribute) = body.get_attribute("policy") {
                policy(look, attribute);
            }
        }
        _ => {}
    }
}

/// Ports behind which someone can sign in or ask a database.
const GUARDED: [i64; 11] = [22, 23, 3389, 5432, 3306, 6379, 27017, 9200, 1433, 2375, 11211];

fn open(look: &Look<'_>, body: &Body, ports: [&str; 2], sources: &[&str]) {
    let Some(source) = sources.iter().find_map(|key| {
        body.get_attribute(key).filter(|one| texts(&one.value).iter().any(|cidr| is_world(cidr)))
    }) else {
        return;
    };
    let all_protocols =
        matches!(text(body, "protocol").or_else(|| text(body, "ip_protocol")), Some("-1" | "all"));
    let [from, to] = ports.map(|key| body.get_attribute(key).and_then(|one| number(&one.value)));
    let reaches = match (from, to) {
        (Some(from), Some(to)) => GUARDED.iter().find(|port| (from..=to).contains(*port)),
        _ => None,
    };
    if let Some(port) = reaches {
        let message = format!("port {port} is open to the whole internet");
        look.say("terraform-open-port", source.span(), Severity::High, &message);
    } else if all_protocols {
        look.say(
            "terraform-open-port",
            source.span(),
            Severity::High,
            "every port is open to the whole internet",
        );
    }
}

fn firewall(look: &Look<'_>, body: &Body) {
    let Some(source) =
        body.get_attribute("source_ranges").filter(|one| texts(&one.value).iter().any(|cidr| is_world(cidr)))
    else {
        return;
    };
    for allow in body.get_blocks("allow") {
        let listed = allow.body.get_attribute("ports").map(|one| texts(&one.value)).unwrap_or_default();
        let is_open = listed.iter().any(|ports| {
            let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
            let range = from.parse::<i64>().ok().zip(to.parse::<i64>().ok());
            range.is_some_and(|(from, to)| GUARDED.iter().any(|port| (from..=to).contains(port)))
        });
        if is_open || text(&allow.body, "protocol") == Some("all") {
            look.say(
                "terraform-open-port",
                source.span(),
                Severity::High,
                "the port is open to the whole internet",
            );
            return;
        }
    }
}

fn database(look: &Look<'_>, block: &Block) {
    let body = &block.body;
    let head = block.ident.span().map(|ident| {
        ident.start..block.labels.last().and_then(hcl_edit::Span::span).map_or(ident.end, |label| label.end)
    });
    let is =
        |key: &str, value: bool| body.get_attribute(key).filter(|one| one.value.as_bool() == Some(value));
    // A replica or a restored one is as its source is.
    let is_copy = [
        "replicate_source_db",
        "snapshot_identifier",
        "global_cluster_identifier",
        "replication_source_identifier",
    ]
    .iter()
    .any(|key| body.has_attribute(key));
    let encryption = body.get_attribute("storage_encrypted");
    if encryption.is_some_and(|one| one.value.as_bool() == Some(false)) || (encryption.is_none() && !is_copy)
    {
        let span = encryption.and_then(hcl_edit::Span::span).or(head);
        look.say(
            "terraform-unencrypted-database",
            span,
            Severity::Medium,
            "the disk and backups are not encrypted",
        );
    }
    if let Some(attribute) = is("publicly_accessible", true) {
        let message = "the database has an address on the internet";
        look.say("terraform-public-database", attribute.span(), Severity::High, message);
    }
    if let Some(attribute) = is("skip_final_snapshot", true) {
        let message = "`terraform destroy` leaves no copy of the data";
        look.say("terraform-unprotected-database", attribute.span(), Severity::Medium, message);
    }
    if let Some(attribute) =
        body.get_attribute("backup_retention_period").filter(|one| number(&one.value) == Some(0))
    {
        look.say("terraform-unprotected-database", attribute.span(), Severity::High, "no backup is made");
    }
}

fn open_sql(look: &Look<'_>, body: &Body) {
    for settings in body.get_blocks("settings") {
        for ip in settings.body.get_blocks("ip_configuration") {
            for network in ip.body.get_blocks("authorized_networks") {
                if let Some(attribute) =
                    network.body.get_attribute("value").filter(|one| one.value.as_str().is_some_and(is_world))
                {
                    let message = "the database answers the whole internet";
                    look.say("terraform-public-database", attribute.span(), Severity::High, message);
                }
            }
        }
    }
}

fn document(look: &Look<'_>, block: &Block) {
    for statement in block.body.get_blocks("statement") {
        let has_all =
            |key: &str| statement.body.get_attribute(key).filter(|one| texts(&one.value).contains(&"*"));
        if let Some(attribute) = has_all("actions")
            && has_all("resources").is_some()
            && text(&statement.body, "effect") != Some("Deny")
        {
            look.say(
                "terraform-wildcard-iam",
                attribute.span(),
                Severity::High,
                "everything is allowed on everything",
            );
        }
    }
}

/// `policy = jsonencode({ ... })`; a policy that is a text of JSON is not looked into.
fn policy(look: &Look<'_>, attribute: &Attribute) {
    let message = "everything is allowed on everything";
    if let Some(call) = attribute.value.as_func_call() {
        let Some(object) = call.args.get(0) else { return };
        let Some(statements) = field(object, "Statement") else { return };
        let list: Vec<&Expression> = match statements.as_array() {
            Some(array) => array.iter().collect(),
            None => vec![statements],
        };
        for statement in list {
            let has_all = |key: &str| field(statement, key).is_some_and(|value| texts(value).contains(&"*"));
            if has_all("Action")
                && has_all("Resource")
                && field(statement, "Effect").and_then(Expression::as_str) != Some("Deny")
            {
                let span = field(statement, "Action").and_then(hcl_edit::Span::span);
                look.say("terraform-wildcard-iam", span, Severity::High, message);
            }
        }
    }
}

fn field<'e>(expression: &'e Expression, name: &str) -> Option<&'e Expression> {
    expression.as_object()?.iter().find_map(|(key, value)| {
        let is_it = match key {
            ObjectKey::Ident(ident) => ident.as_str() == name,
            ObjectKey::Expression(expression) => {
                expression.as_str() == Some(name)
                    || expression.as_variable().is_some_and(|ident| ident.as_str() == name)
            }
        };
        is_it.then(|| value.expr())
    })
}

fn text<'b>(body: &'b Body, key: &str) -> Option<&'b str> {
    body.get_attribute(key)?.value.as_str()
}

/// The texts of a list, or the one text.
fn texts(expression: &Expression) -> Vec<&str> {
    match expression.as_array() {
        Some(array) => array.iter().filter_map(Expression::as_str).collect(),
        None => expression.as_str().into_iter().collect(),
    }
}

fn number(expression: &Expression) -> Option<i64> {
    expression.as_number().and_then(hcl_edit::Number::as_i64).or_else(|| expression.as_str()?.parse().ok())
}

fn is_world(cidr: &str) -> bool {
    matches!(cidr, "0.0.0.0/0" | "::/0")
}

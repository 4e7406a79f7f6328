//! Amazon Web Services: ECS on Fargate behind a load balancer, or Lambda behind an API Gateway for what answers
//! requests; RDS, `ElastiCache` and S3; secrets in Secrets Manager.

mod data;
mod fargate;
mod jobs;
mod outputs;
mod services;

use serde_json::json;

use super::module::handle;
use super::module::{self, Module};
use super::settings::{Address, Cloud, Settings};
use super::variables;
use crate::print::hcl::{Body, Value};
use crate::{Backing, Input, Instance, Output, TemplateError};

use data::Store;

pub(super) const ID: &str = "terraform-aws";

pub(super) fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let deployment = input.deployment();
    let mut module = Module::new(ID, "aws", input, &deployment);
    if module.is_empty() {
        module.finish(output);
        return Ok(());
    }
    module.lose_common();
    let compute = module.has_public();
    let settings = Settings::of(&mut module, &Amazon { has_functions: compute });
    let called = deployment.instances.iter().any(|one| one.port.is_some() && module.is_called(one.name));
    module.template(
        "versions.tf",
        "versions.tf",
        json!({ "app": input.name(), "label": module::short_name(input.name()), "compute": compute }),
    )?;
    let body = variables(&module, &settings);
    module.body("variables.tf", &body);
    module.template("network.tf", "network.tf", json!({}))?;
    let rules = services::edges(&mut module);
    module.body("security.tf", &rules);
    module.template("encryption.tf", "encryption.tf", json!({}))?;
    if !deployment.instances.is_empty() {
        module.template("roles.tf", "roles.tf", json!({ "compute": compute }))?;
    }
    let names = json!({ "label": module::short_name(input.name()), "discovery": called });
    module.template("cluster.tf", "cluster.tf", names)?;
    if compute {
        let hosts = json!({ "hosts": module.hosts() });
        module.template("load_balancer.tf", "load_balancer.tf", &hosts)?;
        module.template("gateway.tf", "gateway.tf", &hosts)?;
    }
    secrets(&mut module, &settings)?;
    let body = variables::environment(
        &module,
        &settings,
        |_| true,
        |secret| format!("aws_secretsmanager_secret.{secret}.arn"),
    );
    module.body("settings.tf", &body);
    services::make(&mut module, &settings)?;
    data::make(&mut module)?;
    jobs::make(&mut module)?;
    let body = outputs::body(&module, &settings);
    module.body("outputs.tf", &body);
    environments(&mut module, &settings);
    module.finish(output);
    Ok(())
}

/// What is particular about AWS.
struct Amazon {
    has_functions: bool,
}

impl Cloud for Amazon {
    fn address(&self, backing: &Backing<'_>) -> Option<Address> {
        let store = Store::of(backing)?;
        let id = handle(backing.name);
        let port = backing.port().unwrap_or_default().to_string();
        Some(match store {
            Store::Database(database) => Address {
                host: format!("${{aws_db_instance.{id}.address}}"),
                port,
                scheme: None,
                query: if database.engine == "postgres" { "?sslmode=require" } else { "" },
                username: backing.username.as_ref().map(|_| data::username(backing)),
                managed: true,
            },
            Store::Memcached { .. } => Address {
                host: format!("${{aws_elasticache_cluster.{id}.cluster_address}}"),
                port,
                ..Address::default()
            },
            Store::Redis { .. } => Address {
                host: format!("${{aws_elasticache_replication_group.{id}.primary_endpoint_address}}"),
                port,
                scheme: Some("rediss"),
                ..Address::default()
            },
            Store::Bucket => Address::default(),
        })
    }

    fn service(&self, instance: &Instance<'_>, attribute: &str) -> Option<String> {
        let (name, port) = (instance.name, instance.port?);
        // A function has no address of its own inside the network: others reach it as everybody does.
        if self.has_functions && instance.is_public() {
            return Some(format!("${{local.{}_{attribute}}}", handle(name)));
        }
        let host = format!("{name}.${{local.name}}.internal");
        Some(match attribute {
            "host" => host,
            "port" => port.to_string(),
            _ => format!("http://{host}:{port}"),
        })
    }

    fn bucket(&self, backing: &Backing<'_>, attribute: &str) -> Option<String> {
        let Store::Bucket = Store::of(backing)? else { return None };
        let id = handle(backing.name);
        match attribute {
            "bucket" => Some(format!("${{aws_s3_bucket.{id}.bucket}}")),
            "region" => Some("${var.region}".to_owned()),
            "endpoint" => Some("https://s3.${var.region}.amazonaws.com".to_owned()),
            "url" => Some(format!("s3://${{aws_s3_bucket.{id}.bucket}}")),
            _ => None,
        }
    }

    fn password(&self, secret: &str) -> Option<String> {
        Some(format!("${{ephemeral.aws_secretsmanager_secret_version.{secret}.secret_string}}"))
    }
}

fn secrets(module: &mut Module<'_>, settings: &Settings) -> Result<(), TemplateError> {
    if settings.secrets.is_empty() {
        return Ok(());
    }
    let secrets = settings.described();
    module.template("secrets.tf", "secrets.tf", json!({ "secrets": secrets }))
}

fn variables(module: &Module<'_>, settings: &Settings) -> Body {
    let number = |number: u32| Some(Value::Plain(i64::from(number).into()));
    let flag = |value: bool| Some(Value::Plain(value.into()));
    let mut body = variables::checked(
        "region",
        "string",
        "Region of AWS",
        None,
        ("can(regex(\"^[a-z]{2}(-[a-z]+)+-[0-9]$\", var.region))", "A region of AWS: eu-central-1."),
    )
    .append(variables::common(module, settings));
    if module.has_public() {
        body = body
            .append(variables::variable("zone_id", "string", "Route 53 zone that the domain belongs to", None))
            .append(variables::checked(
                "compute",
                "string",
                "What runs services that answer requests: `fargate` behind a load balancer, or `lambda` behind an API Gateway",
                Some(Value::text("fargate")),
                ("contains([\"fargate\", \"lambda\"], var.compute)", "Either `fargate` or `lambda`."),
            ));
    }
    body = body
        .append(variables::services(
            module.deployment,
            services::fields,
            &[
                (
                    "alltrue([for service in values(var.services) : contains([256, 512, 1024, 2048, 4096, 8192, 16384], service.cpu)])",
                    "Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384 units of CPU.",
                ),
                (
                    "alltrue([for service in values(var.services) : service.replicas >= 0])",
                    "A number of tasks is not negative.",
                ),
            ],
        ))
        .append(data::variables(module.deployment))
        .append(variables::checked(
            "cidr",
            "string",
            "Addresses of the network: large enough for sixteen subnets",
            Some(Value::text("10.0.0.0/16")),
            ("can(cidrsubnet(var.cidr, 4, 15))", "A range of addresses such as 10.0.0.0/16."),
        ))
        .append(variables::checked(
            "zones",
            "number",
            "How many availability zones",
            number(2),
            ("var.zones >= 2 && var.zones <= 3", "Two or three: load balancers and databases need two."),
        ))
        .append(variables::checked(
            "log_retention_days",
            "number",
            "How long logs are kept",
            number(365),
            (
                "contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827], var.log_retention_days)",
                "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 or 1827 days.",
            ),
        ));
    if module.has_public() || module.deployment.backings.iter().any(data::is_database) {
        body = body.append(variables::variable(
            "deletion_protection",
            "bool",
            "Databases and the load balancer cannot be deleted while this is set",
            flag(true),
        ));
    }
    if settings.has_passwords() {
        body = body.append(variables::variable(
            "password_version",
            "number",
            "Raise it to give databases new passwords, and services the new ones",
            number(1),
        ));
    }
    body
}

fn environments(module: &mut Module<'_>, settings: &Settings) {
    for (name, body) in variables::environments(module, settings, services::fields) {
        module.body(&format!("environments/{name}.tfvars"), &body);
        let key = format!("{}/{name}.tfstate", module::short_name(module.input.name()));
        // The bucket belongs to an account, which no model knows.
        module.body(&format!("environments/{name}.s3.tfbackend"), &Body::new().text("key", &key));
    }
}

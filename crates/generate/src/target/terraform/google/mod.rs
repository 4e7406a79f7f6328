//! Google Cloud: Cloud Run behind a load balancer, Cloud SQL, Memorystore, Cloud Storage; secrets in Secret Manager.

mod data;
mod jobs;
mod services;
mod size;

use serde_json::json;

use super::module::handle;
use super::module::{self, Module};
use super::settings::{Address, Cloud, Settings};
use super::variables::{self, output};
use crate::print::hcl::{Body, Value};
use crate::{Backing, Input, Instance, Output, TemplateError};

use data::Store;

pub(super) const ID: &str = "terraform-google";

pub(super) fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let deployment = input.deployment();
    let mut module = Module::new(ID, "google", input, &deployment);
    if module.is_empty() {
        module.finish(output);
        return Ok(());
    }
    module.lose_common();
    let settings = Settings::of(&mut module, &Google);
    let scheduled = jobs::scheduled(&module);
    let private_services = deployment.backings.iter().any(data::is_private_service);
    let versions = json!({
        "label": module::short_name(input.name()),
        "passwords": settings.has_passwords(),
        "apis": apis(&module, scheduled),
    });
    module.template("versions.tf", "versions.tf", versions)?;
    let body = variables(&module, &settings);
    module.body("variables.tf", &body);
    module.template("network.tf", "network.tf", json!({ "private_services": private_services }))?;
    if !deployment.instances.is_empty() {
        module.template("registry.tf", "registry.tf", json!({}))?;
    }
    if !settings.secrets.is_empty() {
        module.template("secrets.tf", "secrets.tf", json!({ "secrets": settings.described() }))?;
    }
    let body = variables::environment(
        &module,
        &settings,
        // Cloud Run sets it itself, to the port that it was told, and takes it from nobody else.
        |key| key != "PORT",
        |secret| format!("google_secret_manager_secret.{secret}.id"),
    );
    module.body("settings.tf", &body);
    if module.has_public() {
        let values = services::load_balancer(&module);
        module.template("load_balancer.tf", "load_balancer.tf", values)?;
    }
    services::make(&mut module)?;
    data::make(&mut module)?;
    jobs::make(&mut module)?;
    let body = outputs(&module, &settings);
    module.body("outputs.tf", &body);
    for (name, body) in variables::environments(&mut module, &settings, services::fields) {
        module.body(&format!("environments/{name}.tfvars"), &body);
        let prefix = format!("{}/{name}", module::short_name(input.name()));
        module.body(&format!("environments/{name}.gcs.tfbackend"), &Body::new().text("prefix", &prefix));
    }
    module.finish(output);
    Ok(())
}

/// What is particular about Google Cloud.
struct Google;

impl Cloud for Google {
    fn address(&self, backing: &Backing<'_>) -> Option<Address> {
        let store = Store::of(backing)?;
        let id = handle(backing.name);
        let port = backing.port().unwrap_or_default().to_string();
        Some(match store {
            Store::Postgres { .. } | Store::MySql { .. } => Address {
                host: format!("${{google_sql_database_instance.{id}.private_ip_address}}"),
                port,
                query: if matches!(store, Store::Postgres { .. }) { "?sslmode=require" } else { "" },
                username: backing.username.as_ref().map(|_| data::username(backing)),
                managed: true,
                ..Address::default()
            },
            Store::Redis { .. } => Address {
                host: format!("${{google_redis_instance.{id}.host}}"),
                port: format!("${{google_redis_instance.{id}.port}}"),
                ..Address::default()
            },
            Store::Memcached => Address {
                host: format!("${{google_memcache_instance.{id}.memcache_nodes[0].host}}"),
                port,
                ..Address::default()
            },
            Store::Bucket => Address::default(),
        })
    }

    fn service(&self, instance: &Instance<'_>, attribute: &str) -> Option<String> {
        instance.port?;
        // The address that every service has from its name alone: two services may call each other.
        let host = format!(
            "${{local.name}}-{}-${{data.google_project.this.number}}.${{var.region}}.run.app",
            instance.name
        );
        Some(match attribute {
            "host" => host,
            "port" => "443".to_owned(),
            _ => format!("https://{host}"),
        })
    }

    fn bucket(&self, backing: &Backing<'_>, attribute: &str) -> Option<String> {
        let Store::Bucket = Store::of(backing)? else { return None };
        let id = handle(backing.name);
        match attribute {
            "bucket" => Some(format!("${{google_storage_bucket.{id}.name}}")),
            "region" => Some("${var.region}".to_owned()),
            // It answers to S3's protocol there.
            "endpoint" => Some("https://storage.googleapis.com".to_owned()),
            _ => None,
        }
    }

    fn password(&self, secret: &str) -> Option<String> {
        Some(format!("${{ephemeral.google_secret_manager_secret_version.{secret}.secret_data}}"))
    }
}

/// The interfaces of Google Cloud that are used.
fn apis(module: &Module<'_>, scheduled: bool) -> Vec<&'static str> {
    let mut apis = vec!["artifactregistry", "compute", "run", "secretmanager"];
    for backing in &module.deployment.backings {
        match Store::of(backing) {
            Some(Store::Postgres { .. } | Store::MySql { .. }) => {
                apis.extend(["servicenetworking", "sqladmin"]);
            }
            Some(Store::Redis { .. }) => apis.extend(["redis", "servicenetworking"]),
            Some(Store::Memcached) => apis.extend(["memcache", "servicenetworking"]),
            Some(Store::Bucket) => apis.push("storage"),
            None => {}
        }
    }
    if scheduled {
        apis.push("cloudscheduler");
    }
    if module.has_public() {
        apis.push("dns");
    }
    apis.sort_unstable();
    apis.dedup();
    apis
}

fn variables(module: &Module<'_>, settings: &Settings) -> Body {
    let mut body = variables::checked(
        "project",
        "string",
        "Project of Google Cloud",
        None,
        (
            "can(regex(\"^[a-z][a-z0-9-]{4,28}[a-z0-9]$\", var.project))",
            "The project's id, not its name or number.",
        ),
    )
    .append(variables::checked(
        "region",
        "string",
        "Region of Google Cloud",
        None,
        ("can(regex(\"^[a-z]+-[a-z]+[0-9]+$\", var.region))", "A region of Google Cloud: europe-west3."),
    ))
    .append(variables::common(module, settings));
    if module.has_public() {
        body = body.append(variables::variable(
            "dns_zone",
            "string",
            "Managed zone of Cloud DNS that the domain belongs to, by the zone's name",
            None,
        ));
    }
    body = body
        .append(variables::services(
            module.deployment,
            services::fields,
            &[(
                "alltrue([for service in values(var.services) : contains([1, 2, 4, 6, 8], service.cpu)])",
                "Cloud Run has 1, 2, 4, 6 and 8 CPUs for what takes several requests at a time.",
            )],
        ))
        .append(data::variables(module.deployment))
        .append(variables::checked(
            "cidr",
            "string",
            "Addresses of the network",
            Some(Value::text("10.0.0.0/20")),
            ("can(cidrhost(var.cidr, 1))", "A range of addresses such as 10.0.0.0/20."),
        ))
        .append(variables::variable(
            "deletion_protection",
            "bool",
            "Databases and services cannot be deleted while this is set",
            Some(Value::Plain(true.into())),
        ));
    if settings.has_passwords() {
        body = body.append(variables::variable(
            "password_version",
            "number",
            "Raise it to give databases new passwords, and services the new ones",
            Some(Value::Plain(1.into())),
        ));
    }
    body
}

fn outputs(module: &Module<'_>, settings: &Settings) -> Body {
    let mut body = Body::new();
    if module.has_public() {
        body = body.append(output(
            "url",
            "Where people reach the app",
            Value::expression("\"https://${var.domain}\""),
        ));
    }
    let repositories = module.deployment.instances.iter().fold(Body::new(), |object, one| {
        let address = format!("\"${{local.images}}/{}\"", services::image(module, one.name));
        object.expression(&handle(one.name), &address)
    });
    if !repositories.is_empty() {
        body = body.append(output(
            "repositories",
            "Where the pipeline pushes the image of each service",
            Value::Object(repositories),
        ));
    }
    let jobs = jobs::released(module).fold(Body::new(), |object, id| {
        let name = format!("google_cloud_run_v2_job.{id}.name");
        object.expression(&id, &name)
    });
    if !jobs.is_empty() {
        body = body.append(output(
            "release_jobs",
            "What the pipeline runs with `gcloud run jobs execute --wait` before a release takes over",
            Value::Object(jobs),
        ));
    }
    let secrets = settings.outside().fold(Body::new(), |object, secret| {
        object.expression(&secret.id, &format!("google_secret_manager_secret.{}.secret_id", secret.id))
    });
    if !secrets.is_empty() {
        body = body.append(output(
            "secrets_to_fill",
            "Secrets that are made empty: fill them with `gcloud secrets versions add` (and make them first with `terraform apply -target`), or services do not start",
            Value::Object(secrets),
        ));
    }
    body
}

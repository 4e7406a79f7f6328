//! `DigitalOcean`: a Kubernetes cluster for what `sea generate kubernetes` makes, and what that needs around it: managed
//! databases, Spaces, a registry, names.

use serde_json::json;

use super::module::handle;
use super::module::{self, Module};
use super::variables::{self, output};
use crate::print::hcl::{Body, Value};
use crate::{Backing, Deployment, Input, Output, TemplateError};

pub(super) const ID: &str = "terraform-digitalocean";

pub(super) fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let deployment = input.deployment();
    let mut module = Module::new(ID, "digitalocean", input, &deployment);
    if module.is_empty() {
        module.finish(output);
        return Ok(());
    }
    lose(&mut module);
    let short = module::short_name(input.name());
    module.template("versions.tf", "versions.tf", json!({ "label": short }))?;
    let body = variables(&module);
    module.body("variables.tf", &body);
    let mut urns = vec!["digitalocean_kubernetes_cluster.this.urn".to_owned()];
    let buckets =
        deployment.backings.iter().filter(|backing| matches!(Store::of(backing), Some(Store::Bucket)));
    urns.extend(buckets.map(|one| format!("digitalocean_spaces_bucket.{}.urn", handle(one.name))));
    module.template("project.tf", "project.tf", json!({ "app": input.name(), "urns": urns }))?;
    module.template("cluster.tf", "cluster.tf", json!({ "label": short }))?;
    if module.has_public() {
        let hosts = json!({ "hosts": module.hosts() });
        module.template("dns.tf", "dns.tf", hosts)?;
    }
    for backing in &deployment.backings {
        make_store(&mut module, backing)?;
    }
    let body = outputs(&module);
    module.body("outputs.tf", &body);
    environments(&mut module);
    module.finish(output);
    Ok(())
}

/// What runs a resource on `DigitalOcean`.
enum Store {
    /// A managed database: its engine, its version, and whether it has databases and users.
    Database { engine: &'static str, version: String, accounts: bool },
    /// Spaces.
    Bucket,
}

impl Store {
    fn of(backing: &Backing<'_>) -> Option<Self> {
        let tag = || backing.image.as_ref().and_then(|image| image.name.rsplit_once(':')).map(|(_, tag)| tag);
        let version = backing.resource.version.get().map(String::as_str).or_else(tag).unwrap_or_default();
        let major = version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let or = |usual: &str| if major.is_empty() { usual.to_owned() } else { major.to_owned() };
        let database = |engine, version, accounts| Self::Database { engine, version, accounts };
        Some(match backing.kind {
            "postgres" => database("pg", or("17"), true),
            "mysql" => database("mysql", "8".to_owned(), true),
            // Its successor: Redis itself is no longer to be had there.
            "redis" => database("valkey", "8".to_owned(), false),
            "mongodb" => database("mongodb", or("8"), true),
            "opensearch" => database("opensearch", "2".to_owned(), false),
            "s3" => Self::Bucket,
            _ => return None,
        })
    }
}

fn make_store(module: &mut Module<'_>, backing: &Backing<'_>) -> Result<(), TemplateError> {
    let id = handle(backing.name);
    let file = format!("resource_{id}.tf");
    match Store::of(backing) {
        Some(Store::Database { engine, version, accounts }) => {
            // Managed databases have an administrator already, and know the owner of a database by another name.
            let own = |name: &str| {
                if matches!(name, "root" | "doadmin" | "postgres") {
                    "app".to_owned()
                } else {
                    name.to_owned()
                }
            };
            let database = backing.database.as_deref().filter(|_| accounts);
            let values = json!({
                "id": id,
                "name": backing.name,
                "engine": engine,
                "version": version,
                "database": database,
                "username": database.map(|name| own(backing.username.as_deref().unwrap_or(name))),
                "eviction": (engine == "valkey").then_some("noeviction"),
            });
            module.template("database.tf", &file, values)
        }
        Some(Store::Bucket) => {
            let keep = backing.resource.backup.get().and_then(|backup| backup.keep);
            let retention =
                keep.map_or(30, |keep| keep.daily.max(keep.weekly * 7).max(keep.monthly * 31)).max(30);
            module.template(
                "bucket.tf",
                &file,
                json!({ "id": id, "name": backing.name, "retention": retention }),
            )
        }
        None => Ok(()),
    }
}

fn variables(module: &Module<'_>) -> Body {
    let deployment = module.deployment;
    let mut body = variables::checked(
        "environment",
        "string",
        "Name of the environment: goes into every name",
        None,
        (
            "can(regex(\"^[a-z][a-z0-9-]{0,15}$\", var.environment))",
            "Lower case letters, digits and dashes, at most 16.",
        ),
    )
    .append(variables::checked(
        "region",
        "string",
        "Region of DigitalOcean",
        None,
        ("can(regex(\"^[a-z]{3}[0-9]$\", var.region))", "A region of DigitalOcean: fra1."),
    ))
    .append(variables::variable(
        "registry_region",
        "string",
        "Region of the container registry, which not all regions have",
        Some(Value::text("fra1")),
    ));
    if deployment.backings.iter().any(|backing| matches!(Store::of(backing), Some(Store::Bucket))) {
        body = body.append(variables::variable(
            "spaces_region",
            "string",
            "Region of Spaces, which not all regions have",
            Some(Value::text("fra1")),
        ));
    }
    if module.has_public() {
        body = body
            .append(variables::variable("domain", "string", "The public domain", None))
            .append(variables::variable(
                "zone",
                "string",
                "Domain at DigitalOcean that the public one belongs to: example.com for shop.example.com",
                None,
            ))
            .append(variables::variable(
                "gateway_address",
                "string",
                "Address of the cluster's load balancer, from `kubectl get gateway`; empty until there is one",
                Some(Value::text("")),
            ));
    }
    body = body
        .append(variables::checked(
            "kubernetes_version",
            "string",
            "Minor version of Kubernetes",
            Some(Value::text("1.33")),
            ("can(regex(\"^1[.][0-9]+$\", var.kubernetes_version))", "A minor version: 1.33."),
        ))
        .append(variables::variable(
            "highly_available",
            "bool",
            "The cluster's control plane runs several times; this cannot be taken back",
            Some(Value::Plain(true.into())),
        ))
        .append(variables::checked(
            "nodes",
            "object({\n    size = optional(string, \"s-2vcpu-4gb\")\n    min  = optional(number, 2)\n    max  = optional(number, 5)\n  })",
            "Machines of the cluster",
            Some(Value::Object(Body::new())),
            ("var.nodes.min >= 1 && var.nodes.max >= var.nodes.min", "At least one machine, and no more than the most."),
        ))
        .append(variables::variable(
            "administrators",
            "list(string)",
            "Addresses that may talk to the cluster's API; empty for all",
            Some(Value::List(Vec::new())),
        ))
        .append(variables::variable("registry_tier", "string", "Tier of the container registry", Some(Value::text("basic"))));
    for (name, description, range) in [
        ("cidr", "Addresses of the network", "10.10.0.0/20"),
        ("pod_cidr", "Addresses of the cluster's pods", "10.108.0.0/18"),
        ("service_cidr", "Addresses of the cluster's services", "10.109.0.0/22"),
    ] {
        body = body.append(variables::checked(
            name,
            "string",
            description,
            Some(Value::text(range)),
            (&format!("can(cidrhost(var.{name}, 1))"), &format!("A range of addresses such as {range}.")),
        ));
    }
    for backing in databases(deployment) {
        let kind = "object({\n    size  = optional(string, \"db-s-2vcpu-4gb\")\n    nodes = optional(number, 2)\n  })";
        body = body.append(variables::checked(
            &handle(backing.name),
            kind,
            &format!("Size of {}: machine and nodes", backing.name),
            Some(Value::Object(Body::new())),
            (
                &format!("var.{0}.nodes >= 1 && var.{0}.nodes <= 3", handle(backing.name)),
                "One to three nodes: a standby needs two.",
            ),
        ));
    }
    body
}

fn databases<'a>(deployment: &'a Deployment<'_>) -> impl Iterator<Item = &'a Backing<'a>> {
    deployment.backings.iter().filter(|backing| matches!(Store::of(backing), Some(Store::Database { .. })))
}

fn outputs(module: &Module<'_>) -> Body {
    let mut body = output(
        "cluster",
        "Name of the cluster: `doctl kubernetes cluster kubeconfig save NAME`",
        Value::expression("digitalocean_kubernetes_cluster.this.name"),
    )
    .append(output(
        "registry",
        "Where the pipeline pushes images",
        Value::expression("digitalocean_container_registry.this.endpoint"),
    ));
    let stores = databases(module.deployment).fold(Body::new(), |object, backing| {
        let id = handle(backing.name);
        let cluster = format!("digitalocean_database_cluster.{id}");
        let one = Body::new()
            .expression("id", &format!("{cluster}.id"))
            .expression("host", &format!("{cluster}.private_host"))
            .expression("port", &format!("{cluster}.port"));
        object.object(&id, one)
    });
    if !stores.is_empty() {
        body = body.append(output(
            "databases",
            "Where services reach databases; passwords come from `doctl databases user get ID USER`",
            Value::Object(stores),
        ));
    }
    let buckets =
        module.deployment.backings.iter().filter(|backing| matches!(Store::of(backing), Some(Store::Bucket)));
    let buckets = buckets.fold(Body::new(), |object, backing| {
        let id = handle(backing.name);
        let bucket = format!("digitalocean_spaces_bucket.{id}");
        let one = Body::new()
            .expression("bucket", &format!("{bucket}.name"))
            .expression("endpoint", &format!("\"https://${{{bucket}.endpoint}}\""));
        object.object(&id, one)
    });
    if !buckets.is_empty() {
        body = body.append(output("buckets", "Object stores", Value::Object(buckets)));
    }
    body
}

fn environments(module: &mut Module<'_>) {
    let short = module::short_name(module.input.name());
    // Sizes of services are the cluster's business: only names and domains differ here.
    for (name, environment) in &module.input.app.environments {
        if name.as_str() == "local" {
            continue;
        }
        let mut body = Body::new().text("environment", name.as_str());
        if let (Some(domain), true) = (environment.domain.get(), module.has_public()) {
            body = body.text("domain", domain);
        }
        module.body(&format!("environments/{name}.tfvars"), &body);
        let key = format!("{short}/{name}.tfstate");
        module.body(&format!("environments/{name}.s3.tfbackend"), &Body::new().text("key", &key));
    }
}

fn lose(module: &mut Module<'_>) {
    let deployment = module.deployment;
    module.lose(
        "services",
        "services, jobs, their environment and their probes are no resources of DigitalOcean",
        "they run in the cluster, from `sea generate kubernetes`",
    );
    for backing in &deployment.backings {
        let name = backing.name;
        match Store::of(backing) {
            Some(Store::Database { engine, accounts, .. }) => {
                if accounts {
                    module.lose(
                        format!("{name}.password"),
                        "DigitalOcean makes the password, and Terraform's state holds it",
                        "the state is in a private bucket; take the password into the cluster's secret with doctl",
                    );
                }
                if engine == "valkey" {
                    module.lose(
                        format!("{name}.type"),
                        "there is no Redis any more",
                        "Valkey, which speaks its language; it asks for TLS and a password, so its address goes into the cluster's secret whole",
                    );
                }
                if backing.resource.backup.get().is_some() {
                    module.lose(
                        format!("{name}.backup"),
                        "DigitalOcean backs up once a day and keeps that for seven days, whatever `backup` says, and tries no restore",
                        "make backups of your own where that is too little",
                    );
                }
            }
            Some(Store::Bucket) => {}
            None if backing.kind == "smtp" => module.lose(
                format!("{name}.type"),
                "no mail server is made",
                "its address is a secret of the cluster",
            ),
            None => module.lose(
                format!("{name}.type"),
                format!("no {} is made", backing.kind),
                "it runs in the cluster, or elsewhere",
            ),
        }
    }
    if let Some(registry) = &module.input.options.registry {
        module.lose(
            "generate.registry",
            format!("a registry is made here, and images are pulled from {registry}"),
            "the cluster may pull from both",
        );
    }
}

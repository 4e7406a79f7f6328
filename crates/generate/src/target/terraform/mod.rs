//! Terraform: one folder for each cloud, `deploy/terraform/CLOUD`, and one target for each folder.
//!
//! Files are templates of HCL where they are mostly the same for every app, and built as data ([`hcl`](crate::print::hcl))
//! where the model decides what is in them. All of it is parsed before it is handed out.
//!
//! No secret's value is in any file, and none gets into the state where the cloud's provider has a way around it: what
//! only the outside knows is an empty secret, passwords are made in ephemeral resources and handed on in write-only
//! arguments.

mod aws;
mod digitalocean;
mod google;
mod module;
mod route;
mod settings;
mod variables;

use super::Target;

/// Amazon Web Services.
pub(super) const AWS: Target = Target {
    id: aws::ID,
    title: "Terraform for AWS: ECS on Fargate or Lambda, RDS, ElastiCache, S3",
    by_default: false,
    make: aws::make,
};

/// `DigitalOcean`.
pub(super) const DIGITALOCEAN: Target = Target {
    id: digitalocean::ID,
    title: "Terraform for DigitalOcean: a Kubernetes cluster, managed databases, Spaces",
    by_default: false,
    make: digitalocean::make,
};

/// Google Cloud.
pub(super) const GOOGLE: Target = Target {
    id: google::ID,
    title: "Terraform for Google Cloud: Cloud Run, Cloud SQL, Memorystore",
    by_default: false,
    make: google::make,
};

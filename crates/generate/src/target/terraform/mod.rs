//! Terraform: one folder for each cloud, `deploy/terraform/CLOUD`, and one target for each folder.
//!
//! Files are templates of HCL where they are mostly the same for every app, and built as data ([`hcl`](crate::print::hcl))
//! where the model decides what is in them. All of it is parsed before it is handed out.
//!
//! No secret's value is in any file, and none gets into the state where the cloud's provider has a way around it: what
//! only the outside knows is an empty secret, passwords are made in ephemeral resources and handed on in write-only
//! arguments.

mod aws;
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

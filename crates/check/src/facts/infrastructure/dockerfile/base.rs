//! What an image starts from, and as whom it runs.

use parse_dockerfile::Instruction;

use super::Look;
use crate::facts::infrastructure::image::ImageName;

pub(super) fn check(look: &Look<'_, '_>) {
    for stage in look.image.stages.iter().filter(|stage| stage.parent.is_none()) {
        let Some(image) = ImageName::parse(&stage.base) else { continue };
        if image.floats() {
            let message = format!("`{}` is whatever was pushed last", stage.base);
            look.say("docker-base-floating", &stage.from, message);
        } else if image.digest.is_none() {
            look.report("docker-base-not-pinned", &stage.from);
        }
    }
    root(look);
}

/// The user of the last stage is root, or nobody else was named.
fn root(look: &Look<'_, '_>) {
    let Some(last) = look.image.last() else { return };
    let base = look.image.final_base();
    let is_known = ImageName::parse(base).is_some_and(|image| {
        let starts_as_root = !image.name.contains('/')
            || image.name.starts_with("mcr.microsoft.com/dotnet/")
            || image.name == "oven/bun";
        starts_as_root
            && !image.tag.is_some_and(|tag| tag.contains("nonroot"))
            && !drops_by_itself(image.name)
    });
    let runs = look
        .image
        .final_steps()
        .any(|step| matches!(step.instruction, Instruction::Cmd(_) | Instruction::Entrypoint(_)));
    let drops = look.image.final_steps().any(|step| match step.instruction {
        Instruction::Run(_) => step.commands.iter().any(|command| {
            command.words.iter().any(|word| word.contains("gosu") || word.contains("su-exec"))
        }),
        Instruction::Entrypoint(entry) => super::stage::words(&entry.arguments)
            .iter()
            .any(|word| word.contains("gosu") || word.contains("su-exec")),
        _ => false,
    });
    let user = look.image.final_steps().filter_map(|step| match step.instruction {
        Instruction::User(user) => Some(user),
        _ => None,
    });
    match user.last() {
        Some(user) => {
            let name = user.arguments.value.split(':').next().unwrap_or_default().trim();
            if matches!(name, "root" | "0") && runs && !drops {
                look.report("docker-runs-as-root", &(user.user.span.start..user.arguments.span.end));
            }
        }
        None if is_known && runs && !drops => look.report("docker-runs-as-root", &last.from),
        None => {}
    }
}

/// Their main process starts as root only to give that up.
fn drops_by_itself(name: &str) -> bool {
    matches!(
        name,
        "nginx"
            | "httpd"
            | "caddy"
            | "haproxy"
            | "traefik"
            | "postgres"
            | "mysql"
            | "mariadb"
            | "mongo"
            | "redis"
            | "rabbitmq"
            | "elasticsearch"
            | "memcached"
            | "wordpress"
            | "ghost"
            | "nextcloud"
            | "varnish"
            | "jenkins"
    )
}

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
        if let Some(distribution) = ended(&image) {
            let message = format!("{distribution} gets no security fixes any more");
            look.say("docker-end-of-life-distribution", &stage.from, message);
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

/// The distribution below an image, where its makers have stopped to mend it (all before 2026, security support
/// included; dates from endoflife.date).
fn ended(image: &ImageName<'_>) -> Option<String> {
    let tag = image.tag?;
    let number = |text: &str| text.split(['.', '-']).next().and_then(|part| part.parse::<u32>().ok());
    match image.name {
        "centos" => return Some("CentOS".to_owned()),
        "ubuntu" => {
            const ENDED: [&str; 14] = [
                "14.04", "16.04", "18.04", "20.04", "21.04", "21.10", "22.10", "23.04", "23.10", "24.10",
                "25.04", "trusty", "xenial", "bionic",
            ];
            if ENDED.iter().any(|version| tag.starts_with(version)) {
                return Some(format!("Ubuntu {tag}"));
            }
        }
        "debian" if number(tag).is_some_and(|major| major <= 10) => return Some(format!("Debian {tag}")),
        "alpine" => {
            let version = tag.strip_prefix("3.").and_then(number);
            if version.is_some_and(|minor| minor <= 18) {
                return Some(format!("Alpine {tag}"));
            }
        }
        _ => {}
    }
    let parts = || tag.split('-');
    for release in ["wheezy", "jessie", "stretch", "buster"] {
        if parts().any(|part| part == release) {
            return Some(format!("Debian {release}"));
        }
    }
    for release in ["trusty", "xenial", "bionic", "focal"] {
        if parts().any(|part| part == release) {
            return Some(format!("Ubuntu {release}"));
        }
    }
    let alpine = parts().find_map(|part| part.strip_prefix("alpine3."));
    alpine.and_then(number).filter(|minor| *minor <= 18).map(|minor| format!("Alpine 3.{minor}"))
}

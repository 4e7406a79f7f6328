//! Prisma schemas: which database they are for, and the variables they read.

use std::sync::LazyLock;

use seaworthy_model::{Place, Variable};

use crate::pattern::Pattern;
use crate::project::{Dependency, Project};
use crate::repository::{Repository, join};
use crate::secret;

/// The driver that stands for a provider, so that the resource is found as for any other driver.
const DRIVERS: [(&str, &str); 6] = [
    ("postgresql", "pg"),
    ("postgres", "pg"),
    ("cockroachdb", "pg"),
    ("mysql", "mysql2"),
    ("mongodb", "mongodb"),
    ("sqlserver", "mssql"),
];

pub(super) fn read(repo: &Repository, project: &mut Project) {
    static PROVIDER: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r#"^\s*provider\s*=\s*"(\w+)""#));
    static ENV: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r#"\benv\(\s*"(\w+)"\s*\)"#));
    let usual =
        ["prisma/schema.prisma", "schema.prisma", "src/prisma/schema.prisma", "prisma/schema/schema.prisma"];
    let configured = repo.document(&project.manifest).and_then(|document| {
        let path = document.at(&["prisma", "schema"])?.text()?;
        Some(join(&project.dir, path))
    });
    let Some(path) = configured.filter(|path| repo.has(path)).or_else(|| repo.first_of(&project.dir, usual))
    else {
        return;
    };
    let Some(text) = repo.text(&path) else { return };
    for (line, text) in (1_u32..).zip(text.lines()) {
        let text = text.split("//").next().unwrap_or(text);
        if let Some(found) = PROVIDER.find(text)
            && let Some((_, driver)) = DRIVERS.iter().find(|(provider, _)| *provider == found.text(1))
        {
            let dependency = Dependency { place: Some(Place::line(&path, line)), dev: false };
            project.dependencies.entry((*driver).to_owned()).or_insert(dependency);
        }
        for found in ENV.find_all(text) {
            let name = found.text(1);
            let variable = project.service.env.entry(name.to_owned()).or_insert_with(|| Variable {
                required: true,
                secret: secret::is_secret(name),
                ..Variable::default()
            });
            variable.used_at.push(Place::line(&path, line));
        }
    }
}

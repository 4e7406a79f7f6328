//! The migrations of a commit, and what each does to the release that serves while it runs.

use std::collections::BTreeSet;

use seaworthy_artifact::Digest;
use seaworthy_check::migration::{self, Judgement};
use seaworthy_detect::Repository;
use seaworthy_model::{App, JobTrigger};

/// A migration of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its file, relative to the repository's root.
    pub file: String,
    /// The SHA-256 of its content.
    pub digest: String,
    /// What it does.
    pub judgement: Judgement,
}

/// All migrations of an app, in the order of their folders and names: what its resources name as `migrations` and `schema`,
/// and, where a tool of the app migrates on release, every file that lies where such tools look.
pub fn migrations(repository: &Repository, app: &App) -> Vec<Migration> {
    let named: Vec<&String> = app
        .resources
        .values()
        .flat_map(|resource| [resource.migrations.get(), resource.schema.get()])
        .flatten()
        .collect();
    let has_tool = app.jobs.values().any(|job| job.on.get() == Some(&JobTrigger::Release));
    let is_one = |path: &str| {
        let is_named = named.iter().any(|place| match path.strip_prefix(place.trim_end_matches('/')) {
            Some("") => true,
            Some(rest) => rest.starts_with('/') && migration::is_run(path),
            None => false,
        });
        is_named || (has_tool && migration::is_source(path))
    };
    let paths: BTreeSet<(&str, u128, &str)> =
        repository.paths().iter().map(|path| &**path).filter(|path| is_one(path)).map(order).collect();
    let read = |(.., path): (&str, u128, &str)| {
        let text = repository.text(path)?;
        let digest = Digest::of(text.as_bytes()).to_string();
        Some(Migration { file: path.to_owned(), digest, judgement: migration::judge(app, path, &text) })
    };
    paths.into_iter().filter_map(read).collect()
}

/// By folder, then by the number that the name begins with: `2_users.sql` runs before `10_posts.sql`.
fn order(path: &str) -> (&str, u128, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let digits = name.trim_start_matches(['V', 'v']);
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    (folder, digits[..end].parse().unwrap_or(u128::MAX), path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use seaworthy_check::migration::Class;
    use seaworthy_detect::{Overrides, load_from};

    use super::*;

    #[test]
    fn of_named_folders_and_of_tools() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "seaworthy.toml",
                "name = \"shop\"\n[resources.db]\ntype = \"postgres\"\nmigrations = \"db/changes\"\nschema = \"db/schema.sql\"\n[services.web]\nstart = \"node a.js\"\n",
            ),
            ("db/schema.sql", "CREATE TABLE IF NOT EXISTS a (id int);"),
            ("db/changes/10_c.sql", "DROP TABLE a;"),
            ("db/changes/2_b.sql", "ALTER TABLE a ADD COLUMN b int;"),
            ("db/changes/README.md", "how to"),
            ("other/migrations/1.py", "op.drop_table('a')"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = |extra: &str| -> Vec<(String, Class)> {
            let config = folder.path().join("seaworthy.toml");
            let text = fs::read_to_string(&config).unwrap();
            fs::write(&config, format!("{text}{extra}")).unwrap();
            let repository = Repository::open(folder.path()).unwrap();
            let loaded = load_from(&repository, &Overrides::default());
            let found = migrations(&repository, &loaded.app).into_iter();
            found.map(|found| (found.file, found.judgement.class)).collect()
        };
        let named = [
            ("db/schema.sql".to_owned(), Class::Expand),
            ("db/changes/2_b.sql".to_owned(), Class::Expand),
            ("db/changes/10_c.sql".to_owned(), Class::Breaking),
        ];
        assert_eq!(found(""), named);
        let all = found("[jobs.migrate]\nrun = \"alembic upgrade head\"\non = \"release\"\n");
        assert_eq!(all.last(), Some(&("other/migrations/1.py".to_owned(), Class::Breaking)));
        assert_eq!(all.len(), 4);
    }
}

//! `composer.json`: what it requires, and what tests and checks it.

use crate::document::Node;
use crate::language::runtime_files;
use crate::project::{Project, Role, at, at_file};
use crate::repository::{Repository, parent};

pub(super) fn read(repo: &Repository, path: &str) -> Option<Project> {
    let document = repo.document(path)?;
    let dir = parent(path);
    let mut project = Project::new(dir, "php", path);
    let name =
        document.get("name").and_then(Node::text).filter(|name| !crate::detect::GENERIC_NAMES.contains(name));
    project.name = name.map(str::to_owned);
    for (table, dev) in [("require", false), ("require-dev", true)] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            if &*entry.key == "php" {
                if let (false, Some(text)) = (dev, entry.node.scalar()) {
                    // A single bar was enough to Composer, and is still met.
                    let text = text.replace("||", "|").replace('|', "||");
                    let origin = at("composer.json require.php", path, entry.line);
                    runtime_files::say(&mut project.service, "php", &text, origin);
                }
            } else {
                project.depend(&entry.key, entry.line, dev);
            }
        }
    }
    if let Some(node) = document.at(&["config", "platform", "php"])
        && let Some(text) = node.scalar()
    {
        let origin = at("composer.json config.platform.php", path, node.line).likely();
        runtime_files::say(&mut project.service, "php", &text, origin);
    }
    commands(repo, &document, path, &mut project);
    let autoloads = document.get("autoload").is_some();
    project.role = match document.get("type").and_then(Node::text) {
        Some("project") => Role::Unknown,
        Some(_) => Role::Library,
        None if autoloads
            && repo
                .first_of(dir, ["index.php", "public/index.php", "web/index.php", "artisan"])
                .is_none() =>
        {
            Role::Library
        }
        None => Role::Unknown,
    };
    Some(project)
}

fn commands(repo: &Repository, document: &Node, path: &str, project: &mut Project) {
    let script = |name: &str| document.at(&["scripts", name]).map(|node| node.line);
    let tools = [
        ("pestphp/pest", "vendor/bin/pest"),
        ("phpunit/phpunit", "vendor/bin/phpunit"),
        ("symfony/phpunit-bridge", "bin/phpunit"),
        ("codeception/codeception", "vendor/bin/codecept run"),
    ];
    let linters = [
        ("laravel/pint", "vendor/bin/pint --test"),
        ("phpstan/phpstan", "vendor/bin/phpstan analyse"),
        ("larastan/larastan", "vendor/bin/phpstan analyse"),
        ("vimeo/psalm", "vendor/bin/psalm"),
        ("squizlabs/php_codesniffer", "vendor/bin/phpcs"),
        ("friendsofphp/php-cs-fixer", "vendor/bin/php-cs-fixer check"),
    ];
    let of = |tools: &[(&str, &str)], project: &Project| {
        tools.iter().find_map(|(name, command)| {
            let place = project.dependency(name)?.place.clone()?;
            Some((
                (*command).to_owned(),
                seaworthy_model::Origin::detected(format!("depends on {name}")).at(place),
            ))
        })
    };
    let test = script("test")
        .map(|line| ("composer test".to_owned(), at("composer.json scripts.test", path, line)))
        .or_else(|| of(&tools, project));
    let lint = script("lint")
        .map(|line| ("composer lint".to_owned(), at("composer.json scripts.lint", path, line)))
        .or_else(|| of(&linters, project));
    let lock = repo.first_of(&project.dir, ["composer.lock"]);
    let origin = match &lock {
        Some(lock) => at_file("installs what composer.lock locks", lock),
        None => at_file("composer.json is there", path),
    };
    let service = &mut project.service;
    service.package_manager.propose("composer".to_owned(), at_file("composer.json is there", path));
    service.install.propose("composer install".to_owned(), origin);
    if let Some((command, origin)) = test {
        service.test.propose(command, origin);
    }
    if let Some((command, origin)) = lint {
        service.lint.propose(command, origin);
    }
}

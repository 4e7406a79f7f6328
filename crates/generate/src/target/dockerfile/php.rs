//! PHP, in `FrankenPHP`: one server that needs neither a second process nor root, for what frameworks' own servers, made
//! for development, do not do.

use seaworthy_model::PortSetting;

use super::health::Asker;
use super::node;
use super::recipe::{Kitchen, System};

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "php";
    kitchen.base("PHP", format!("dunglas/frankenphp:1-php{}-alpine", subject.version(2, "8.4")));
    kitchen.recipe.system = System::Alpine;
    let has_composer = subject.has("composer.json");
    kitchen.recipe.install = None;
    kitchen.recipe.build = None;
    if has_composer {
        kitchen.base("COMPOSER", "composer:2.8");
        kitchen.recipe.manifests =
            subject.manifests(|name| name == "composer.json" || name == "composer.lock");
        kitchen.cache(&["/tmp/cache"]);
        kitchen.recipe.install = Some(
            "composer install --no-dev --no-interaction --no-progress --no-scripts --no-autoloader"
                .to_owned(),
        );
        kitchen.recipe.build = Some("composer dump-autoload --no-dev --optimize".to_owned());
        if !subject.has("composer.lock") {
            kitchen.lose(
                "package_manager",
                "no composer.lock is committed: each build may install other versions",
                "commit the one that `composer install` writes",
            );
        }
    }
    kitchen.recipe.build_packages = extensions(kitchen);
    node::assets(kitchen);
    let mut command = subject.command();
    let text = command.words.join(" ");
    let is_development_server =
        ["php -S", "artisan serve", "spark serve", "cake server"].iter().any(|server| text.contains(server));
    if let (true, Some(port)) = (is_development_server, subject.instance.port) {
        let root = root(kitchen, &command.words);
        command.words = ["frankenphp", "php-server", "--listen"].map(str::to_owned).into();
        command.words.extend([format!(":{port}"), "--root".to_owned(), root]);
        if matches!(subject.instance.service.port_setting.get(), Some(PortSetting::Flag(_))) {
            kitchen.recipe.notes.clear();
        }
        kitchen.env("XDG_CONFIG_HOME", "/tmp/config");
        kitchen.env("XDG_DATA_HOME", "/tmp/data");
    } else if !subject.mentions(&[".php"], &["SIGTERM"]) && !has_signals(&text) {
        kitchen.init();
    }
    if subject.framework() == "laravel" {
        for folder in ["storage", "bootstrap/cache"] {
            kitchen.recipe.writable.push(format!("{}/{folder}", kitchen.recipe.workdir));
        }
    }
    kitchen.run(&command, Asker::Php);
}

/// Workers of frameworks ask for SIGTERM themselves.
fn has_signals(command: &str) -> bool {
    ["queue:work", "horizon", "schedule:work", "octane:start", "reverb:start", "messenger:consume"]
        .iter()
        .any(|name| command.contains(name))
}

/// The folder that is served.
fn root(kitchen: &Kitchen<'_, '_>, words: &[String]) -> String {
    let said = words.iter().skip_while(|word| *word != "-t").nth(1).cloned();
    let usual = ["public", "webroot", "web"]
        .into_iter()
        .find(|folder| kitchen.subject.has(&format!("{folder}/index.php")));
    said.or_else(|| usual.map(str::to_owned)).unwrap_or_else(|| ".".to_owned())
}

/// Extensions that the project asks for, and those that its resources are reached with.
fn extensions(kitchen: &Kitchen<'_, '_>) -> Vec<String> {
    let subject = kitchen.subject;
    let mut names = vec!["opcache".to_owned()];
    let manifest =
        subject.text("composer.json").and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    if let Some(wanted) = manifest.as_ref().and_then(|manifest| manifest["require"].as_object()) {
        // These are part of PHP itself.
        let own = [
            "json",
            "mbstring",
            "ctype",
            "openssl",
            "tokenizer",
            "xml",
            "curl",
            "fileinfo",
            "filter",
            "hash",
        ];
        let asked = wanted.keys().filter_map(|key| key.strip_prefix("ext-"));
        names.extend(asked.filter(|name| !own.contains(name)).map(str::to_owned));
    }
    for name in &subject.instance.needs {
        let Some(backing) = subject.deployment.backing(name) else { continue };
        names.extend(
            match backing.kind {
                "postgres" => Some("pdo_pgsql"),
                "mysql" | "mariadb" => Some("pdo_mysql"),
                "redis" => Some("redis"),
                "mongodb" => Some("mongodb"),
                _ => None,
            }
            .map(str::to_owned),
        );
    }
    if ["wordpress"].contains(&subject.framework()) {
        names.push("mysqli".to_owned());
    }
    names.sort();
    names.dedup();
    names
}

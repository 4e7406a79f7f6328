//! Ruby, with Bundler.

use super::health::Asker;
use super::node;
use super::recipe::Kitchen;

/// Libraries that gems are linked with.
const LIBRARIES: [(&str, &str); 3] =
    [("pg", "libpq5=15.*"), ("mysql2", "libmariadb3=1:10.11.*"), ("ruby-vips", "libvips42=8.14.*")];

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    kitchen.recipe.template = "ruby";
    build(kitchen);
    let version = subject.version(3, "3.4");
    kitchen.base("RUBY", format!("ruby:{version}-slim-bookworm"));
    let gems = [subject.any_text("Gemfile.lock"), subject.any_text("Gemfile")];
    for (gem, library) in LIBRARIES {
        let names = [format!("    {gem} ("), format!("gem \"{gem}\""), format!("gem '{gem}'")];
        if gems.iter().flatten().any(|text| names.iter().any(|name| text.contains(name))) {
            kitchen.recipe.packages.push(library.to_owned());
        }
    }
    node::assets(kitchen);
    if kitchen.recipe.assets.is_some() {
        kitchen.recipe.build.take_if(|build| build.starts_with("npm") || build.starts_with("yarn"));
    }
    if let Some(name) = environment(subject.framework()) {
        kitchen.env(name, "production");
        kitchen.build_env(name, "production");
    }
    if subject.framework() == "rails" {
        kitchen.env("RAILS_LOG_TO_STDOUT", "1");
        kitchen.recipe.writable =
            ["tmp", "log", "storage"].map(|name| format!("{}/{name}", kitchen.recipe.workdir)).into();
    }
    for name in ["BUNDLE_DEPLOYMENT", "BUNDLE_WITHOUT", "BUNDLE_PATH"] {
        if let Some(pair) =
            kitchen.recipe.build_env.iter().find(|known| known.split('=').next() == Some(name)).cloned()
        {
            kitchen.recipe.env.push(pair);
        }
    }
    let command = subject.command();
    kitchen.run(&command, Asker::Ruby);
}

/// The stage that builds: also that of static sites.
pub(super) fn build(kitchen: &mut Kitchen<'_, '_>) {
    let subject = kitchen.subject;
    // Gems are compiled in the larger image, which has what that needs.
    kitchen.base("RUBY_BUILD", format!("ruby:{}-bookworm", subject.version(3, "3.4")));
    kitchen.recipe.manifests = subject.manifests(|name| {
        ["Gemfile", "Gemfile.lock", ".ruby-version"].contains(&name) || name.ends_with(".gemspec")
    });
    kitchen.build_env("BUNDLE_PATH", "/usr/local/bundle");
    kitchen.build_env("BUNDLE_WITHOUT", "development:test");
    if subject.has_in_context("Gemfile") {
        if subject.has_in_context("Gemfile.lock") {
            kitchen.build_env("BUNDLE_DEPLOYMENT", "1");
        } else {
            kitchen.lose(
                "package_manager",
                "no Gemfile.lock is committed: each build may install other versions",
                "commit the one that `bundle install` writes",
            );
        }
        kitchen.build_env("BUNDLE_GLOBAL_GEM_CACHE", "true");
        kitchen.cache(&["/root/.bundle/cache"]);
        kitchen.recipe.install = Some("bundle install".to_owned());
    } else {
        // A site without a Gemfile names no version of what makes it.
        let install = kitchen.recipe.install.as_deref();
        kitchen.recipe.install =
            install.map(|install| install.replace("gem install jekyll", "gem install jekyll:4.4.1"));
    }
}

fn environment(framework: &str) -> Option<&'static str> {
    match framework {
        "rails" | "sidekiq" | "solid_queue" | "good_job" | "delayed_job" => Some("RAILS_ENV"),
        "hanami" => Some("HANAMI_ENV"),
        "sinatra" | "roda" | "grape" | "padrino" => Some("RACK_ENV"),
        _ => None,
    }
}

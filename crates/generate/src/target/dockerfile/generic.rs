//! Every other language: its usual image, with the commands of the model. The layers are not keyed by what a package
//! manager knows, and the last stage is the build's: it is said so.

use super::health::Asker;
use super::recipe::Kitchen;

/// Images by framework, package manager, language or runtime (source: the pages of each on its registry). What stands in
/// braces gives way to the version that the repository asks for.
const IMAGES: [(&str, &str); 18] = [
    ("clojure", "clojure:temurin-21-tools-deps-bookworm-slim"),
    ("conda", "continuumio/miniconda3:25.3.1-1"),
    ("crystal", "crystallang/crystal:{1.17.1}"),
    ("dart", "dart:{3.9}"),
    ("flutter", "ghcr.io/cirruslabs/flutter:{3.35.4}"),
    ("gleam", "ghcr.io/gleam-lang/gleam:v{1.12.0}-erlang"),
    ("haskell", "haskell:{9.10}-slim-bookworm"),
    ("hugo", "hugomods/hugo:exts-0.150.0"),
    ("mdbook", "peaceiris/mdbook:v0.4.52"),
    ("scala", "sbtscala/scala-sbt:eclipse-temurin-21.0.8_9_1.11.7_3.7.3"),
    ("swift", "swift:{6.1}-bookworm"),
    ("sbt", "sbtscala/scala-sbt:eclipse-temurin-21.0.8_9_1.11.7_3.7.3"),
    ("leiningen", "clojure:temurin-21-lein-bookworm-slim"),
    ("shell", "debian:bookworm-slim"),
    ("trunk", "rust:1.90-bookworm"),
    ("java", "maven:3.9-eclipse-temurin-21"),
    ("zola", "ghcr.io/getzola/zola:v0.21.0"),
    ("node", "node:24-bookworm-slim"),
];

/// Where nothing says what a program needs: a compiler and the usual libraries.
const OTHERWISE: &str = "buildpack-deps:bookworm";

pub(super) fn service(kitchen: &mut Kitchen<'_, '_>) {
    kitchen.recipe.template = "generic";
    build(kitchen);
    let image = kitchen.recipe.images[0].image.clone();
    let language = kitchen.subject.instance.service.language.get().cloned();
    kitchen.lose(
        "language",
        &match &language {
            Some(language) if image == OTHERWISE => {
                format!("there is no recipe for {language}: the image is {image}, which has a compiler of C and little else")
            }
            Some(language) => format!("there is no recipe for {language}: the image is {image} with everything in it"),
            None => format!("nobody knows what it is written in: the image is {image} with everything in it"),
        },
        "its commands are those of the model; another image is a template of your own in .seaworthy/templates/dockerfile/generic.j2",
    );
    let command = kitchen.subject.command();
    kitchen.run(&command, Asker::Copied);
}

/// The stage that builds: also that of static sites.
pub(super) fn build(kitchen: &mut Kitchen<'_, '_>) {
    let service = kitchen.subject.instance.service;
    let names = [
        service.framework.get().map(String::as_str),
        service.package_manager.get().map(String::as_str),
        service.language.get().map(String::as_str),
        service.runtime.get().map(|runtime| runtime.name.as_str()),
    ];
    let known = names.into_iter().flatten().find_map(|name| IMAGES.iter().find(|(known, _)| *known == name));
    let image = known.map_or(OTHERWISE, |(_, image)| image);
    kitchen.base("BUILD", versioned(image, |usual| kitchen.subject.version(3, usual)));
    let packages: &[&str] = match service.package_manager.get().map(String::as_str) {
        Some("cmake") => &["cmake=3.25.*"],
        Some("meson") => &["meson=1.0.*", "ninja-build=1.11.*"],
        _ => &[],
    };
    kitchen.recipe.packages.extend(packages.iter().map(|name| (*name).to_owned()));
}

/// The image with the version in braces decided.
fn versioned(image: &str, version: impl Fn(&str) -> String) -> String {
    match image.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (usual, after))) => format!("{before}{}{after}", version(usual)),
        None => image.to_owned(),
    }
}

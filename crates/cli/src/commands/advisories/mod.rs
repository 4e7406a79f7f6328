//! `sea advisories`: records of known vulnerabilities, kept for `sea check`.

mod fetch;
mod unpack;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use seaworthy_check::advisories::{INDEX, Index, PROJECT_FOLDER};
use seaworthy_check::lockfile::{Ecosystem, read_all};
use seaworthy_detect::{Overrides, Repository, load_from};

use crate::args::{AdvisoriesArgs, Global, UpdateArgs};
use crate::commands::{load, write};
use crate::exit::{self, Mistake, Outside};

use fetch::{Answer, Client};

pub(crate) use fetch::OSV;

pub(crate) fn run(global: &Global, args: &AdvisoriesArgs) -> anyhow::Result<u8> {
    let crate::args::AdvisoriesCommand::Update(args) = &args.command;
    update(global, args)
}

fn update(global: &Global, args: &UpdateArgs) -> anyhow::Result<u8> {
    let root = load::root(global, None)?;
    let folder = args.to.clone().unwrap_or_else(|| root.join(PROJECT_FOLDER));
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let ecosystems = chosen(args, &root)?;
    if ecosystems.is_empty() {
        anstream::println!(
            "there is no lockfile here; name ecosystems: sea advisories update --ecosystem npm"
        );
        return Ok(exit::DONE);
    }
    let client = Client::new(&args.from);
    for ecosystem in ecosystems {
        let name = ecosystem.name();
        // What the last answer was called, so that the same is not sent again.
        let mark = folder.join(format!("{name}.etag"));
        let there = folder.join(name);
        let known = std::fs::read_to_string(&mark).ok().filter(|_| there.is_dir());
        match client.fetch(name, known.as_deref())? {
            Answer::Same => anstream::println!("{name:<10} as it was"),
            Answer::New { archive, etag } => {
                let count = unpack::into(archive, &there).map_err(|error| {
                    let message = format!("the records of {name} cannot be unpacked: {error}");
                    Outside { message, help: Some("sea advisories update, once more".to_owned()) }
                })?;
                anstream::println!("{name:<10} {count} records");
                match etag {
                    Some(etag) => write::replace(&mark, &etag).map_err(|error| unwritable(&mark, &error))?,
                    None => drop(std::fs::remove_file(&mark)),
                }
            }
        }
    }
    let index = Index::open(&folder);
    let path = folder.join(INDEX);
    write::replace(&path, &index.to_text()).map_err(|error| unwritable(&path, &error))?;
    anstream::println!("{} packages have a record; sea check looks them up from now on", index.len());
    Ok(exit::DONE)
}

/// The ecosystems that are named, else those of the repository's lockfiles.
fn chosen(args: &UpdateArgs, root: &Path) -> anyhow::Result<BTreeSet<Ecosystem>> {
    if args.ecosystem.is_empty() {
        let repository = Repository::open(root)?;
        let loaded = load_from(&repository, &Overrides::default());
        return Ok(read_all(&repository, &loaded.manifests).into_iter().map(|lock| lock.ecosystem).collect());
    }
    let parse = |name: &String| {
        let known = Ecosystem::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| {
            let names: Vec<_> = Ecosystem::ALL.iter().map(|known| known.name()).collect();
            Mistake {
                message: format!("there is no ecosystem `{name}`"),
                help: Some(format!("one of {}", names.join(", "))),
            }
            .into()
        })
    };
    args.ecosystem.iter().map(parse).collect()
}

fn unwritable(path: &Path, error: &std::io::Error) -> Outside {
    let help = Some("sea advisories update --to DIR, with a folder that can be written".to_owned());
    Outside { message: format!("{} cannot be written: {error}", path.display()), help }
}

/// A place that is a folder or file of this machine.
fn local(from: &str) -> Option<PathBuf> {
    (!from.contains("://")).then(|| PathBuf::from(from))
}

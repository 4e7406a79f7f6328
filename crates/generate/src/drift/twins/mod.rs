//! Places that people wrote and that disagree: everything that was said about a field of the model is kept with its
//! file and line, so that a disagreement is two proposals of different files.

mod source;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use seaworthy_detect::{runtimes_agree, versions_agree};
use seaworthy_model::{
    App, Confidence, Evidence, Field, Layer, Name, Place, PortSetting, Probe, ProbeAction, Resource, Service,
};

use self::source::Source;
use super::{Difference, Kind, Side, side};

pub(super) fn differences(app: &App) -> Vec<Difference> {
    let mut found = Vec::new();
    for (name, service) in &app.services {
        of_service(app, name, service, &mut found);
    }
    for (name, resource) in &app.resources {
        of_resource(name, resource, &mut found);
    }
    absent_services(app, &mut found);
    found
}

fn of_service(app: &App, name: &Name, service: &Service, found: &mut Vec<Difference>) {
    let subject = |field: &str| format!("{name}.{field}");
    port(&subject("port"), service, found);
    let runtimes: Vec<_> = said(&service.runtime).filter(|said| said.value.version.is_some()).collect();
    compare(
        &subject("runtime"),
        &runtimes,
        runtimes_agree,
        |runtime| {
            let version = runtime.requirement.as_ref().or(runtime.version.as_ref());
            format!("{} {}", runtime.name, version.map_or("", String::as_str))
        },
        found,
    );
    plain(&subject("replicas"), &service.replicas, found);
    plain(&subject("memory"), &service.memory, found);
    plain(&subject("cpu"), &service.cpu, found);
    plain(&subject("stop_grace_period"), &service.stop_grace_period, found);
    images(&subject("image"), &service.image, found);
    for (field, probes) in
        [("startup", &service.startup), ("readiness", &service.readiness), ("liveness", &service.liveness)]
    {
        probe(&subject(field), probes, service, found);
    }
    commands(&subject("start"), &service.start, found);
    variables::of_service(app, name, service, found);
}

fn of_resource(name: &Name, resource: &Resource, found: &mut Vec<Difference>) {
    let versions: Vec<_> = said(&resource.version).collect();
    compare(
        &format!("{name}.version"),
        &versions,
        |one, other| versions_agree(one, other),
        |version| {
            let kind = resource.r#type.get().map_or("version", String::as_str);
            format!("{kind} {version}")
        },
        found,
    );
}

/// What is said somewhere, as opposed to usual: conventions have no place.
fn said<T>(field: &Field<T>) -> impl Iterator<Item = &Evidence<T>> {
    field.all().iter().filter(|evidence| {
        let is_guess =
            evidence.origin.layer == Layer::Detected && evidence.origin.confidence == Confidence::Low;
        evidence.origin.place.is_some() && (!is_guess || is_deployment(evidence))
    })
}

/// Said by a file that describes how the app runs somewhere, however little detection trusts it.
fn is_deployment<T>(evidence: &Evidence<T>) -> bool {
    evidence.origin.place.as_ref().is_some_and(|place| Source::of(&place.file).is_some())
}

fn place<T>(evidence: &Evidence<T>) -> Place {
    // Only what has a place gets here.
    evidence.origin.place.clone().unwrap_or_else(|| Place::file("seaworthy.toml"))
}

/// One difference where values of different files disagree: the best-trusted one against all that are unlike it.
fn compare<T>(
    subject: &str,
    said: &[&Evidence<T>],
    agree: impl Fn(&T, &T) -> bool,
    show: impl Fn(&T) -> String,
    found: &mut Vec<Difference>,
) {
    let Some((first, others)) = said.split_first() else { return };
    let file = |evidence: &Evidence<T>| place(evidence).file;
    let mut sides: Vec<&Evidence<T>> = Vec::new();
    for other in others {
        if file(other) != file(first) && !agree(&first.value, &other.value) {
            sides.push(other);
        }
    }
    if sides.is_empty() {
        return;
    }
    let all = || std::iter::once(first).chain(sides.iter());
    let mut says: Vec<Side> = all().map(|evidence| side(show(&evidence.value), place(evidence))).collect();
    says.dedup();
    found.push(Difference {
        subject: subject.to_owned(),
        kind: Kind::Value,
        obeyed: all().find_map(|evidence| obeyed(evidence, &show)),
        fix: fix(subject, &show(&first.value), sides.iter().map(|side| place(side))),
        sides: says,
    });
}

/// Who is right: code and manifests are what runs, whatever is said about it elsewhere.
fn obeyed<T>(first: &Evidence<T>, show: &impl Fn(&T) -> String) -> Option<String> {
    let at = place(first);
    match first.origin.layer {
        Layer::Detected if Source::of(&at.file).is_none() => {
            Some(format!("{} at {at}: {}", show(&first.value), first.origin.rule))
        }
        Layer::Config | Layer::Environment | Layer::CommandLine => {
            Some(format!("{}: seaworthy.toml has the last word in `sea`", show(&first.value)))
        }
        Layer::Detected | Layer::Imported => None,
    }
}

fn fix(subject: &str, value: &str, wrong: impl Iterator<Item = Place>) -> String {
    let places: Vec<String> = wrong.map(|place| place.to_string()).collect();
    format!(
        "make {} say {value}; or say `{subject}` once in seaworthy.toml and derive the files: sea generate",
        places.join(" and ")
    )
}

fn plain<T: PartialEq + ToString>(subject: &str, field: &Field<T>, found: &mut Vec<Difference>) {
    let values: Vec<_> = said(field).collect();
    compare(subject, &values, T::eq, T::to_string, found);
}

/// The code's port, and those that others expect of it.
fn port(subject: &str, service: &Service, found: &mut Vec<Difference>) {
    if service.kind.get() == Some(&seaworthy_model::Kind::Static) {
        return;
    }
    // What the code falls back to is no statement where a file sets the variable it reads.
    let variable = match service.port_setting.get() {
        Some(PortSetting::Env(variable)) => service.env.get(variable),
        _ => None,
    };
    let is_said = service.port.origin().is_some_and(|origin| origin.layer >= Layer::Config);
    let is_set = is_said || variable.is_some_and(|variable| !variable.declared_at.is_empty());
    let is_fallback = |evidence: &&Evidence<u16>| {
        is_set && variable.is_some_and(|variable| variable.used_at.contains(&place(evidence)))
    };
    let values: Vec<_> = said(&service.port).filter(|evidence| !is_fallback(evidence)).collect();
    compare(subject, &values, u16::eq, u16::to_string, found);
}

/// Two releases of one image: what runs in one place is not what runs in the other.
fn images(subject: &str, field: &Field<String>, found: &mut Vec<Difference>) {
    let tag = |image: &str| {
        let name = image.split('@').next().unwrap_or(image);
        let last = name.rsplit('/').next().unwrap_or(name);
        last.split_once(':').map(|(name, tag)| (name.to_owned(), tag.to_owned()))
    };
    let values: Vec<_> = said(field).filter(|evidence| tag(&evidence.value).is_some()).collect();
    // Another name is another image: a mirror, or a fork of it.
    let agree = |one: &String, other: &String| match (tag(one), tag(other)) {
        (Some((one, tag)), Some((other, other_tag))) => one != other || tag == other_tag,
        _ => true,
    };
    compare(subject, &values, agree, String::clone, found);
}

/// Probes that ask for another path than the others, or than the code serves.
fn probe(subject: &str, field: &Field<Probe>, service: &Service, found: &mut Vec<Difference>) {
    let path = |probe: &Probe| match &probe.action {
        ProbeAction::Http(path) => Some(path.trim_end_matches('/').to_owned()),
        _ => None,
    };
    let of_code: Vec<&Evidence<Probe>> = [&service.readiness, &service.liveness]
        .into_iter()
        .flat_map(said)
        .filter(|evidence| !is_deployment(evidence) && path(&evidence.value).is_some())
        .collect();
    let served: BTreeSet<String> = of_code.iter().filter_map(|evidence| path(&evidence.value)).collect();
    let mut values: Vec<&Evidence<Probe>> =
        said(field).filter(|evidence| path(&evidence.value).is_some()).collect();
    if values.iter().all(|evidence| is_deployment(evidence)) {
        // What the code serves for the other probe is the best that is known of it.
        values.splice(0..0, of_code.first().copied());
    }
    // Any path that the code serves is right.
    values.retain(|evidence| {
        !is_deployment(evidence) || !path(&evidence.value).is_some_and(|path| served.contains(&path))
    });
    compare(
        subject,
        &values,
        |one, other| path(one) == path(other),
        |probe| path(probe).unwrap_or_default(),
        found,
    );
}

/// Programs that deployments start: options may differ from place to place, the program may not.
fn commands(subject: &str, field: &Field<String>, found: &mut Vec<Difference>) {
    let values: Vec<_> = said(field).filter(|evidence| is_deployment(evidence)).collect();
    compare(
        subject,
        &values,
        |one, other| program(one) == program(other) || is_indirect(one) || is_indirect(other),
        String::clone,
        found,
    );
}

/// The program at the end of a chain, without what wraps it.
fn program(command: &str) -> Option<&str> {
    let last = command.rsplit("&&").next()?.trim().trim_end_matches(['"', '\'']);
    let wrappers = [
        "exec",
        "sh",
        "bash",
        "-c",
        "-lc",
        "poetry",
        "uv",
        "pipenv",
        "run",
        "bundle",
        "npx",
        "dumb-init",
        "tini",
        "--",
    ];
    let words = last.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    let mut words = words.skip_while(|word| wrappers.contains(word) || word.contains('='));
    let first = words.next()?;
    Some(first.rsplit('/').next().unwrap_or(first))
}

/// What it starts is written elsewhere: a script of a manifest, or a shell script.
fn is_indirect(command: &str) -> bool {
    program(command).is_none_or(|program| {
        matches!(program, "npm" | "pnpm" | "yarn" | "bun" | "make" | "just" | "task" | "foreman" | "honcho")
            || program.ends_with(".sh")
    })
}

/// A service that one description of the whole app has and another does not.
fn absent_services(app: &App, found: &mut Vec<Difference>) {
    let mut known: BTreeMap<Source, BTreeMap<&Name, Place>> = BTreeMap::new();
    for (name, service) in &app.services {
        for (source, place) in sources_of(service) {
            if source.is_whole() {
                known.entry(source).or_default().insert(name, place);
            }
        }
    }
    for (source, services) in &known {
        for (other, others) in &known {
            for (name, place) in others {
                if source != other && !services.contains_key(name) {
                    let here = services
                        .values()
                        .next()
                        .map_or_else(|| Place::file(source.name()), |place| Place::file(&place.file));
                    found.push(Difference {
                        subject: name.to_string(),
                        kind: Kind::Missing,
                        sides: vec![side("runs it", place.clone()), Side { says: None, place: here }],
                        obeyed: None,
                        fix: format!(
                            "describe {name} in {} too, or leave it out of {}",
                            source.name(),
                            other.name()
                        ),
                    });
                }
            }
        }
    }
}

/// The files that say how a service runs, each with a place in it.
fn sources_of(service: &Service) -> BTreeMap<Source, Place> {
    let mut sources = BTreeMap::new();
    let mut note = |place: Option<&Place>| {
        if let Some(place) = place
            && let Some(source) = Source::of(&place.file)
        {
            sources.entry(source).or_insert_with(|| place.clone());
        }
    };
    macro_rules! note_all {
        ($($field:ident),*) => { $(service.$field.all().iter().for_each(|said| note(said.origin.place.as_ref()));)* };
    }
    note_all!(
        image,
        port,
        replicas,
        memory,
        cpu,
        readiness,
        liveness,
        startup,
        start,
        dev,
        stop_grace_period
    );
    for place in service.env.values().flat_map(|variable| &variable.declared_at) {
        note(Some(place));
    }
    sources
}

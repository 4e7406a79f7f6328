//! `sea plan` for people: what there is, in which order it starts, and what is uncertain.

use std::io::{self, Write};

use seaworthy_model::{
    App, Confidence, Field, Kind, Name, PortSetting, Probe, ProbeAction, Service, start_order,
};

use super::style::{DIM, HEADING, HINT, NAME, Table, WARNING, paint};

/// Writes the summary of an app.
pub(crate) fn write(out: &mut dyn Write, app: &App) -> io::Result<()> {
    let name = app.name.get().map_or("app", Name::as_str);
    writeln!(out, "{}  {}", paint(NAME, name), paint(DIM, &counts(app)))?;
    if app.services.is_empty() && app.resources.is_empty() {
        writeln!(out, "\nNothing that runs was found here. Say what does in seaworthy.toml:")?;
        writeln!(out, "\n  [services.web]\n  start = \"...\"\n  port  = 8080\n")?;
        writeln!(out, "{} sea init writes the file.", paint(HINT, "next"))?;
        return warnings(out, app);
    }
    services(out, app, name)?;
    resources(out, app)?;
    jobs(out, app)?;
    order(out, app)?;
    required(out, app)?;
    uncertain(out, app)?;
    warnings(out, app)?;
    let first = app.services.keys().next().map_or("SERVICE", Name::as_str);
    writeln!(out, "\n{} sea plan --explain {first}   where each value comes from", paint(HINT, "next"))
}

fn counts(app: &App) -> String {
    let count = |number: usize, word: &str| {
        (number > 0).then(|| format!("{number} {word}{}", if number == 1 { "" } else { "s" }))
    };
    let parts = [
        count(app.services.len(), "service"),
        count(app.resources.len(), "resource"),
        count(app.jobs.len(), "job"),
        count(app.warnings.len(), "warning"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn services(out: &mut dyn Write, app: &App, app_name: &str) -> io::Result<()> {
    for (name, service) in &app.services {
        let kind = service.kind.get().map_or("service", |kind| kind.as_str());
        writeln!(out, "\n{}  {}  {}", paint(HEADING, name.as_str()), kind, paint(DIM, &made_of(service)))?;
        let mut table = Table::new(&[DIM, anstyle::Style::new(), DIM]);
        let mut line = |label: &str, text: Option<String>, note: String| {
            if let Some(text) = text {
                table.row([label.to_owned(), text, note]);
            }
        };
        let command = |field: &Field<String>| (field.get().cloned(), doubt(field));
        line("path", Some(service.path().to_owned()), String::new());
        for (label, field) in [
            ("install", &service.install),
            ("build", &service.build),
            ("dev", &service.dev),
            ("start", &service.start),
            ("test", &service.test),
        ] {
            let (text, note) = command(field);
            line(label, text, note);
        }
        line("serves", service.static_dir.get().cloned(), doubt(&service.static_dir));
        line("port", service.port.get().map(|port| port_text(*port, service)), doubt(&service.port));
        if matches!(service.kind.get(), Some(Kind::Web | Kind::Static)) {
            let route = service.route.get().map(|route| format!("  and at {route}")).unwrap_or_default();
            line("url", Some(format!("http://{name}.{app_name}.localhost{route}")), String::new());
        }
        line("ready", service.readiness.get().map(probe_text), doubt(&service.readiness));
        line("alive", service.liveness.get().map(probe_text), doubt(&service.liveness));
        let needs: Vec<&str> = service.depends_on.keys().map(Name::as_str).collect();
        line("needs", (!needs.is_empty()).then(|| needs.join(", ")), String::new());
        if !service.env.is_empty() {
            let secrets = service.env.values().filter(|variable| variable.secret).count();
            let note = if secrets > 0 { format!(", {secrets} secret") } else { String::new() };
            line("env", Some(format!("{} variables{note}", service.env.len())), String::new());
        }
        table.write(out)?;
    }
    Ok(())
}

fn made_of(service: &Service) -> String {
    let runtime = service.runtime.get().map(ToString::to_string);
    let parts = [
        service.framework.get().cloned(),
        service.language.get().cloned(),
        runtime,
        service.package_manager.get().cloned(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What a person should know about a value before relying on it.
fn doubt<T>(field: &Field<T>) -> String {
    match field.origin() {
        Some(origin) if origin.confidence == Confidence::Low => format!("a guess: {}", origin.rule),
        _ => String::new(),
    }
}

fn port_text(port: u16, service: &Service) -> String {
    match service.port_setting.get() {
        Some(PortSetting::Fixed) | None => port.to_string(),
        Some(setting) => format!("{port}, set by {setting}"),
    }
}

fn probe_text(probe: &Probe) -> String {
    match &probe.action {
        ProbeAction::Http(path) => format!("GET {path}"),
        ProbeAction::Tcp(0) => "its port accepts".to_owned(),
        ProbeAction::Tcp(port) => format!("port {port} accepts"),
        ProbeAction::Exec(command) => command.clone(),
        ProbeAction::Log(pattern) => format!("log line {pattern}"),
    }
}

fn resources(out: &mut dyn Write, app: &App) -> io::Result<()> {
    if app.resources.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(HEADING, "resources"))?;
    let mut table = Table::new(&[NAME, anstyle::Style::new(), DIM]);
    for (name, resource) in &app.resources {
        let kind = resource.r#type.get().map_or("", String::as_str);
        let what = match (kind, resource.image.get(), resource.version.get()) {
            ("container", Some(image), _) => image.clone(),
            (kind, _, Some(version)) => format!("{kind} {version}"),
            (kind, _, None) => kind.to_owned(),
        };
        let users: Vec<&str> = app.users_of(name).map(Name::as_str).collect();
        let users = if users.is_empty() {
            "used by nothing that was found".to_owned()
        } else {
            format!("for {}", users.join(", "))
        };
        table.row([name.to_string(), what, users]);
    }
    table.write(out)
}

fn jobs(out: &mut dyn Write, app: &App) -> io::Result<()> {
    if app.jobs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(HEADING, "jobs"))?;
    let mut table = Table::new(&[NAME, anstyle::Style::new(), DIM]);
    for (name, job) in &app.jobs {
        let when = match (job.schedule.get(), job.on.get()) {
            (Some(schedule), _) => schedule.clone(),
            (None, Some(trigger)) => format!("on {}", trigger.as_str()),
            (None, None) => String::new(),
        };
        let place = job.path.get().map(|path| format!("in {path}")).unwrap_or_default();
        table.row([
            name.to_string(),
            job.run.get().cloned().unwrap_or_default(),
            format!("{when} {place}").trim().to_owned(),
        ]);
    }
    table.write(out)
}

fn order(out: &mut dyn Write, app: &App) -> io::Result<()> {
    let order = start_order(app);
    if order.waves.len() < 2 {
        return Ok(());
    }
    let waves: Vec<String> =
        order.waves.iter().map(|wave| wave.iter().map(Name::as_str).collect::<Vec<_>>().join(" ")).collect();
    writeln!(out, "\n{}\n  {}", paint(HEADING, "start order"), waves.join("  →  "))
}

/// Variables that somebody has to fill in.
fn required(out: &mut dyn Write, app: &App) -> io::Result<()> {
    let mut table = Table::new(&[NAME, anstyle::Style::new(), DIM]);
    let mut count = 0;
    for (service, known) in &app.services {
        for (name, variable) in &known.env {
            if variable.required && variable.value.get().is_none() && variable.default.get().is_none() {
                let sort = if variable.secret { "secret" } else { "value" };
                let place =
                    variable.used_at.first().map(|place| format!("read at {place}")).unwrap_or_default();
                count += 1;
                table.row([format!("{service}.{name}"), sort.to_owned(), place]);
            }
        }
    }
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(HEADING, "must be given"))?;
    table.write(out)
}

/// What is missing for a service to run, or only guessed.
fn uncertain(out: &mut dyn Write, app: &App) -> io::Result<()> {
    let mut lines = Vec::new();
    for (name, service) in &app.services {
        let runs = service.start.get().is_some()
            || service.dev.get().is_some()
            || service.static_dir.get().is_some();
        if !runs {
            lines.push(format!("how to start {name} is not known: set services.{name}.start"));
        }
        if service.kind.get() == Some(&Kind::Web) && service.port.get().is_none() {
            lines.push(format!("the port of {name} is not known: set services.{name}.port"));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(HEADING, "uncertain"))?;
    lines.into_iter().try_for_each(|line| writeln!(out, "  {line}"))
}

fn warnings(out: &mut dyn Write, app: &App) -> io::Result<()> {
    if app.warnings.is_empty() {
        return Ok(());
    }
    let mut warnings: Vec<_> = app.warnings.iter().collect();
    warnings.sort();
    warnings.dedup();
    writeln!(out, "\n{}", paint(HEADING, "warnings"))?;
    for warning in warnings {
        writeln!(out, "  {}  {}", paint(WARNING, &warning.code), warning.message)?;
        for place in warning.places.iter().take(4) {
            writeln!(out, "    {}", paint(DIM, &place.to_string()))?;
        }
        if warning.places.len() > 4 {
            writeln!(out, "    {}", paint(DIM, &format!("and {} more places", warning.places.len() - 4)))?;
        }
    }
    Ok(())
}

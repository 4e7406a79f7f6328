//! The steps of an app, from its model. Pure: the same model gives the same steps.

use std::collections::BTreeMap;

use seaworthy_model::placeholder::Template;
use seaworthy_model::{App, Kind, Name, Service};

use super::step::{Action, Inputs, Keep, Output, Stage, Step, StepId};
use super::{adjust, testing};
use crate::Error;

/// Files that name what only developers need, for package managers that do not install it by themselves.
const DEV_REQUIREMENTS: [&str; 6] = [
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements-test.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
];

/// Folders that builds write, where the model does not say which.
const BUILT: [&str; 7] = ["dist", "build", "out", ".next", ".output", ".nuxt", "public/build"];

/// What a scan looks for. Secrets in what is built later are looked for when it is packaged.
const SCANNED: [&str; 4] = ["--category", "supply-chain", "--category", "secrets"];

/// The steps of `app`, each after those that it needs. `workspaces` names the folder in which the dependencies of a service
/// are installed; `read` reads a file of the repository.
///
/// # Errors
/// When steps wait for one another, as the project says.
pub fn derive(
    app: &App,
    workspaces: &BTreeMap<Name, String>,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Step>, Error> {
    let has = &|path: &str| read(path).is_some();
    let mut steps: Vec<Step> = Vec::new();
    let mut owners: BTreeMap<(String, String), StepId> = BTreeMap::new();
    for (name, service) in &app.services {
        let workspace = workspaces.get(name).map_or_else(|| service.path().to_owned(), Clone::clone);
        let part = Part { name, service, workspace };
        let Some(install) = part.install(has) else { continue };
        // Services of one workspace share its install; it has the name of the first of them.
        let key = (install.folder.clone(), install.action.to_string());
        if let Some(owner) = owners.get(&key) {
            if let Some(step) = steps.iter_mut().find(|step| step.id == *owner) {
                step.services.push(name.clone());
                step.env.extend(install.env);
            }
        } else {
            owners.insert(key, install.id.clone());
            steps.push(install);
        }
    }
    let installs: BTreeMap<Name, StepId> = steps
        .iter()
        .flat_map(|step| step.services.iter().map(|name| (name.clone(), step.id.clone())))
        .collect();
    for stage in [Stage::Lint, Stage::Test, Stage::Build] {
        if stage == Stage::Build {
            steps.extend([rules(Stage::Check, &[]), rules(Stage::Scan, &SCANNED)]);
        }
        for (name, service) in &app.services {
            let command = match stage {
                Stage::Lint => service.lint.get(),
                Stage::Test => service.test.get(),
                _ => service.build.get(),
            };
            let Some(command) = command else { continue };
            let workspace = workspaces.get(name).map_or_else(|| service.path().to_owned(), Clone::clone);
            let part = Part { name, service, workspace };
            let needs = installs.get(name).cloned().into_iter().collect();
            steps.push(part.step(stage, command, needs));
        }
    }
    let mut steps = adjust::adjust(steps, app, workspaces)?;
    for step in &mut steps {
        let Action::Shell(line) = &step.action else { continue };
        if step.stage == Stage::Test {
            let service = step.services.first().and_then(|name| app.services.get(name));
            let runtime = service.and_then(|service| service.runtime.get());
            step.tests = testing::recognise(line, &step.folder, runtime, read);
        }
    }
    Ok(steps)
}

/// The rules, over the whole app: all of them, or those that arguments choose.
fn rules(stage: Stage, arguments: &[&'static str]) -> Step {
    let action = Action::Sea([&["check", "."], arguments].concat());
    Step::new(StepId::whole(stage), stage, action, Inputs::Everything)
}

/// A service, as far as steps need it.
pub(super) struct Part<'a> {
    pub(super) name: &'a Name,
    pub(super) service: &'a Service,
    pub(super) workspace: String,
}

impl Part<'_> {
    fn install(&self, has: &dyn Fn(&str) -> bool) -> Option<Step> {
        let command = self.service.install.get()?;
        let manager = self.service.package_manager.get().map_or("", String::as_str);
        let mut command = command.clone();
        if manager == "pip" && command.contains("-r requirements") {
            let dev = DEV_REQUIREMENTS.iter().find(|file| has(&join(&self.workspace, file)));
            if let Some(file) = dev.filter(|file| !command.contains(**file)) {
                command = format!("{command} -r {file}");
            }
        }
        let folder = |name: &str| Output { path: join(&self.workspace, name), keep: Keep::Presence };
        let outputs = match manager {
            "npm" | "pnpm" | "yarn" | "bun" => vec![folder("node_modules")],
            "pip" | "uv" | "poetry" | "pdm" | "pipenv" | "hatch" | "rye" => vec![folder(".venv")],
            "composer" => vec![folder("vendor")],
            _ => Vec::new(),
        };
        let inputs = Inputs::Manifests(self.workspace.clone());
        Some(Step {
            services: vec![self.name.clone()],
            folder: self.workspace.clone(),
            outputs,
            ..Step::new(StepId::of(self.name, Stage::Install), Stage::Install, Action::Shell(command), inputs)
        })
    }

    pub(super) fn step(&self, stage: Stage, command: &str, needs: Vec<StepId>) -> Step {
        let folder = self.service.path().to_owned();
        let mut values = BTreeMap::new();
        for (key, variable) in &self.service.env {
            // What runs beside a service is not there when it is tested: its address is nothing to say here.
            let literal = variable.value.get().filter(|_| !variable.secret).and_then(|value| {
                let template = Template::parse(value).ok()?;
                template.placeholders().next().is_none().then(|| template.to_string())
            });
            values.extend(literal.map(|literal| (key.clone(), literal)));
        }
        let secrets =
            self.service.env.iter().filter(|(_, variable)| variable.secret).map(|(key, _)| key.clone());
        let inputs = Inputs::Folder { folder: folder.clone(), workspace: self.workspace.clone() };
        Step {
            services: vec![self.name.clone()],
            outputs: if stage == Stage::Build { self.outputs(command) } else { Vec::new() },
            folder,
            needs,
            env: self.service.env.keys().cloned().collect(),
            secrets: secrets.collect(),
            values,
            ..Step::new(StepId::of(self.name, stage), stage, Action::Shell(command.to_owned()), inputs)
        }
    }

    fn outputs(&self, command: &str) -> Vec<Output> {
        let folder = self.service.path();
        let output = |name: &str, keep| Output { path: join(folder, name.trim_end_matches('/')), keep };
        if self.service.kind.get() == Some(&Kind::Static)
            && let Some(site) = self.service.static_dir.get().filter(|site| *site != ".")
        {
            return vec![output(site, Keep::Content)];
        }
        if command.contains("cargo ") {
            return vec![Output { path: join(&self.workspace, "target"), keep: Keep::Presence }];
        }
        BUILT.iter().map(|name| output(name, Keep::Content)).collect()
    }
}

/// `folder/name`, with `.` for the root.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use seaworthy_model::{Layer, Origin};

    use super::*;

    fn service(path: &str, commands: [Option<&str>; 4]) -> Service {
        let mut service = Service::default();
        let origin = || Origin::new(Layer::Config, "test");
        service.path.propose(path.to_owned(), origin());
        service.package_manager.propose("npm".to_owned(), origin());
        let [install, lint, test, build] = commands;
        let fields = [&mut service.install, &mut service.lint, &mut service.test, &mut service.build];
        for (field, command) in fields.into_iter().zip([install, lint, test, build]) {
            if let Some(command) = command {
                field.propose(command.to_owned(), origin());
            }
        }
        service
    }

    #[test]
    fn services_of_one_workspace_share_its_install() {
        let mut app = App::default();
        let name = |text: &str| Name::parse(text).unwrap();
        app.services.insert(name("api"), service("api", [Some("npm ci"), None, Some("npm test"), None]));
        app.services.insert(
            name("web"),
            service("web", [Some("npm ci"), Some("eslint ."), None, Some("vite build")]),
        );
        let alone = derive(&app, &BTreeMap::new(), &|_| None).unwrap();
        let ids = |steps: &[Step]| steps.iter().map(|step| step.id.to_string()).collect::<Vec<_>>();
        assert_eq!(
            ids(&alone),
            ["api:install", "web:install", "web:lint", "api:test", "check", "scan", "web:build"]
        );
        let root: BTreeMap<Name, String> =
            app.services.keys().map(|name| (name.clone(), ".".to_owned())).collect();
        let shared = derive(&app, &root, &|_| None).unwrap();
        assert_eq!(ids(&shared), ["api:install", "web:lint", "api:test", "check", "scan", "web:build"]);
        let build = shared.iter().find(|step| step.id.as_str() == "web:build").unwrap();
        assert_eq!(ids(&shared[..1]), build.needs.iter().map(ToString::to_string).collect::<Vec<_>>());
    }

    #[test]
    fn tools_of_developers_are_installed_for_their_tests() {
        let mut app = App::default();
        let mut worker =
            service("worker", [Some("pip install -r requirements.txt"), None, Some("pytest"), None]);
        worker.package_manager.propose("pip".to_owned(), Origin::new(Layer::CommandLine, "test"));
        app.services.insert(Name::parse("worker").unwrap(), worker);
        let read = |path: &str| (path == "worker/requirements-dev.txt").then(String::new);
        let steps = derive(&app, &BTreeMap::new(), &read).unwrap();
        assert_eq!(steps[0].action.to_string(), "pip install -r requirements.txt -r requirements-dev.txt");
    }
}

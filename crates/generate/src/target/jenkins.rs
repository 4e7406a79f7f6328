//! A declarative Jenkinsfile whose stages are `sea` commands.

use serde::Serialize;

use crate::pipeline::{Pipeline, Reach, SEA_VERSION, install_sea, lose_download, ssh};
use crate::target::Target;
use crate::{Comment, Header, Input, Output, TemplateError};

const ID: &str = "jenkins";

pub(super) const TARGET: Target =
    Target { id: ID, title: "Jenkins: lint, test, check, build, ship", by_default: false, make };

/// What the template is told.
#[derive(Serialize)]
struct Context {
    version: &'static str,
    install: Vec<String>,
    /// Stages that wait for nothing but `sea`: title and command.
    verify: Vec<(&'static str, &'static str)>,
    builds: bool,
    ships: Vec<Ship>,
}

#[derive(Serialize)]
struct Ship {
    name: String,
    /// A person has to agree.
    asks: bool,
    /// Lines that make the environment reachable.
    ssh: Vec<String>,
    /// Names of credentials, each handed over as a variable of its name.
    credentials: Vec<String>,
}

fn make(input: &Input<'_>, output: &mut Output) -> Result<(), TemplateError> {
    let pipeline = Pipeline::of(input, ID, output);
    lose_download(ID, "among the global properties of Jenkins or of the folder", output);
    if !pipeline.runtimes.is_empty() {
        let names: Vec<&str> = pipeline.runtimes.keys().copied().collect();
        output.lose(
            ID,
            "runtimes",
            format!("what an agent has is the agent's own business, and the app needs {}", names.join(", ")),
            "give agents with these the label `sea`",
        );
    }
    let mut verify = Vec::new();
    verify.extend((!pipeline.lint.is_empty()).then_some(("Lint", "sea ci lint")));
    verify.extend((!pipeline.test.is_empty()).then_some(("Test", "sea ci test")));
    verify.push(("Check", "sea check --format sarif --output check.sarif"));
    let ships = pipeline.deliveries.iter().map(|delivery| {
        let (lost, instead) = match delivery.reach {
            Reach::Ssh => ("Jenkins has no identity for SSH but a key", "SSH_KEY and SSH_KNOWN_HOSTS"),
            Reach::Kubernetes => ("Jenkins signs no identity tokens by itself", "KUBECONFIG_TEXT"),
        };
        let mut credentials: Vec<String> = match delivery.reach {
            Reach::Ssh => vec!["SSH_KEY".to_owned(), "SSH_KNOWN_HOSTS".to_owned()],
            Reach::Kubernetes => vec!["KUBECONFIG_TEXT".to_owned()],
        };
        output.lose(
            ID,
            format!("environments.{}", delivery.name),
            lost,
            format!("keep {instead} as secret texts among the credentials, or use the plugin of your cloud"),
        );
        credentials.extend(delivery.secrets.iter().chain(&delivery.missing).cloned());
        let ssh = match delivery.reach {
            Reach::Ssh => ssh(),
            Reach::Kubernetes => vec![
                "(umask 077 && printf '%s\\n' \"$KUBECONFIG_TEXT\" > .seaworthy-kubeconfig)".to_owned(),
                "export KUBECONFIG=\"$PWD/.seaworthy-kubeconfig\"".to_owned(),
            ],
        };
        let ssh = quoted(ssh);
        Ship { name: delivery.name.to_string(), asks: delivery.after.is_some(), ssh, credentials }
    });
    let context = Context {
        version: SEA_VERSION,
        install: quoted(install_sea("$WORKSPACE_TMP/bin")),
        verify,
        builds: !pipeline.build.is_empty(),
        ships: ships.collect(),
    };
    let text = input.templates.render("jenkins/Jenkinsfile", context)?;
    output.file(&Header { target: ID, app: input.name() }, Comment::Slashes, "Jenkinsfile", &text);
    Ok(())
}

/// Lines as Groovy wants them between `'''`: it would take what follows a backslash for something else.
fn quoted(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| line.replace('\\', "\\\\")).collect()
}

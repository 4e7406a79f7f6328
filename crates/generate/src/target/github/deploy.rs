//! Jobs that ship: one for each environment, in the order of promotion. Who may let them run is said where GitHub keeps its
//! environments (required reviewers, branches).

use seaworthy_model::Name;

use super::actions::{AWS, GOOGLE};
use super::{ID, RUNNER, begin, run};
use crate::names::label;
use crate::pipeline::{Delivery, Reach, ssh};
use crate::print::Node;
use crate::{Output, node};

/// The name of the job that ships to an environment.
pub(super) fn id(environment: &Name) -> String {
    format!("ship-{}", label(environment.as_str(), 60))
}

/// The job that ships to an environment.
pub(super) fn job(delivery: &Delivery<'_>, gates: &[&str], output: &mut Output) -> Node {
    let needs: Vec<String> = match delivery.after {
        Some(after) => vec![id(after)],
        None => gates.iter().map(ToString::to_string).collect(),
    };
    let mut environment = node!({ "name": (delivery.name.as_str()) });
    if let Some(url) = &delivery.url {
        environment.set("url", url);
    }
    let mut permissions = node!({ "contents": (Node::from("read").comment("to check out the sources")) });
    let mut steps = begin("ship", true);
    match delivery.reach {
        Reach::Kubernetes => {
            permissions.set("id-token", Node::from("write").comment("to sign in to the cloud without a key"));
            steps.extend(cloud(delivery));
        }
        Reach::Ssh => {
            output.lose(
                ID,
                format!("environments.{}", delivery.name),
                "SSH knows no identity tokens: a key has to be kept",
                format!(
                    "set the secret SSH_KEY and the variable SSH_KNOWN_HOSTS of the environment {} on GitHub",
                    delivery.name
                ),
            );
            let mut step = run("Set up SSH", &(ssh().join("\n") + "\n"));
            step.set(
                "env",
                node!({ "SSH_KEY": "${{ secrets.SSH_KEY }}", "SSH_KNOWN_HOSTS": "${{ vars.SSH_KNOWN_HOSTS }}" }),
            );
            steps.push(step);
        }
    }
    let mut ship = run("Ship", &format!("sea ship --env {}", delivery.name));
    let secrets = delivery.secrets.iter().map(|name| (name.clone(), format!("${{{{ secrets.{name} }}}}")));
    let missing = delivery.missing.iter().map(|name| (name.clone(), format!("${{{{ vars.{name} }}}}")));
    let env = Node::Map(secrets.chain(missing).map(|(name, value)| (name, Node::from(value))).collect());
    if let Some(env) = env.filled() {
        ship.set("env", env);
    }
    steps.push(ship);
    node!({
        "name": (format!("Ship to {}", delivery.name)),
        "needs": (Node::flow(needs)),
        "if": "github.event_name == 'push' && github.ref_name == github.event.repository.default_branch",
        "runs-on": RUNNER,
        "timeout-minutes": 60,
        "environment": environment,
        // Two releases never run into each other; a newer one waits.
        "concurrency": { "group": (id(delivery.name)), "cancel-in-progress": false },
        "permissions": permissions,
        "steps": steps,
    })
}

/// Signs in to the cloud that the environment's variables name, and finds the cluster there.
fn cloud(delivery: &Delivery<'_>) -> Vec<Node> {
    let context = delivery.environment.context.get().map_or("sea", String::as_str);
    vec![
        node!({
            "name": "Sign in to AWS",
            "if": "vars.AWS_ROLE != ''",
            "uses": (AWS.uses()),
            "with": { "role-to-assume": "${{ vars.AWS_ROLE }}", "aws-region": "${{ vars.AWS_REGION }}" },
        }),
        node!({
            "name": "Find the cluster on AWS",
            "if": "vars.AWS_ROLE != ''",
            "run": "aws eks update-kubeconfig --name \"$CLUSTER\" --alias \"$CONTEXT\"",
            "env": { "CLUSTER": "${{ vars.CLUSTER }}", "CONTEXT": context },
        }),
        node!({
            "name": "Sign in to Google Cloud",
            "if": "vars.GOOGLE_IDENTITY_PROVIDER != ''",
            "uses": (GOOGLE.uses()),
            "with": {
                "workload_identity_provider": "${{ vars.GOOGLE_IDENTITY_PROVIDER }}",
                "service_account": "${{ vars.GOOGLE_SERVICE_ACCOUNT }}",
            },
        }),
        node!({
            "name": "Find the cluster on Google Cloud",
            "if": "vars.GOOGLE_IDENTITY_PROVIDER != ''",
            "run": "gcloud container clusters get-credentials \"$CLUSTER\" --location \"$LOCATION\"\nkubectl config rename-context \"$(kubectl config current-context)\" \"$CONTEXT\"\n",
            "env": {
                "CLUSTER": "${{ vars.CLUSTER }}",
                "LOCATION": "${{ vars.GOOGLE_LOCATION }}",
                "CONTEXT": context,
            },
        }),
    ]
}

//! What the engine of an environment can do with its other values, and strategies that lead nowhere.

use crate::quantity::Percent;
use crate::{App, EngineKind, Environment, Evidence, Name, Strategy};

use super::{Problem, ValidationContext};

pub(super) fn check(app: &App, context: &ValidationContext<'_>, problems: &mut Vec<Problem>) {
    for (name, environment) in &app.environments {
        engine(name, environment, context, problems);
        if let Some(strategy) = environment.strategy.winner()
            && let Strategy::Canary { steps, .. } = &strategy.value
        {
            canary(name, steps, strategy, context, problems);
        }
    }
}

fn engine(
    name: &Name,
    environment: &Environment,
    context: &ValidationContext<'_>,
    problems: &mut Vec<Problem>,
) {
    let engine = environment.engine.winner();
    let kind = engine.map_or(EngineKind::Host, |engine| engine.value);
    if kind == EngineKind::Kubernetes {
        if let Some(host) = environment.host.winner() {
            let mut problem = Problem::error(
                "host-on-kubernetes",
                format!("`{name}` runs on Kubernetes and names a `host`"),
            )
            .at(context.site(&host.origin, ""));
            if let Some(engine) = engine {
                problem = problem.at(context.site(&engine.origin, "its engine"));
            }
            problems.push(
                problem
                    .note("a cluster is chosen by its kubeconfig context")
                    .help("replace `host` with `context = \"...\"`, or write `engine = \"host\"`".to_owned()),
            );
        }
        return;
    }
    for (key, field) in [("context", &environment.context), ("namespace", &environment.namespace)] {
        let Some(said) = field.winner() else { continue };
        let mut problem = Problem::warning(
            "kubernetes-only",
            format!("`{name}` runs on a host, where `{key}` means nothing"),
        )
        .at(context.site(&said.origin, ""));
        if let Some(engine) = engine {
            problem = problem.at(context.site(&engine.origin, "its engine"));
        }
        problems.push(problem.help(format!("write `engine = \"kubernetes\"`, or delete `{key}`")));
    }
}

/// The steps rise, from above 0 % to 100 %.
fn canary(
    name: &Name,
    steps: &[Percent],
    strategy: &Evidence<Strategy>,
    context: &ValidationContext<'_>,
    problems: &mut Vec<Problem>,
) {
    let at = |index: usize| context.below(&strategy.origin, &format!("canary.{index}"), "");
    let mut sorted = steps.to_vec();
    sorted.retain(|step| step.as_fraction() > 0.0);
    sorted.push(Percent::HUNDRED);
    sorted.sort();
    sorted.dedup();
    let written: Vec<_> = sorted.iter().map(|step| format!("\"{step}\"")).collect();
    let help = format!("write `canary = [{}]`", written.join(", "));
    if steps.is_empty() {
        problems.push(
            Problem::error("canary-steps", format!("the canary of `{name}` has no steps"))
                .at(context.below(&strategy.origin, "canary", ""))
                .help("write `canary = [\"10%\", \"50%\", \"100%\"]`".to_owned()),
        );
        return;
    }
    if steps[0].as_fraction() <= 0.0 {
        problems.push(
            Problem::error("canary-steps", format!("the canary of `{name}` begins with no traffic at all"))
                .at(at(0))
                .help(help.clone()),
        );
    }
    for (index, pair) in steps.windows(2).enumerate() {
        if pair[1] <= pair[0] {
            let message = format!("the canary of `{name}` does not rise from {} to {}", pair[0], pair[1]);
            problems.push(Problem::error("canary-steps", message).at(at(index + 1)).help(help.clone()));
        }
    }
    if steps.last() != Some(&Percent::HUNDRED) {
        problems.push(
            Problem::error("canary-steps", format!("the canary of `{name}` does not end at 100%"))
                .at(at(steps.len() - 1))
                .note("the new release would never have all of the traffic")
                .help(help),
        );
    }
}

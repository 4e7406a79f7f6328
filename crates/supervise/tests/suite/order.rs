//! Starting in the order of what is needed, stopping in the reverse.

use std::fs;

use seaworthy_model::{Condition, ProbeAction};
use seaworthy_supervise::machine::{Phase, Restart};
use seaworthy_supervise::supervisor::GraphError;

use crate::field::{Field, block_on, need, probe};

#[test]
fn each_condition_is_waited_for() {
    block_on(async {
        let field = Field::new();
        let mut job = field.define("job", "sleep 0.2; echo job >> order");
        job.restart = Restart::Never;
        let mut db = field.define("db", "sleep 0.2; echo db >> order; echo accepting; sleep 60");
        db.readiness = probe(ProbeAction::Log("^accepting$".to_owned()));
        db.needs = need("job", Condition::ServiceCompletedSuccessfully);
        let mut api = field.define("api", "echo api >> order; sleep 60");
        api.needs = need("db", Condition::ServiceHealthy);
        let mut web = field.define("web", "echo web >> order; sleep 60");
        web.needs = need("api", Condition::ServiceStarted);
        field.start(vec![web, api, db, job]);
        field.until_phase("web", Phase::Ready).await;
        crate::field::until("web wrote", || fs::read_to_string(field.path("order")).unwrap().contains("web"))
            .await;
        assert_eq!(fs::read_to_string(field.path("order")).unwrap(), "job\ndb\napi\nweb\n");
        field.end().await;
    });
}

#[test]
fn what_does_not_depend_on_each_other_starts_together() {
    block_on(async {
        let field = Field::new();
        // Each waits for the other: one after the other would never end.
        let meet = |own: &str, other: &str| {
            format!("touch {own}; until [ -e {other} ]; do sleep 0.01; done; echo met")
        };
        let mut definitions = vec![field.define("a", &meet("a", "b")), field.define("b", &meet("b", "a"))];
        for definition in &mut definitions {
            definition.restart = Restart::Never;
        }
        field.start(definitions);
        field.until_phase("a", Phase::Completed).await;
        field.until_phase("b", Phase::Completed).await;
        field.end().await;
    });
}

#[test]
fn a_failed_dependency_is_named_and_its_dependents_start_once_it_is_well() {
    block_on(async {
        let field = Field::new();
        let mut job = field.define("job", "test -e allowed");
        job.restart = Restart::Never;
        let mut api = field.define("api", "sleep 60");
        api.needs = need("job", Condition::ServiceCompletedSuccessfully);
        field.start(vec![job, api]);
        field.until("api", |status| status.detail == "waits for job (failed)").await;
        fs::write(field.path("allowed"), "").unwrap();
        field.supervisor.start("job").unwrap();
        field.until_phase("api", Phase::Ready).await;
        field.end().await;
    });
}

#[test]
fn circles_are_refused_and_nothing_is_added() {
    block_on(async {
        let field = Field::new();
        let mut a = field.define("a", "sleep 60");
        a.needs = need("b", Condition::ServiceStarted);
        let mut b = field.define("b", "sleep 60");
        b.needs = need("a", Condition::ServiceStarted);
        assert_eq!(
            field.supervisor.add(vec![a, b]),
            Err(GraphError::Circle(vec!["a".to_owned(), "b".to_owned()]))
        );
        assert!(field.supervisor.names().is_empty());
        field.end().await;
    });
}

#[test]
fn dependents_stop_before_what_they_need() {
    block_on(async {
        let field = Field::new();
        let script = |name: &str| {
            format!(
                "trap 'sleep 0.1; echo {name} >> order; exit 0' TERM; echo up; while :; do sleep 0.01; done"
            )
        };
        let mut definitions = Vec::new();
        for (name, needs) in [("db", None), ("api", Some("db")), ("web", Some("api"))] {
            let mut definition = field.define(name, &script(name));
            definition.readiness = probe(ProbeAction::Log("up".to_owned()));
            definition.needs = needs.map_or_else(Vec::new, |name| need(name, Condition::ServiceHealthy));
            definitions.push(definition);
        }
        field.start(definitions);
        field.until_phase("web", Phase::Ready).await;
        let order = field.path("order");
        field.supervisor.shut_down().await;
        assert_eq!(fs::read_to_string(order).unwrap(), "web\napi\ndb\n");
        field.end().await;
    });
}

#[test]
fn a_new_definition_is_used_from_the_next_start_on() {
    block_on(async {
        let field = Field::new();
        field.start(vec![field.define("api", "echo one; sleep 60")]);
        field.until_phase("api", Phase::Ready).await;
        field.supervisor.add(vec![field.define("api", "echo two; sleep 60")]).unwrap();
        field.supervisor.restart("api").unwrap();
        crate::field::until("the new one wrote", || field.log("api").contains(&"stdout two".to_owned()))
            .await;
        field.supervisor.remove("api").await;
        assert!(field.supervisor.names().is_empty());
        field.end().await;
    });
}

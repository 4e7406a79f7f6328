//! The machine is restarted.

use std::collections::BTreeSet;

use crate::client::Client;
use crate::machine::Machine;
use crate::visitor::{Visitor, ask};

#[test]
fn after_a_restart_of_the_machine_the_last_promoted_release_serves_and_no_canary() {
    let Some(mut machine) = Machine::boot() else { return };
    let client = Client::new(&machine, "root", "strategy = { canary = [\"50%\", \"100%\"], watch = \"1m\" }");
    client.ship();
    machine.run("/var/lib/seaworthy/bin/sea serve --install --http 80 --public");

    // Without visitors there would be no canary.
    let visitor = Visitor::comes(machine.http);
    machine.until("visitors", || visitor.requests() > 100);
    client.commit("two");
    let mut ship = client.start_to_ship();
    machine.until("a canary with a share", || {
        let rollout = client.rollout();
        rollout["done"] == true && rollout["state"].as_str().is_some_and(|state| state.starts_with("canary"))
    });
    machine.until("the canary is seen", || ask(machine.http).is_ok_and(|answer| answer.word == "two"));
    let words: BTreeSet<String> = visitor.goes().into_iter().map(|answer| answer.word).collect();
    assert_eq!(words, ["one".to_owned(), "two".to_owned()].into());

    machine.restart();
    assert!(!ship.wait().unwrap().success(), "the connection that watched it is gone");
    assert_eq!(machine.unit("ActiveState"), "active");
    let visitor = Visitor::comes(machine.http);
    machine.until("the canary is taken back", || client.rollout().is_null());
    machine.until("visitors", || visitor.requests() > 20);
    let answers = visitor.goes();
    assert!(answers.iter().all(|answer| answer.word == "one") && answers.len() == 1, "{answers:?}");
    assert_eq!(client.status()["environments"][0]["instances"].as_array().map(Vec::len), Some(1));

    // One that is promoted serves after the next restart, though it is watched still.
    client.commit("three");
    let shipped = client.sea(&["ship", "--env", "production", "--strategy", "blue-green"]);
    assert_eq!(shipped.code, 0, "{shipped:?}");
    assert_eq!(ask(machine.http).unwrap().word, "three");
    machine.restart();
    assert_eq!(ask(machine.http).unwrap().word, "three");
}

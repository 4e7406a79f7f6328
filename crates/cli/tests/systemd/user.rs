//! A host whose apps belong to somebody else than root.

use crate::client::Client;
use crate::machine::Machine;
use crate::visitor::{Visitor, ask};

/// What an administrator does before: a user who may come in with the same key.
const USER: &str =
    "useradd --create-home --shell /bin/bash deploy; cp -r ~/.ssh ~deploy/; chown -R deploy: ~deploy/.ssh";

#[test]
fn a_unit_serves_the_state_of_the_user_who_ships_there_as_that_user() {
    let Some(mut machine) = Machine::boot() else { return };
    machine.run(USER);
    let client = Client::new(&machine, "deploy", "strategy = { type = \"blue-green\", watch = \"1s\" }");
    client.ship();
    let before = client.status()["environments"][0]["instances"][0]["pid"].clone();

    // As `sudo` would have it: nothing of the user is there but the program.
    let said = machine.run(
        "env --ignore-environment PATH=$PATH ~deploy/.local/state/seaworthy/bin/sea serve --install --http 80 --public",
    );
    assert!(said.contains("serving on http://localhost:80"), "{said}");
    let app = ask(machine.http).unwrap();
    assert_eq!((app.home.as_str(), app.pid.to_string()), ("/home/deploy", before.to_string()));
    assert_eq!(machine.run("systemd-analyze verify seaworthy.service"), "");
    assert_eq!(machine.run("ps -o user= -p $(systemctl show -P MainPID seaworthy)"), "deploy");
    assert!(!machine.attempt("test -e /var/lib/seaworthy").0, "nothing of root's is there");

    let visitor = Visitor::comes(machine.http);
    machine.run("systemctl restart seaworthy");
    machine.until("visitors", || visitor.requests() > 20);
    assert_eq!(visitor.goes(), [app].into());

    machine.restart();
    let app = ask(machine.http).unwrap();
    assert_eq!((app.word.as_str(), app.home.as_str()), ("one", "/home/deploy"));
    assert_eq!(machine.run(&format!("ps -o user= -p {}", app.pid)), "deploy");
}

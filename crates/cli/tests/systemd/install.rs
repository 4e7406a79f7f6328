//! A host is handed over to systemd, and its control process replaced in every way, while people use it.

use crate::client::{Client, SECRET};
use crate::machine::Machine;
use crate::visitor::{Visitor, ask};

/// Whom the last release left running is stopped soon, so that what runs can be told apart.
const STRATEGY: &str = "strategy = { type = \"blue-green\", watch = \"1s\" }";

/// What asks the app from inside, as long as nobody outside may.
const INSIDE: &str = "python3 -c \"import urllib.request as r; print(r.urlopen(r.Request('http://127.0.0.1:8080/', \
                      headers={'Host': 'production.shop.localhost'})).read().decode())\"";

/// What a person types over there.
const SEA: &str = "/var/lib/seaworthy/bin/sea";

#[test]
fn systemd_takes_a_host_over_and_replaces_its_control_process_unnoticed() {
    let Some(machine) = Machine::boot() else { return };
    let client = Client::new(&machine, "root", STRATEGY);
    let first = client.ship();
    assert!(first.err.contains("copying sea to ssh://"), "{first:?}");
    let inside = machine.run(INSIDE);
    assert!(inside.starts_with("one "), "{inside}");

    // It answered on loopback, and is to be reached at port 80 from now on.
    let said = machine.run(&format!("{SEA} serve --install --http 80 --public"));
    assert!(said.contains("wrote /etc/systemd/system/seaworthy.service"), "{said}");
    let app = ask(machine.http).unwrap();
    assert_eq!(format!("{} {} {}", app.word, app.pid, app.home), inside, "another process than before");
    assert_eq!(machine.run("systemd-analyze verify seaworthy.service"), "");
    assert_eq!(
        machine.run("systemctl is-active seaworthy; systemctl is-enabled seaworthy"),
        "active\nenabled"
    );
    assert!(!machine.attempt(INSIDE).0, "the port before is given up");

    // The control process is replaced: by systemd, by a kill, by a newer unit, after it was gone for a while.
    let visitor = Visitor::comes(machine.http);
    machine.run("systemctl restart seaworthy");
    machine.run("systemctl kill --kill-who main --signal KILL seaworthy");
    machine.until("systemd starts it again", || machine.unit("NRestarts") == "1");
    machine.until("it serves", || machine.unit("ActiveState") == "active");
    machine.run(&format!("{SEA} serve --install --http 80 --public"));
    machine.run("systemctl stop seaworthy");
    assert_eq!(machine.unit("ActiveState"), "inactive");
    assert_eq!(ask(machine.http).as_ref(), Ok(&app), "apps outlive the unit");
    assert_eq!(visitor.goes(), [app].into());

    // The next ship has systemd start it, and not one beside it.
    client.commit("two");
    client.ship();
    assert_eq!(machine.unit("ActiveState"), "active");
    let served = client.status()["pid"].to_string();
    assert_eq!(machine.unit("MainPID"), served);
    let two = ask(machine.http).unwrap();
    // A process that systemd started finds its home as one that came over SSH does.
    assert_eq!((two.word.as_str(), two.home.as_str()), ("two", "/root"));

    let journal = machine.journal();
    assert!(journal.contains("serving on http://localhost:80"), "{journal}");
    assert!(!journal.contains("error"), "{journal}");
    let logs = client.sea(&["logs", "--env", "production", "web"]);
    assert!(logs.out.contains("a passphrase of"), "{logs:?}");
    for said in [journal, machine.run("journalctl --no-pager"), logs.out] {
        assert!(!said.contains(SECRET), "{said}");
    }

    // Whoever kills all that the unit started gets all of it back.
    machine.run("systemctl kill --signal KILL seaworthy");
    machine.until("the app is back", || ask(machine.http).is_ok_and(|answer| answer.pid != two.pid));
    assert_eq!(ask(machine.http).unwrap().word, "two");

    // Everything is stopped, and systemd does not start it again before the machine does.
    machine.run(&format!("{SEA} serve --stop"));
    assert_eq!(machine.run("systemctl is-active seaworthy; true"), "inactive");
    assert!(ask(machine.http).is_err());
    assert_eq!(machine.run("pgrep -f server.py; true"), "");
}

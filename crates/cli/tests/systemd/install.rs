//! A host is handed over to systemd, and its control process replaced in every way, while people use it.

use crate::client::{Client, SECRET};
use crate::machine::Machine;
use crate::visitor::{Visitor, ask};

/// Whom the last release left running is stopped soon, so that what runs can be told apart.
const STRATEGY: &str = "strategy = { type = \"blue-green\", watch = \"1s\" }";

/// What asks the app from inside, as long as nobody outside may.
const INSIDE: &str = "python3 -c \"import urllib.request as r; print(r.urlopen(r.Request('http://127.0.0.1:8080/', \
                      headers={'Host': 'production.shop.localhost'})).read().decode())\"";

#[test]
fn systemd_takes_a_host_over_and_replaces_its_control_process_unnoticed() {
    let Some(machine) = Machine::boot() else { return };
    let client = Client::new(&machine, STRATEGY);
    let first = client.ship();
    assert!(first.err.contains("copying sea to ssh://"), "{first:?}");
    let inside = machine.run(INSIDE);
    assert!(inside.starts_with("one "), "{inside}");

    // It answered on loopback, and is to be reached at port 80 from now on.
    let said = machine.run("/var/lib/seaworthy/bin/sea serve --install --http 80 --public");
    eprintln!("{said}");
    machine.until("the unit serves", || machine.unit("ActiveState") == "active" && ask(machine.http).is_ok());
    let app = ask(machine.http).unwrap();
    assert_eq!(format!("{} {} {}", app.word, app.pid, app.home), inside);
    let verified = machine.run("systemd-analyze verify seaworthy.service");
    assert_eq!(verified, "");
    eprintln!("{}", machine.journal());
    eprintln!(
        "{}",
        machine.run("systemctl status seaworthy --no-pager; systemctl cat seaworthy --no-pager; ps axf")
    );
    assert!(!machine.journal().contains(SECRET));
}

//! What does not, and what is said about it.

use crate::host::{Host, Run};

#[track_caller]
fn refused(run: &Run, code: &str, next: &str) {
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains(&format!("error[{code}]")), "{run:?}");
    assert!(run.stderr.contains("  next: ") && run.stderr.contains(next), "{run:?}");
}

#[test]
fn a_host_that_cannot_be_entered_is_told_apart() {
    let host = Host::start();
    let ship = || host.sea(&["ship"]);

    host.use_key("other_key");
    refused(&ship(), "ssh-key-refused", "ssh-copy-id");
    host.use_key("user_key");

    host.know("other_key");
    refused(&ship(), "ssh-host-key-changed", "ssh-keygen -R '[127.0.0.1]:");
    std::fs::write(host.path().join("known_hosts"), "").unwrap();
    refused(&ship(), "ssh-host-key-unknown", "fingerprint");
    host.know("host_key");

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    host.configure(&format!("ssh://nobody@127.0.0.1:{closed}"));
    refused(&ship(), "ssh-unreachable", "ssh -v -p");
    host.configure(&host.address());

    refused(&host.sea_by("/no/such/ssh", &["ship"]), "ssh-program", "SEA_SSH");
    assert!(!host.state().exists(), "nothing of this wrote there");
}

#[test]
fn a_host_of_another_kind_or_time_is_told() {
    let host = Host::start();
    // A machine like this one but for what it says about itself.
    let other = host.script(&format!("{} \"$@\" | sed -u 's/^machine .*/machine riscv64/'", host.ssh()));
    refused(&host.sea_by(&other, &["ship"]), "ssh-machine", "build `sea`");
    let late = host.script(&format!(
        "{} \"$@\" | sed -u 's/^time .*/time 1000000000/;s/^machine .*/machine s390x/'",
        host.ssh()
    ));
    let run = host.sea_by(&late, &["ship"]);
    assert!(run.stderr.contains("warning: the clock of ssh://") && run.stderr.contains("set-ntp"), "{run:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let host = Host::start();
    // A file is in the way, which keeps root out as well.
    std::fs::write(host.path().join("file"), "").unwrap();
    let state = host.path().join("file/state").display().to_string();
    refused(&host.sea(&["ship", "--state", &state]), "ssh-not-writable", "--state DIR");
}

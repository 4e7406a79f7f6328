//! What works.

use crate::host::Host;

#[test]
fn a_release_is_shipped_watched_asked_and_rolled_back() {
    let host = Host::start();
    let first = host.sea(&["ship"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stderr.contains("copying sea to ssh://"), "{first:?}");
    assert!(first.stderr.contains("sending the release to ssh://"), "{first:?}");
    assert_eq!(host.get(), "one");
    // It is over there, and nothing is here.
    assert!(host.state().join("bin/sea").exists());
    assert!(!host.path().join("own").exists());
    assert!(host.app().join(".seaworthy/store").is_dir());

    host.commit("two");
    let second = host.sea(&["ship", "--strategy", "blue-green"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(!second.stderr.contains("copying sea"), "it is there already: {second:?}");
    assert_eq!(host.get(), "two");
    let again = host.sea(&["ship"]);
    assert!(again.code == 0 && again.stdout.contains("serves production"), "{again:?}");

    let history = host.sea(&["history", "--env", "production", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&history.stdout).unwrap();
    assert!(
        told["events"].as_array().unwrap().iter().any(|event| event["kind"] == "promotion"),
        "{history:?}"
    );
    let show = host.sea(&["show", "production", "--env", "production"]);
    // The commit's message is the word that it serves.
    assert!(show.code == 0 && show.stdout.contains("serves (promoted"), "{show:?}");
    assert!(show.stdout.contains("two"), "{show:?}");
    let audit = host.sea(&["audit", "--env", "production", "--csv"]);
    assert!(audit.code == 0 && audit.stdout.lines().count() >= 3, "{audit:?}");
    let logs = host.sea(&["logs", "--env", "production", "web"]);
    assert!(logs.code == 0 && logs.stdout.contains("listening"), "{logs:?}");
    let exec = host.sea(&["exec", "--env", "production", "web", "--", "sh", "-c", "cat word; exit 7"]);
    assert_eq!((exec.code, exec.stdout.as_str()), (7, "two"), "{exec:?}");
    let exec = host.sea(&["exec", "--env", "production", "web", "--", "printenv", "SEA_RELEASE"]);
    assert!(exec.code == 0 && exec.stdout.trim().len() > 5, "{exec:?}");

    let back = host.sea(&["rollback", "--env", "production"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(host.get(), "one");
    assert_eq!(host.sea(&["scale", "web=2", "--env", "production"]).code, 0);
    let status = host.sea(&["status", "--env", "production", "--host"]);
    assert!(status.code == 0 && status.stdout.contains("shop production"), "{status:?}");
    assert_eq!(host.sea(&["maintenance", "on", "--env", "production"]).code, 0);
    let status = host.sea(&["status", "--env", "production"]);
    assert!(status.stdout.contains("maintenance page"), "{status:?}");
}

#[test]
fn what_arrived_before_an_interruption_is_not_sent_again() {
    let host = Host::start();
    // Sends 3 MB of the program, waits until they are there, and kills the real ssh.
    let broken = host.script(&format!(
        "exec 3<&0\ncase \"$*\" in *'exec cat >>'*) ;; *) exec {ssh} \"$@\" ;; esac\n\
         mkfifo {dir}/pipe\n(head -c 3000000 <&3; exec sleep 60) >{dir}/pipe &\nfeeder=$!\n\
         {ssh} \"$@\" <{dir}/pipe &\nssh=$!\n\
         until [ \"$(cat {dir}/state/bin/*.part | wc -c)\" -ge 3000000 ]; do sleep 0.05; done\n\
         kill -9 $ssh\nkill $feeder\nexit 255\n",
        ssh = host.ssh(),
        dir = host.path().display()
    ));
    let cut = host.sea_by(&broken, &["ship"]);
    assert_eq!(cut.code, 3, "{cut:?}");
    assert!(
        cut.stderr.contains("error[ssh-broken]") && cut.stderr.contains("next: the same command"),
        "{cut:?}"
    );
    let part = || {
        std::fs::read_dir(host.state().join("bin"))
            .unwrap()
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().ends_with(".part"))
    };
    assert!(part().unwrap().metadata().unwrap().len() >= 3_000_000);
    let whole = host.sea(&["ship"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    assert!(whole.stderr.contains("2 MiB are there already"), "{whole:?}");
    assert!(part().is_none());
    assert_eq!(host.get(), "one");
}

//! HTTPS through a whole host: a name, an authority or files, clients.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use crate::app::{BLUE_GREEN, config};
use crate::host::{Host, kill};
use crate::load::{Load, more};
use crate::pebble::Pebble;

const HOST: &str = "shop.test";

/// Asks with the client of Node, which verifies the chain and the name: status, then headers and body.
fn ask(port: u16, root: &str, path: &str) -> (u16, String) {
    let script = r"
        const [port, root, host, path] = process.argv.slice(1);
        require('https').get({ host: '127.0.0.1', port, path, ca: root, servername: host, headers: { host } }, (answer) => {
          let body = '';
          answer.on('data', (part) => { body += part; });
          answer.on('end', () => console.log(`${answer.statusCode} ${JSON.stringify(answer.headers)} ${body}`));
        }).on('error', (error) => console.log(`0 ${error.message}`));
    ";
    let host = if root.contains("BEGIN") && path.starts_with("/roots") { "localhost" } else { HOST };
    let output =
        Command::new("node").args(["-e", script, &port.to_string(), root, host, path]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (status, rest) = said.split_once(' ').unwrap_or(("0", &said));
    (status.parse().unwrap_or(0), rest.to_owned())
}

/// A server with HTTPS, started as a person would.
fn serve(host: &Host, arguments: &[&str]) -> u16 {
    let server = host.serve(&[&["--http", "0", "--https", "0"], arguments].concat());
    let record = host.until_record(|record| record["https"].is_u64());
    assert_eq!(record["pid"], server);
    u16::try_from(record["https"].as_u64().unwrap()).unwrap()
}

fn domain() -> String {
    config(&format!("domain = \"{HOST}\"\n{BLUE_GREEN}"))
}

#[test]
fn a_certificate_of_ones_own_is_shown_kept_and_replaced() {
    let host = Host::new(&domain());
    let files = tempfile::tempdir().unwrap();
    let write = || {
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
        fs::write(files.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        fs::write(files.path().join("chain.pem"), made.cert.pem()).unwrap();
        made.cert.pem()
    };
    let root = write();
    let certificate = format!("{HOST}={0}/chain.pem,{0}/key.pem", files.path().display());
    let port = serve(&host, &["--certificate", &certificate]);
    host.ship(&[]);
    host.eventually("the certificate is shown", || ask(port, &root, "/").0 == 200);
    let (_, answer) = ask(port, &root, "/");
    assert!(answer.contains("one ") && answer.contains("strict-transport-security"), "{answer}");
    let (status, answer) = host.get_as(HOST, "/path?query");
    assert_eq!(status, 308, "{answer}");
    assert!(answer.contains(&format!("https://{HOST}:{port}/path?query")), "{answer}");
    assert_eq!(host.get("/").0, 200, "names that lead to this machine only stay as they are");

    // The server that a command starts in its place speaks HTTPS too, and clients notice nothing.
    let load = Load::start(host.port());
    more(&load, 20);
    kill(host.control(), "KILL");
    assert_eq!(ask(port, &root, "/").0, 200, "the proxy goes on by itself");
    host.ship_word("two");
    assert_eq!(host.until_record(|record| record["https"].is_u64())["https"], port);
    let (status, answer) = ask(port, &root, "/");
    assert!(status == 200 && answer.contains("two "), "{answer}");
    more(&load, 20);
    let went = load.end();
    assert_eq!((&went.failures[..], &went.broken[..]), (&[][..], &[][..]), "{}", host.log());

    // What changes in the files is taken up.
    let next = write();
    host.eventually("the new certificate is shown", || ask(port, &next, "/").0 == 200);
    assert_eq!(ask(port, &root, "/").0, 0, "the old one is shown no more");
    host.end();
}

#[test]
fn an_authority_issues_one_for_the_domain_that_was_shipped() {
    let (http, https) = (free(), free());
    let Some(pebble) = Pebble::start(http, https, 0) else { return };
    let host = Host::new(&domain());
    let (roots, directory) = (pebble.roots(), pebble.directory());
    host.serve(&[
        "--http",
        &http.to_string(),
        "--https",
        &https.to_string(),
        "--acme-agree",
        "--acme-email",
        "ops@shop.test",
        "--acme-directory",
        &directory,
        "--acme-roots",
        roots.to_str().unwrap(),
    ]);
    host.until_record(|record| record["https"] == https);
    host.ship(&[]);
    let (status, issuer) = ask(pebble.management(), pebble.root(), "/roots/0");
    assert_eq!(status, 200, "{issuer}");
    let issuer = &issuer[issuer.find("-----BEGIN").unwrap()..];
    host.eventually("it is issued", || ask(https, issuer, "/").0 == 200);
    let (_, answer) = ask(https, issuer, "/");
    assert!(answer.contains("one "), "{answer}");
    assert!(host.log().contains(&format!("https://{HOST} has a certificate until")), "{}", host.log());
    host.ship_word("two");
    assert!(ask(https, issuer, "/").1.contains("two "));
    host.end();
}

/// A port that was free; the authority has to know it before the server listens there.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_mistake_in_it_ends_before_anything_listens() {
    let host = Host::new(&domain());
    let mistake = |arguments: &[&str]| {
        let said = host.sea(arguments);
        assert_eq!(said.code, 2, "{said:?}");
        said.err
    };
    assert!(mistake(&["serve", "--acme-agree"]).contains("--https"));
    let err = mistake(&["serve", "--https", "0", "--certificate", "shop.test"]);
    assert!(err.contains("`shop.test` names no host and two files"), "{err}");
    let err = mistake(&["serve", "--https", "0", "--certificate", "shop.test=/no/chain.pem,/no/key.pem"]);
    assert!(err.contains("there is no file /no/chain.pem"), "{err}");
    assert_eq!(host.record(), None);
}

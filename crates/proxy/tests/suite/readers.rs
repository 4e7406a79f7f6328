//! What the proxy reads from strangers, over a small corpus and mutations of it. The functions are those of the fuzz
//! targets.

#[path = "../../../../fuzz/src/proxy.rs"]
#[allow(unreachable_pub, reason = "it is a module of the fuzz targets")]
mod harness;

use std::path::Path;

use proptest::prelude::*;
use seaworthy_proxy::dataplane::fuzzing;
use seaworthy_proxy::table::RoutingTable;

/// The seeds of a fuzz target.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} starts from nothing");
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn the_seeds_of_splits_are_what_a_control_process_sends() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/control_bytes");
    let seed = |name| std::fs::read(folder.join(name)).unwrap();
    let table: RoutingTable = serde_json::from_slice(&seed("split")).unwrap();
    assert_eq!(fuzzing::put_in_force(table.clone()), Some(table));
    assert_eq!(fuzzing::commands(&seed("questions")).len(), 5);
}

/// Some bytes of a seed taken out, doubled, or replaced.
fn mutated(target: &str) -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        ":",
        ",",
        "0",
        "7",
        "ffffffffffffffff",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Upgrade: x\r\n",
        "\0",
        "é",
        "[",
        "\"",
        "{}",
        "\u{7f}",
    ];
    let piece = prop::sample::select(pieces.map(str::as_bytes).to_vec());
    let change = (any::<prop::sample::Index>(), 0_usize..12, 0_usize..3, piece);
    let changes = prop::collection::vec(change, 0..4);
    (prop::sample::select(seeds(target)), changes).prop_map(|(mut bytes, changes)| {
        for (at, length, kind, piece) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            let cut = bytes[at..end].to_vec();
            let put = if kind == 0 { [&cut[..], &cut].concat() } else { piece.to_vec() };
            bytes.splice(at..if kind == 1 { at } else { end }, put);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_of_clients(bytes in mutated("client_bytes")) {
        harness::client_bytes(&bytes);
    }

    #[test]
    fn bytes_of_control_processes(bytes in mutated("control_bytes")) {
        harness::control_bytes(&bytes);
    }
}

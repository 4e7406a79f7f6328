//! How long a tree takes to be packaged, packaged again, verified and written: `measure TREE SCRATCH`.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use seaworthy_artifact::{Contents, Manifest, Pack, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(root), Some(scratch)) = (arguments.next(), arguments.next()) else {
        return Err("say which tree, and an empty folder to work in".into());
    };
    let store = Store::open(&scratch.join("store"))?;
    let known = scratch.join("known.json");
    let mut made = None;
    for round in ["cold", "known", "known again"] {
        let began = Instant::now();
        let writer = store.writer()?;
        let pack = Pack { root: &root, leave_out: &BTreeSet::new(), known: Some(&known) };
        let packed = writer.pack(&pack)?;
        let paper = writer.put(b"{}")?;
        let contents = Contents::new("measured", "none", false, packed.entries, paper)?;
        let manifest = Manifest::new(contents, paper);
        let digest = writer.finish(&manifest)?;
        println!(
            "{round}: {} paths, {} read, {:.2?}, {digest}",
            manifest.entries().len(),
            packed.read,
            began.elapsed()
        );
        made = Some(manifest);
    }
    let manifest = made.ok_or("nothing was made")?;
    let began = Instant::now();
    store.verify(&manifest)?;
    println!("verify: {:.2?}", began.elapsed());
    let began = Instant::now();
    store.materialise(&manifest, &scratch.join("tree"))?;
    println!("materialise: {} bytes, {:.2?}", manifest.size(), began.elapsed());
    Ok(())
}

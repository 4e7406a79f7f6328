//! `include_dir!` does not notice new files; a page added to the codes must be in the next build.

fn main() {
    println!("cargo:rerun-if-changed=../../docs/src/codes");
}

//! `include_dir!` does not notice new files; a signature added must be in the next build.

fn main() {
    println!("cargo:rerun-if-changed=../../rules/failures");
}

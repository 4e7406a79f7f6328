//! `include_dir!` does not notice new files; a rule added must be in the next build.

fn main() {
    println!("cargo:rerun-if-changed=../../rules");
}

"""Cargo and rustc."""

MANIFEST = '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n'
MAIN = "fn main() {}\n"

CASES = [
    dict(id="compile-error", run="cargo build --offline", files={
        "Cargo.toml": MANIFEST, "src/main.rs": 'fn main() {\n    let total: u32 = "12";\n    println!("{total}");\n}\n'}),
    dict(id="lockfile-outdated", setup="cargo generate-lockfile --offline && sed -i 's/0.1.0/0.2.0/' Cargo.toml",
         run="cargo build --locked --offline", files={"Cargo.toml": MANIFEST, "src/main.rs": MAIN}),
    dict(id="crate-not-found", run="cargo build", files={
        "Cargo.toml": MANIFEST + '\n[dependencies]\nsea-no-such-crate-7f3a = "1"\n', "src/main.rs": MAIN}),
    dict(id="version-not-found", run="cargo build", files={
        "Cargo.toml": MANIFEST + '\n[dependencies]\nitoa = "99"\n', "src/main.rs": MAIN}),
    dict(id="feature-missing", run="cargo build", files={
        "Cargo.toml": MANIFEST + '\n[dependencies]\nitoa = { version = "1", features = ["fast"] }\n',
        "src/main.rs": MAIN}),
    dict(id="rust-version", run="cargo build --offline", files={
        "Cargo.toml": MANIFEST + 'rust-version = "1.999"\n', "src/main.rs": MAIN}),
    dict(id="manifest-invalid", run="cargo build --offline", files={
        "Cargo.toml": '[package]\nname = "shop"\nversion = "one"\n', "src/main.rs": MAIN}),
    dict(id="manifest-missing", run="cargo build --offline"),
    dict(id="linker", run="cargo build --offline", files={
        "Cargo.toml": MANIFEST,
        "src/main.rs": '#[link(name = "shopnative")]\nextern "C" {\n    fn price() -> i32;\n}\nfn main() {\n'
                       '    println!("{}", unsafe { price() });\n}\n'}),
    dict(id="clippy", run="cargo clippy --offline -- -D warnings", files={
        "Cargo.toml": MANIFEST, "src/main.rs": "fn main() {\n    let items = vec![1, 2];\n    if items.len() == 0 {\n"
                                               '        println!("none");\n    }\n}\n'}),
    dict(id="format", run="cargo fmt --check", files={
        "Cargo.toml": MANIFEST, "src/main.rs": 'fn main(){println!("hi");}\n'}),
    dict(id="test-failed", run="cargo test --offline", files={
        "Cargo.toml": MANIFEST, "src/lib.rs": "#[test]\nfn totals_add_up() {\n    assert_eq!(1 + 1, 3);\n}\n"}),
    dict(id="build-script", run="cargo build --offline", files={
        "Cargo.toml": MANIFEST, "src/main.rs": MAIN,
        "build.rs": 'fn main() {\n    panic!("protoc is not installed");\n}\n'}),
    dict(id="syntax-error", run="cargo build --offline", files={
        "Cargo.toml": MANIFEST, "src/main.rs": "fn main() {\n    let x = ;\n}\n"}),
    dict(id="panic", setup="cargo build -q --offline", run="cargo run -q --offline", files={
        "Cargo.toml": MANIFEST, "src/main.rs": 'fn main() {\n    let v: Vec<u8> = Vec::new();\n    println!("{}", v[3]);\n}\n'}),
    dict(id="component-missing", run="cargo nosuchtool --check", files={"Cargo.toml": MANIFEST, "src/main.rs": MAIN}),
]

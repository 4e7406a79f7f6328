//! Generated files are what they would be generated as now. `cargo xtask docs` runs this with `SEA_DOCS=write`.

use super::generate;
use crate::process::workspace;

#[test]
fn generated_files_are_fresh() {
    let write = std::env::var_os("SEA_DOCS").is_some_and(|value| value == "write");
    let mut stale = Vec::new();
    for (path, text) in generate::all() {
        let file = workspace().join(&path);
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        if known == text {
            continue;
        }
        if write {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &text).unwrap();
            println!("wrote {path}");
        } else {
            let lines = known.lines().chain(std::iter::repeat("(end of the file)"));
            let line =
                text.lines().zip(lines).position(|(new, old)| new != old).unwrap_or(text.lines().count());
            stale.push(format!("{path}, line {}", line + 1));
        }
    }
    let known: std::collections::BTreeSet<String> =
        generate::all().into_iter().map(|(path, _)| path).collect();
    for page in std::fs::read_dir(workspace().join("docs/src/rules")).unwrap() {
        let path = format!("docs/src/rules/{}", page.unwrap().file_name().to_string_lossy());
        if known.contains(&path) {
            continue;
        }
        if write {
            std::fs::remove_file(workspace().join(&path)).unwrap();
        } else {
            stale.push(format!("{path}: its rule is gone"));
        }
    }
    assert!(stale.is_empty(), "run `cargo xtask docs`: {stale:?} would be generated differently now");
}

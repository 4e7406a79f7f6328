//! Files that end too early, hold something else than their names promise, or nothing at all: a plan still
//! comes, and nothing panics.

use std::path::Path;

use seaworthy_detect::{Repository, detect};

#[test]
fn a_damaged_repository_still_has_a_plan() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in std::fs::read_dir(&root).unwrap() {
        let fixture = entry.unwrap().path();
        let mut files = Vec::new();
        list(&fixture, &mut files);
        // Cut in the middle of a value, a third and two thirds in; then other text altogether.
        for damage in 0..4_usize {
            let copy = tempfile::tempdir().unwrap();
            for file in &files {
                let bytes = std::fs::read(file).unwrap();
                let kept = match damage {
                    0 => bytes[..bytes.len() / 3].to_vec(),
                    1 => bytes[..bytes.len() * 2 / 3].to_vec(),
                    2 => b"[{(\"'${ \xc3\xa9\n- - :\n=".to_vec(),
                    _ => Vec::new(),
                };
                let target = copy.path().join(file.strip_prefix(&fixture).unwrap());
                std::fs::create_dir_all(target.parent().unwrap()).unwrap();
                std::fs::write(target, kept).unwrap();
            }
            let repo = Repository::open(copy.path()).unwrap();
            let app = detect(&repo).app;
            assert!(app.name.get().is_some(), "{}", fixture.display());
        }
    }
}

fn list(dir: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

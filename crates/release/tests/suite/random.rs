//! Whatever happens to a project between two runs, what is there after a run is what a build from nothing makes.

use seaworthy_release::pipeline::Outcome;

use crate::project::Project;

/// A small generator with a fixed seed: failures can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Like the builders that people use it empties its folder first: what an earlier run left in it is nobody else's to judge.
const BUILD: &str = "rm -rf dist; mkdir dist; for f in src/*.txt ../common/*.txt .env ../.env local/a.txt; do \
    [ -f $f ] && { echo $f; cat $f; }; done > dist/out; . ../tools/more.sh; cp src/a.txt dist/copy || true";

const PATHS: [&str; 9] = [
    "api/src/a.txt",
    "api/src/b.txt",
    "api/src/c.txt",
    "common/a.txt",
    "common/b.txt",
    "api/.env",
    ".env",
    "api/local/a.txt",
    "tools/more.sh",
];

#[test]
fn a_hit_is_what_would_have_been_made() {
    let config =
        format!("name = \"demo\"\n[services.api]\npath = \"api\"\nstart = \"true\"\nbuild = '''{BUILD}'''\n");
    let project = Project::new(&[
        ("seaworthy.toml", &config),
        ("tools/more.sh", "echo more >> dist/out\n"),
        ("api/src/a.txt", "a\n"),
        (".gitignore", "dist\n.env\nlocal\n"),
    ]);
    let mut numbers = Numbers(7);
    let (mut hits, mut runs) = (0, 0);
    for round in 0..120 {
        for _ in 0..numbers.below(3) {
            let path = PATHS[usize::try_from(numbers.below(9)).unwrap()];
            let there = project.dir.path().join(path).exists();
            match numbers.below(5) {
                0 if there && path != "tools/more.sh" => project.remove(path),
                1 if project.dir.path().join("api/dist/out").exists() => {
                    project.write("api/dist/out", "altered\n");
                }
                2 if project.dir.path().join("api/dist").exists() => project.remove("api/dist"),
                _ if path == "tools/more.sh" => {
                    project.write(path, &format!("echo more{} >> dist/out\n", numbers.below(3)));
                }
                _ => project.write(path, &format!("{}\n", numbers.below(3))),
            }
        }
        let seen = project.run(&["api:build"]);
        match seen.outcome("api:build") {
            Outcome::Hit => hits += 1,
            Outcome::Passed => runs += 1,
            other => panic!("round {round}: {other:?} {:?}", seen.lines),
        }
        let made = tree(&project);
        project.remove("api/dist");
        let status = std::process::Command::new("sh")
            .args(["-c", BUILD])
            .current_dir(project.dir.path().join("api"))
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(made, tree(&project), "round {round}: {:?}", seen.step("api:build"));
    }
    assert!(hits > 20 && runs > 20, "{hits} hits and {runs} runs say little");
}

fn tree(project: &Project) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(project.dir.path().join("api/dist"))
        .unwrap()
        .map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let text = project.read(&format!("api/dist/{name}"));
            (name, text)
        })
        .collect();
    files.sort();
    files
}

//! The excerpt of a real plan in the README.

use crate::process::{run_in, workspace};

const BEGIN: &str =
    "<!-- What `sea plan examples/artist-dashboard` prints; written by `cargo xtask docs`. -->\n```text\n";
const END: &str = "```\n<!-- end -->";

pub(super) fn text() -> String {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let (before, rest) =
        readme.split_once(BEGIN).expect("the README has the comment that begins the excerpt");
    let (_, after) = rest.split_once(END).expect("the README has the comment that ends the excerpt");
    format!("{before}{BEGIN}{}{END}{after}", excerpt())
}

/// The heading, two services, and what all of them share.
fn excerpt() -> String {
    let plan = run_in(&workspace(), &["plan", "examples/artist-dashboard"]);
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    let sections: Vec<&str> = plan.stdout.trim_end().split("\n\n").collect();
    let is_shown = |section: &str| {
        ["artist-dashboard ", "gateway ", "worker ", "resources", "start order"]
            .iter()
            .any(|begin| section.starts_with(begin))
    };
    let mut out = String::new();
    let mut left_out = false;
    for section in sections {
        if is_shown(section) {
            out += &format!("{}{section}\n", if out.is_empty() { "" } else { "\n" });
            left_out = false;
        } else if !left_out {
            out += "\n  (...)\n";
            left_out = true;
        }
    }
    out
}

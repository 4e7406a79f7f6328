//! Reading the source files of a project, in parallel and within a budget.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Facts;
use super::scanner::Scanner;
use crate::health;
use crate::repository::{Repository, relative};

/// Source files read of one repository, shared by its projects. Files are taken in the order of [`importance`], so
/// that what is left out of a very large project is deep inside it; the plan says so.
const MOST_FILES: usize = 2_000;

/// Every project may have this many files read, however many projects there are.
const LEAST_SHARE: usize = 200;

/// How many files of each project are read where `projects` share the budget.
pub(crate) fn share(projects: usize) -> usize {
    (MOST_FILES / projects.max(1)).max(LEAST_SHARE)
}

/// What the source of a project says, and how many files were left out.
///
/// `family` is the language's, `dir` the project's folder, `nested` the folders of other projects inside it,
/// `most` the number of files that are read.
pub(crate) fn scan(
    repo: &Repository,
    family: &str,
    dir: &str,
    nested: &[&str],
    most: usize,
) -> (Facts, usize) {
    let Some(scanner) = Scanner::of(family) else { return (Facts::default(), 0) };
    let mut files: Vec<(u8, &str)> = repo
        .under(dir)
        .iter()
        .map(|path| &**path)
        .filter(|path| scanner.is_source(path))
        .filter(|path| !nested.iter().any(|other| crate::repository::is_within(other, path)))
        .filter_map(|path| importance(relative(dir, path)).map(|rank| (rank, path)))
        .collect();
    files.sort_unstable();
    let left_out = files.len().saturating_sub(most);
    files.truncate(most);
    if files.is_empty() {
        return (Facts::default(), left_out);
    }
    let threads = threads_of_machine().min(files.len() / 16 + 1);
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Facts)>> = Mutex::default();
    let work = || {
        let mut buffer = Vec::new();
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, path)) = files.get(index) else { break };
            if let Some(facts) = scanner.read(repo, path, &mut buffer) {
                own.push((index, facts));
            }
        }
        found.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|(index, _)| *index);
    let mut facts = Facts { known_entries: scanner.entries.clone(), ..Facts::default() };
    for (_, part) in found {
        facts.absorb(part);
    }
    if facts.routes.iter().any(|route| health::sort(&route.path).is_some()) {
        facts.mounts = scanner.mounts(repo, &facts.mounting);
    }
    (facts, left_out)
}

/// How early a file is read: entry points and configuration first, then by depth. `None` for tests, stories,
/// type declarations and bundles, which say nothing about how an app runs.
fn importance(path: &str) -> Option<u8> {
    let (dirs, name) = path.rsplit_once('/').unwrap_or(("", path));
    let dirs_lower = dirs.to_ascii_lowercase();
    let ignored_dir = |dir: &str| {
        matches!(
            dir,
            "test"
                | "tests"
                | "__tests__"
                | "spec"
                | "specs"
                | "e2e"
                | "cypress"
                | "__mocks__"
                | "mocks"
                | "fixtures"
                | "__fixtures__"
                | "testdata"
                | "stories"
                | "coverage"
                | "dist"
                | "build"
                | "out"
                | ".storybook"
                | "examples"
                | "example"
                | "samples"
                | "docs"
                | ".github"
                | "storybook-static"
                | "playwright"
                | "benchmarks"
                | "bench"
                | ".output"
                | ".vercel"
                | "htmlcov"
        )
    };
    // Functions that only their platform runs read the platform's variables, not the app's.
    let of_platform = dirs_lower.starts_with("supabase/functions") || dirs_lower.starts_with("netlify/");
    if of_platform || dirs_lower.split('/').any(ignored_dir) {
        return None;
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let ignored_name = name.contains(".test.")
        || name.contains(".spec.")
        || name.contains(".stories.")
        || name.contains(".min.")
        || name.ends_with(".d.ts")
        || name.ends_with("_test.go")
        || name.ends_with("_test.py")
        || name.ends_with("_spec.rb")
        || name.ends_with("_test.exs")
        || name.ends_with("Test.java")
        || name.ends_with("Tests.java")
        || name.ends_with("Test.php")
        || name.ends_with("Test.kt")
        || name.ends_with("Tests.cs")
        || name.ends_with("Test.cs")
        || stem.starts_with("test_")
        || matches!(stem.as_str(), "conftest" | "playwright" | "jest" | "vitest" | "cypress" | "karma");
    if ignored_name {
        return None;
    }
    let telling = matches!(
        stem.as_str(),
        "server"
            | "main"
            | "app"
            | "index"
            | "config"
            | "settings"
            | "env"
            | "environment"
            | "program"
            | "application"
            | "routes"
            | "urls"
            | "health"
            | "runtime"
            | "production"
            | "database"
            | "db"
            | "docker"
            | "startup"
            | "router"
    );
    let depth = u8::try_from(path.matches('/').count()).unwrap_or(u8::MAX / 2);
    Some(if telling { depth } else { depth.saturating_add(4) })
}

/// Asked once: the answer is in files that the system writes anew for each question.
fn threads_of_machine() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| std::thread::available_parallelism().map_or(2, usize::from))
}

//! READMEs: commands in fenced blocks, for what nothing else in the repository says.

use seaworthy_model::{Field, Kind, Name, Service};

use super::reader::{self, Reader, split_install};
use crate::draft::{Draft, DraftService};
use crate::project::Role;
use crate::repository::{Repository, parent};

pub(super) fn import(repo: &Repository, draft: &mut Draft) {
    for path in reader::files(repo, &["README.md", "readme.md", "Readme.md"]) {
        let dir = parent(&path);
        if draft.services.is_empty()
            && let Some(text) = repo.text(&path)
        {
            add_program(draft, dir, &Reader::new("README", &path), &text);
        }
        let mut here = draft.services.iter_mut().filter(|known| known.service.path() == dir);
        // What one file says about several services cannot be told apart.
        let (Some(own), None) = (here.next(), here.next()) else { continue };
        let Some(text) = repo.text(&path) else { continue };
        let reader = Reader::new("README", &path);
        for (command, line) in commands(&text) {
            if let Some(field) = field(&mut own.service, command)
                && field.is_empty()
            {
                field.propose(command.to_owned(), reader.hint("command", line));
            }
        }
    }
}

/// Where nothing else runs, what a README says to run is what the repository is for.
fn add_program(draft: &mut Draft, dir: &str, reader: &Reader<'_>, text: &str) {
    let mut here = draft.projects.iter().enumerate().filter(|(_, project)| {
        project.dir == dir && !matches!(project.role, Role::Library | Role::Workspace)
    });
    let (Some((index, project)), None) = (here.next(), here.next()) else { return };
    let mut made =
        DraftService { service: project.service.clone(), project: Some(index), ..DraftService::default() };
    let run = commands(text).into_iter().find(|(command, _)| {
        let mut probe = Service::default();
        field(&mut probe, command).is_some_and(|field| {
            field.propose(String::new(), reader.hint("command", 1));
            true
        }) && !probe.start.is_empty()
    });
    let Some((_, line)) = run else { return };
    let origin = reader.hint("says how to run it", line);
    let name = project.name.as_deref().map(Name::from_text).or_else(|| draft.name.get().cloned());
    made.names.propose(name.unwrap_or_else(|| Name::from_text("app")), origin.clone());
    made.service.path.propose(dir.to_owned(), origin.clone());
    if made.service.kind.is_empty() {
        made.service.kind.propose(Kind::Job, origin);
    }
    draft.services.push(made);
}

/// The lines of every fenced block of shell commands, without prompts and comments.
fn commands(text: &str) -> Vec<(&str, u32)> {
    let mut found = Vec::new();
    let mut block: Option<bool> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if let Some(language) = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~")) {
            let language = language.split([' ', '{']).next().unwrap_or_default();
            let is_shell = matches!(language, "" | "sh" | "bash" | "shell" | "console" | "zsh" | "terminal");
            block = if block.is_some() { None } else { Some(is_shell) };
            continue;
        }
        let command = line.strip_prefix("$ ").or_else(|| line.strip_prefix("> ")).unwrap_or(line);
        let command = command.split(" # ").next().unwrap_or(command).trim();
        let is_one = block == Some(true) && !command.is_empty() && !command.starts_with(['#', '<']);
        if is_one && !command.ends_with('\\') && !command.contains('<') {
            found.push((command, number));
        }
    }
    found
}

/// What a command is for, by its words; `None` for anything that is not plainly one of them.
fn field<'a>(service: &'a mut Service, command: &str) -> Option<&'a mut Field<String>> {
    let is_static = service.kind.get() == Some(&Kind::Static);
    let first = command.split_whitespace().next()?;
    let starts = |known: &[&str]| known.iter().any(|known| command.starts_with(known));
    let (install, rest) = split_install(command);
    if !install.is_empty() && rest.is_empty() || starts(&["shards install", "dart pub get", "stack setup"]) {
        return Some(&mut service.install);
    }
    let has = |word: &str| command.split_whitespace().any(|known| known == word);
    // Words that say what a target, script or task is for.
    let is_runner = matches!(
        first,
        "make" | "just" | "task" | "npm" | "yarn" | "pnpm" | "bun" | "mix" | "poetry" | "cargo"
    );
    if is_runner && (has("test") || has("tests"))
        || starts(&[
            "pytest",
            "python -m pytest",
            "python -m unittest",
            "go test",
            "crystal spec",
            "swift test",
        ])
    {
        return Some(&mut service.test);
    }
    if is_runner && has("dev") || starts(&["uvicorn ", "flask run", "nodemon ", "mix phx.server"]) {
        return Some(&mut service.dev);
    }
    let runs = is_runner && (has("start") || has("run") && !has("build"))
        || starts(&[
            "python ",
            "python3 ",
            "node ",
            "./run.sh",
            "./start.sh",
            "ruby ",
            "stack exec ",
            "swift run",
        ]) && !command.contains("-m venv")
            && !command.contains("manage.py")
            && !command.contains("setup.py");
    (runs && !is_static).then_some(&mut service.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fenced_shell_is_read() {
        let text = "npm start\n```bash\n$ npm install # first\n# then\nnpm start\n```\n```json\n{}\n```\n";
        assert_eq!(commands(text), [("npm install", 3), ("npm start", 5)]);
    }

    #[test]
    fn a_command_is_known_by_its_words() {
        let mut service = Service::default();
        for (command, is_known) in [
            ("make dev", true),
            ("python -m venv .venv", false),
            ("git clone x", false),
            ("npm run build", false),
        ] {
            assert_eq!(field(&mut service, command).is_some(), is_known, "{command}");
        }
    }
}

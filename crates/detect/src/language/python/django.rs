//! Django: the project module, its servers and its migrations.

use seaworthy_model::PortSetting;

use crate::language::runtime_files::find_in;
use crate::project::{Project, at_file};
use crate::repository::{Repository, file_name, parent, relative};

pub(super) fn propose(repo: &Repository, project: &mut Project) {
    let Some(manage) = repo.first_of(&project.dir, ["manage.py"]) else { return };
    // Of several settings modules `manage.py` names the one that counts.
    let module = find_in(repo, &manage, r#"DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']"#)
        .and_then(|(settings, _)| settings.split(".settings").next().map(str::to_owned))
        .or_else(|| {
            let wsgi = repo.under(&project.dir).iter().find(|path| file_name(path) == "wsgi.py")?;
            Some(relative(&project.dir, parent(wsgi)).replace('/', "."))
        });
    let origin = || at_file("manage.py is there", &manage);
    project.service.port_setting.propose(PortSetting::Env("PORT".to_owned()), origin());
    let Some(module) = module else { return };
    // Settings often live in a package called `config`, and so do `wsgi.py` and `asgi.py`.
    let module = if repo
        .under(&project.dir)
        .iter()
        .any(|path| path.ends_with(&format!("{}/wsgi.py", module.replace('.', "/"))))
    {
        module
    } else {
        let wsgi = repo.under(&project.dir).iter().find(|path| file_name(path) == "wsgi.py");
        wsgi.map_or(module, |path| relative(&project.dir, parent(path)).replace('/', "."))
    };
    let port = "${PORT:-8000}";
    let start = if project.has("gunicorn") {
        format!("gunicorn {module}.wsgi --bind 0.0.0.0:{port}")
    } else if project.has("daphne") {
        format!("daphne -b 0.0.0.0 -p {port} {module}.asgi:application")
    } else if project.has("uvicorn") || project.has("uvicorn[standard]") {
        format!("uvicorn {module}.asgi:application --host 0.0.0.0 --port {port}")
    } else if project.has("waitress") {
        format!("waitress-serve --port={port} {module}.wsgi:application")
    } else {
        let python = project.exec("python");
        let command = format!("{python} manage.py runserver 0.0.0.0:{port}");
        project.service.start.propose(command, origin().guess());
        return;
    };
    let command = project.exec(&start);
    project.service.start.propose(command, origin().likely());
}

//! Files of users on a disk that does not stay.

use seaworthy_detect::document::Node;

use crate::context::{Context, Sink};
use crate::facts::FileFact;
use crate::file::{Role, SourceFile, extension};
use crate::finding::Draft;

/// Code that keeps uploads in a folder.
pub(super) static FACT: FileFact = FileFact {
    rules: &["upload-on-ephemeral-disk"],
    wants: |file| {
        file.role == Role::App
            && matches!(extension(file.path), "py" | "js" | "ts" | "mjs" | "cjs")
            && KEEPS.iter().any(|text| file.has(text))
    },
    check,
};

/// What puts an upload into a folder.
const KEEPS: [&str; 7] = [
    "multer.diskStorage(",
    "multer({ dest",
    "multer({dest",
    "MEDIA_ROOT =",
    "UPLOAD_FOLDER'] =",
    "UPLOAD_FOLDER\"] =",
    "UPLOAD_FOLDER =",
];

fn check(context: &Context<'_>, file: &SourceFile<'_>, sink: &Sink<'_>) {
    let has_remote_store =
        ["storages.backends", "S3Boto3Storage", "S3Storage", "multer-s3", "/tmp", "os.tmpdir()"]
            .iter()
            .any(|mark| file.has(mark));
    if has_remote_store {
        return;
    }
    let Some(platform) = ephemeral(context) else { return };
    for (line, text) in (1..).zip(file.text.lines()) {
        let code = text.trim_start();
        if !code.starts_with(['#', '*'])
            && !code.starts_with("//")
            && KEEPS.iter().any(|keep| code.contains(keep))
        {
            let message = format!("{platform} throws the disk away at every deployment");
            sink.report_in(file, Draft::line("upload-on-ephemeral-disk", file.path, line).says(message));
            return;
        }
    }
}

/// Where the repository is deployed to, when that gives it no lasting disk.
fn ephemeral(context: &Context<'_>) -> Option<&'static str> {
    let repository = context.repository;
    let any = |names: &[&str]| names.iter().find_map(|name| repository.named(name).next());
    if let Some(path) = any(&["fly.toml"]) {
        let document = repository.document(path)?;
        return (document.get("mounts").is_none() && document.get("mount").is_none()).then_some("Fly.io");
    }
    if let Some(path) = any(&["render.yaml"]) {
        let document = repository.document(path)?;
        let services = document.get("services").map(Node::items).unwrap_or_default();
        return services.iter().all(|service| service.get("disk").is_none()).then_some("Render");
    }
    if any(&["vercel.json"]).is_some() {
        return Some("Vercel");
    }
    if any(&["Procfile"]).is_some() && any(&["app.json", "runtime.txt", "heroku.yml"]).is_some() {
        return Some("Heroku");
    }
    None
}

//! Extensions that an image has and a plain PostgreSQL has not.

use std::path::Path;

use crate::toolchain::Version;

/// Words in names of images, the extension each has and Debian's package of it.
const IMAGES: [(&str, &str, &str); 4] = [
    ("postgis", "postgis", "postgis-3"),
    ("pgvector", "vector", "pgvector"),
    ("timescale", "timescaledb", "timescaledb"),
    ("pgrouting", "pgrouting", "pgrouting"),
];

/// The extension that an image is used for.
pub(super) fn of_image(image: Option<&str>) -> Option<&'static str> {
    IMAGES.iter().find(|(word, ..)| image.is_some_and(|image| image.contains(word))).map(|(_, name, _)| *name)
}

/// The PostgreSQL of this program has the extension. Debian keeps them apart from the programs.
pub(super) fn is_there(program: &Path, extension: &str) -> bool {
    let file = format!("{extension}.control");
    let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    let Some(root) = real.parent().and_then(Path::parent) else { return false };
    let major = root.file_name().unwrap_or_default();
    let debian = Path::new("/usr/share/postgresql").join(major).join("extension");
    [root.join("share/extension"), root.join("share/postgresql/extension"), debian]
        .iter()
        .any(|folder| folder.join(&file).is_file())
}

/// What is said where it is not there.
pub(super) fn missing(extension: &str, version: &Version) -> String {
    let package =
        IMAGES.iter().find(|(_, name, _)| *name == extension).map_or(extension, |(.., package)| package);
    format!(
        "the image that the repository names has the extension `{extension}`, which the PostgreSQL of this machine has \
         not; on Debian: `apt-get install -y postgresql-{}-{package}`",
        version.number(0)
    )
}

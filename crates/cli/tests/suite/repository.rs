//! Small repositories in temporary folders.

use std::path::Path;

use tempfile::TempDir;

/// A folder with these files, and `.git`, so that nothing above it is met.
pub(crate) fn repository(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::Builder::new().prefix("sea-cli-").tempdir().unwrap();
    std::fs::create_dir(dir.path().join(".git")).unwrap();
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    dir
}

/// Writes a file and the folders above it.
pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// An Express server with everything that a plan needs.
pub(crate) const EXPRESS: &[(&str, &str)] = &[
    (
        "package.json",
        r#"{
  "name": "shop",
  "engines": { "node": "20" },
  "scripts": { "dev": "node --watch server.js", "start": "node server.js" },
  "dependencies": { "express": "^4.19.0", "pg": "^8.11.0" }
}
"#,
    ),
    ("package-lock.json", "{ \"name\": \"shop\", \"lockfileVersion\": 3 }\n"),
    (
        "server.js",
        "const express = require('express')
const app = express()
app.get('/healthz', (req, res) => res.send('ok'))
const key = process.env.STRIPE_SECRET_KEY
app.listen(process.env.PORT || 4000)
",
    ),
];

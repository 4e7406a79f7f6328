//! Dotenv files, and folders as orchestrators mount them.

use seaworthy_model::SecretSource;
use seaworthy_secrets::Error;
use seaworthy_secrets::provider::{self, Provider};
use secrecy::ExposeSecret as _;

use crate::support::{CANARY, Repository, name};

fn open(repository: &Repository, path: &str) -> Result<Box<dyn Provider>, Error> {
    let sources = [SecretSource::File(path.to_owned())];
    provider::open(&sources, &repository.context()).map(|mut opened| opened.remove(0))
}

fn value(provider: &dyn Provider, of: &str) -> Option<String> {
    provider.get(&name(of)).unwrap().map(|value| value.expose_secret().to_owned())
}

#[test]
fn a_dotenv_file_that_others_can_read_is_a_warning() {
    let repository = Repository::new();
    repository.write("app.env", "A=1\nEMPTY=\n", 0o600);
    let file = open(&repository, "app.env").unwrap();
    assert_eq!(
        (value(&*file, "A").as_deref(), value(&*file, "B"), value(&*file, "EMPTY")),
        (Some("1"), None, None)
    );
    assert!(file.warnings().is_empty());
    let path = repository.write("open.env", "A=1\n", 0o644);
    std::fs::set_permissions(path.parent().unwrap(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let file = open(&repository, path.to_str().unwrap()).unwrap();
    assert!(file.warnings()[0].contains("mode 0644"), "{:?}", file.warnings());
}

#[test]
fn a_folder_holds_one_file_a_secret() {
    let repository = Repository::new();
    let long = "x".repeat(65 * 1024);
    for (file, content) in [
        ("DB_PASSWORD", format!("{CANARY}\n").into_bytes()),
        ("api_key", b"small".to_vec()),
        ("PEM", b"-----\nx\n-----\n".to_vec()),
        ("EMPTY", b"\n".to_vec()),
        ("NUL", b"canary\0".to_vec()),
        ("BINARY", b"canary\xff".to_vec()),
        ("LONG", long.into_bytes()),
        ("not a name", b"x".to_vec()),
    ] {
        repository.write(&format!("run/secrets/{file}"), content, 0o400);
    }
    // As Kubernetes does it: a link to a link.
    std::os::unix::fs::symlink("DB_PASSWORD", repository.path("run/secrets/LINK")).unwrap();
    let folder = open(&repository, "run/secrets").unwrap();
    assert_eq!(value(&*folder, "DB_PASSWORD").as_deref(), Some(CANARY));
    assert_eq!(value(&*folder, "LINK").as_deref(), Some(CANARY));
    assert_eq!(value(&*folder, "API_KEY").as_deref(), Some("small"));
    assert_eq!(value(&*folder, "PEM").as_deref(), Some("-----\nx\n-----"));
    assert_eq!((value(&*folder, "EMPTY"), value(&*folder, "NONE")), (None, None));
    for bad in ["NUL", "BINARY", "LONG"] {
        let error = folder.get(&name(bad)).unwrap_err();
        assert!(matches!(error, Error::Value(_)) && !format!("{error:?}").contains("canary"));
    }
    assert!(folder.names().contains(&name("PEM")) && folder.names().len() == 8);
}

#[test]
fn what_is_not_there_is_a_mistake() {
    let repository = Repository::new();
    assert!(matches!(open(&repository, "absent"), Err(Error::File { .. })));
    repository.write("broken.env", "A='canary\n", 0o600);
    let Err(error) = open(&repository, "broken.env") else { panic!("it was read") };
    assert!(error.to_string().ends_with("broken.env:1 has a quote that nothing closes"), "{error}");
}

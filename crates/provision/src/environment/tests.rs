use seaworthy_model::{Condition, Layer, Origin, Runtime};

use super::*;
use crate::resource::Attribute;
use crate::state::State;

struct Case {
    service: Service,
    process: BTreeMap<String, String>,
    files: Vec<EnvFile>,
    port: Option<u16>,
    mode: Mode,
    secrets: BTreeMap<String, SecretString>,
}

fn case() -> Case {
    let mut service = Service::default();
    service.path.propose("api".to_owned(), Origin::detected("test"));
    service.runtime.propose(Runtime::new("node", None), Origin::detected("test"));
    service.depend_on(name("db"), Condition::ServiceHealthy, Origin::detected("test"));
    Case {
        service,
        process: BTreeMap::new(),
        files: Vec::new(),
        port: None,
        mode: Mode::Development,
        secrets: BTreeMap::new(),
    }
}

/// The same on a host, with these secrets.
fn production(secrets: &[(&str, &str)]) -> Case {
    let secrets = secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    Case { mode: Mode::Production, secrets, ..case() }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

impl Case {
    fn variable(&mut self, name: &str) -> &mut Variable {
        let variable = self.service.env.entry(name.to_owned()).or_default();
        if variable.used_at.is_empty() {
            variable.used_at.push(Place::line("api/src/config.js", 7));
        }
        variable
    }

    fn says(&mut self, name: &str, layer: Layer, value: &str) {
        self.variable(name).value.propose(value.to_owned(), Origin::new(layer, "test"));
    }

    fn file(&mut self, path: &str, read_by_service: bool, values: &[(&str, &str)]) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.files.push(EnvFile { path: path.to_owned(), read_by_service, values });
    }

    fn resolve(&self) -> (Environment, tempfile::TempDir) {
        let (resolved, dir) = self.try_resolve();
        (resolved.unwrap(), dir)
    }

    fn try_resolve(&self) -> (Result<Environment, Error>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut secrets = Secrets::open(&State::open(dir.path()).unwrap());
        let attribute = |value: &str, secret| Attribute { value: value.to_owned(), secret };
        let provided = Provided {
            kind: "postgres".to_owned(),
            attributes: [
                ("url", attribute("postgresql://u:p@127.0.0.1:7/shop", true)),
                ("host", attribute("127.0.0.1", false)),
                ("password", attribute("p", true)),
            ]
            .into(),
            target: Some(Target {
                host: "127.0.0.1".to_owned(),
                port: 7,
                username: Some("u".to_owned()),
                password: Some("p".to_owned()),
                database: Some("shop".to_owned()),
            }),
        };
        let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port: 4001 };
        let inputs = Inputs {
            mode: self.mode,
            secrets: &self.secrets,
            service: &self.service,
            resources: &BTreeMap::from([(name("db"), provided)]),
            services: &|asked| (*asked == name("artists")).then(|| endpoint.clone()),
            environment: "local",
            domain: "localhost",
            process: &self.process,
            files: &self.files,
            port: self.port,
            colour: false,
        };
        (resolve(inputs, &mut secrets), dir)
    }

    fn seen(&self, name: &str) -> String {
        let (environment, _dir) = self.resolve();
        environment.values.get(name).map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"))
    }
}

#[test]
fn what_this_run_provides_goes_before_the_shell_and_files_and_that_is_told() {
    let mut case = case();
    case.says("DATABASE_URL", Layer::Detected, "${resources.db.url}");
    case.process.insert("DATABASE_URL".to_owned(), "postgres://production".to_owned());
    assert_eq!(case.seen("DATABASE_URL"), "\"***\" from the resource `db` instead of your environment");
    let (environment, _dir) = case.resolve();
    assert_eq!(environment.handed()["DATABASE_URL"], "postgresql://u:p@127.0.0.1:7/shop");

    // Whoever means another database says so to us.
    case.says("DATABASE_URL", Layer::Config, "postgres://mine/x");
    assert_eq!(case.seen("DATABASE_URL"), "\"postgres://mine/x\" from the model instead of your environment");
}

#[test]
fn the_shell_goes_before_files_and_files_before_other_tools() {
    let mut case = case();
    case.says("LOG_LEVEL", Layer::Imported, "warn");
    assert_eq!(case.seen("LOG_LEVEL"), "\"warn\" from the model");
    case.file("api/.env.local", false, &[("LOG_LEVEL", "debug"), ("EXTRA", "1")]);
    case.file(".env", false, &[("LOG_LEVEL", "error")]);
    assert_eq!(case.seen("LOG_LEVEL"), "\"debug\" from api/.env.local");
    assert_eq!(case.seen("EXTRA"), "\"***\" from api/.env.local", "nothing says that it is no secret");
    case.process.insert("LOG_LEVEL".to_owned(), "trace".to_owned());
    assert_eq!(case.seen("LOG_LEVEL"), "\"trace\" from your environment");
    let (environment, _dir) = case.resolve();
    assert!(!environment.handed().contains_key("LOG_LEVEL"), "it is inherited");
}

#[test]
fn a_framework_reads_its_own_files() {
    let mut case = case();
    case.file("api/.env", true, &[("VITE_TITLE", "shop")]);
    let (environment, _dir) = case.resolve();
    assert!(
        environment.values.contains_key("VITE_TITLE") && !environment.handed().contains_key("VITE_TITLE")
    );
}

#[test]
fn addresses_in_a_librarys_dialect_and_parts_of_addresses_lead_to_the_resource() {
    let mut case = case();
    let default = "postgresql+asyncpg://postgres:***@localhost:5432/app?timeout=3";
    case.variable("DSN").default.propose(default.to_owned(), Origin::detected("test"));
    case.variable("DB_HOST").default.propose("localhost".to_owned(), Origin::detected("test"));
    case.variable("POSTGRES_PASSWORD").secret = true;
    let (environment, _dir) = case.resolve();
    let handed = environment.handed();
    assert_eq!(handed["DSN"], "postgresql+asyncpg://u:p@127.0.0.1:7/shop?timeout=3");
    assert_eq!((handed["DB_HOST"].as_str(), handed["POSTGRES_PASSWORD"].as_str()), ("127.0.0.1", "p"));
    assert!(environment.values["DSN"].secret);
    // An address in a `.env` file is one of the same resource.
    case.file(".env", false, &[("DSN", "postgresql+psycopg://x@localhost/y")]);
    assert_eq!(case.resolve().0.handed()["DSN"], "postgresql+psycopg://u:p@127.0.0.1:7/shop");
}

#[test]
fn placeholders_of_services_and_secrets_are_filled_in() {
    let mut case = case();
    case.says("ARTISTS_URL", Layer::Detected, "${services.artists.url}/v1");
    case.says("COOKIE", Layer::Config, "${secrets.SESSION_SECRET}");
    case.says("STRIPE", Layer::Config, "${secrets.STRIPE_KEY}");
    assert_eq!(case.seen("ARTISTS_URL"), "\"http://127.0.0.1:4001/v1\" from the service `artists`");
    assert_eq!(case.seen("COOKIE"), "\"***\" from made up for development");
    let (environment, _dir) = case.resolve();
    let missing: Vec<String> = environment.missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        missing,
        ["`STRIPE` is missing; api/src/config.js:7 reads it; type `echo 'STRIPE=...' >> api/.env`"]
    );
    case.process.insert("STRIPE_KEY".to_owned(), "sk".to_owned());
    assert_eq!(case.seen("STRIPE"), "\"***\" from your environment");
}

#[test]
fn own_secrets_are_made_up_and_others_are_missing() {
    let mut case = case();
    for secret in ["JWT_SECRET", "OPENAI_API_KEY"] {
        let variable = case.variable(secret);
        (variable.secret, variable.required) = (true, true);
    }
    let (environment, _dir) = case.resolve();
    assert_eq!(environment.values["JWT_SECRET"].value.len(), 64);
    assert_eq!(environment.missing.len(), 1);
    assert_eq!(environment.missing[0].name, "OPENAI_API_KEY");
}

#[test]
fn examples_fill_in_only_what_the_code_cannot_do_without() {
    let mut case = case();
    let example = |place| Origin::imported(".env.example").at(Place::line(".env.example", place));
    case.variable("REGION").default.propose("eu".to_owned(), example(3));
    assert_eq!(case.seen("REGION"), "nothing", "the code falls back by itself");
    case.variable("REGION").required = true;
    assert_eq!(case.seen("REGION"), "\"eu\" from the example in .env.example:3");
    case.variable("HOOK").default.propose("https://your-hook".to_owned(), example(4));
    case.variable("HOOK").required = true;
    assert_eq!(case.seen("HOOK"), "nothing");
}

#[test]
fn development_is_the_mode_whatever_other_tools_say() {
    let mut case = case();
    case.says("NODE_ENV", Layer::Imported, "production");
    assert_eq!(case.seen("NODE_ENV"), "\"development\" from the default for development");
    case.says("NODE_ENV", Layer::Config, "test");
    assert_eq!(case.seen("NODE_ENV"), "\"test\" from the model");
}

#[test]
fn the_port_handed_out_goes_before_everything() {
    let mut case = case();
    case.service.port_setting.propose(PortSetting::Env("PORT".to_owned()), Origin::detected("test"));
    case.says("PORT", Layer::Config, "1");
    case.process.insert("PORT".to_owned(), "2".to_owned());
    case.port = Some(4000);
    assert_eq!(case.seen("PORT"), "\"4000\" from the port handed out");
}

#[test]
fn lib_pq_is_told_that_there_is_no_tls() {
    let mut case = case();
    case.service.language.propose("go".to_owned(), Origin::detected("test"));
    case.says("DATABASE_URL", Layer::Detected, "${resources.db.url}");
    assert_eq!(
        case.resolve().0.handed()["DATABASE_URL"],
        "postgresql://u:p@127.0.0.1:7/shop?sslmode=disable"
    );
}

#[test]
fn what_a_tool_says_for_itself_is_not_missing() {
    let mut case = case();
    case.says("NODE_ENV", Layer::Imported, "production");
    assert!(case.resolve().0.missing.is_empty());
}

#[test]
fn production_takes_nothing_that_was_meant_for_development() {
    let mut case = production(&[]);
    case.process.insert("LOG_LEVEL".to_owned(), "trace".to_owned());
    case.process.insert("NODE_ENV".to_owned(), "development".to_owned());
    case.says("NODE_ENV", Layer::Imported, "development");
    case.says("APP_ENV", Layer::Imported, "development");
    case.says("LOG_LEVEL", Layer::Imported, "info");
    case.says("API_URL", Layer::Imported, "http://localhost:3000");
    let example = || Origin::imported(".env.example").at(Place::line(".env.example", 3));
    for (name, value) in [("REGION", "eu"), ("SMTP_FROM", "you@example.com")] {
        case.variable(name).default.propose(value.to_owned(), example());
    }
    case.variable("REGION").required = true;
    assert_eq!(case.seen("NODE_ENV"), "\"production\" from the default for production");
    assert_eq!(case.seen("APP_ENV"), "\"production\" from the default for production");
    assert_eq!(case.seen("LOG_LEVEL"), "\"info\" from the model");
    assert_eq!((case.seen("API_URL").as_str(), case.seen("SMTP_FROM").as_str()), ("nothing", "nothing"));
    assert_eq!(case.seen("REGION"), "\"eu\" from the example in .env.example:3");
    case.file("api/.env.production", false, &[("LOG_LEVEL", "warn")]);
    assert_eq!(case.seen("LOG_LEVEL"), "\"warn\" from api/.env.production");
    case.says("NODE_ENV", Layer::Environment, "staging");
    assert_eq!(case.seen("NODE_ENV"), "\"staging\" from the model");
}

#[test]
fn a_secret_of_production_comes_from_its_secrets_alone() {
    let mut case = production(&[("STRIPE_KEY", "sk_live"), ("PASSWORD", "p w"), ("UNNAMED", "x")]);
    case.says("STRIPE_KEY", Layer::Imported, "sk_test");
    case.variable("STRIPE_KEY").secret = true;
    case.process.insert("STRIPE_KEY".to_owned(), "sk_shell".to_owned());
    case.file("api/.env", false, &[("STRIPE_KEY", "sk_file")]);
    case.says("DSN", Layer::Config, "https://u:${secrets.PASSWORD}@x");
    assert_eq!(case.seen("STRIPE_KEY"), "\"***\" from the secret STRIPE_KEY");
    let (environment, _dir) = case.resolve();
    let handed = environment.handed();
    assert_eq!((handed["STRIPE_KEY"].as_str(), handed["DSN"].as_str()), ("sk_live", "https://u:p w@x"));
    assert!(environment.values["DSN"].secret && !handed.contains_key("UNNAMED"));
    // Without it, nothing of all that takes its place.
    case.secrets.remove("STRIPE_KEY");
    assert_eq!(case.seen("STRIPE_KEY"), "nothing");
}

#[test]
fn a_secret_that_was_set_goes_before_a_resource_and_a_resource_before_files() {
    let mut case = production(&[]);
    case.says("DATABASE_URL", Layer::Detected, "${resources.db.url}");
    case.variable("DATABASE_URL").secret = true;
    case.file(".env", false, &[("DATABASE_URL", "postgres://localhost/dev")]);
    assert_eq!(case.seen("DATABASE_URL"), "\"***\" from the resource `db`");
    case.secrets.insert("DATABASE_URL".to_owned(), "postgres://elsewhere/shop".into());
    assert_eq!(
        case.seen("DATABASE_URL"),
        "\"***\" from the secret DATABASE_URL instead of the resource `db`"
    );
}

#[test]
fn production_makes_up_what_is_the_apps_own_and_keeps_it() {
    let mut case = production(&[]);
    let variable = case.variable("SESSION_SECRET");
    (variable.secret, variable.required) = (true, true);
    case.says("COOKIE", Layer::Config, "${secrets.JWT_SECRET}");
    assert_eq!(case.seen("SESSION_SECRET"), "\"***\" from made up once for this environment");
    let (environment, dir) = case.resolve();
    assert_eq!(environment.values["COOKIE"].value.len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = dir.path().join(".seaworthy/secrets.json");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    case.secrets.insert("SESSION_SECRET".to_owned(), "mine".into());
    assert_eq!(case.seen("SESSION_SECRET"), "\"***\" from the secret SESSION_SECRET");
}

#[test]
fn what_production_lacks_is_an_error_with_all_of_it() {
    let mut case = production(&[("ONE", "canary")]);
    case.says("DSN", Layer::Config, "https://${secrets.ONE}:${secrets.TWO}@x/${secrets.THREE}");
    let stripe = case.variable("STRIPE_KEY");
    (stripe.secret, stripe.required) = (true, true);
    stripe.default.propose("sk_test_example".to_owned(), Origin::imported(".env.example"));
    case.variable("REGION").required = true;
    case.process.insert("REGION".to_owned(), "canary".to_owned());
    let (resolved, _dir) = case.try_resolve();
    let error = resolved.unwrap_err();
    assert_eq!(error.code(), "variable-missing");
    assert_eq!(
        error.to_string(),
        "`DSN` is missing; api/src/config.js:7 reads it; type `sea secrets set TWO --env local` and \
         `sea secrets set THREE --env local`\n\
         `REGION` is missing; api/src/config.js:7 reads it; give it in seaworthy.toml, in `env` of the service under \
         [environments.local]\n\
         `STRIPE_KEY` is missing; api/src/config.js:7 reads it; type `sea secrets set STRIPE_KEY --env local`"
    );
}

#[test]
fn a_port_is_handed_out_in_production_too() {
    let mut case = production(&[]);
    case.service.port_setting.propose(PortSetting::Env("PORT".to_owned()), Origin::detected("test"));
    case.port = Some(4000);
    assert_eq!(case.seen("PORT"), "\"4000\" from the port handed out");
}

#[test]
fn frameworks_get_what_production_is_called_there() {
    let mut case = production(&[]);
    case.service.framework.propose("Symfony".to_owned(), Origin::detected("test"));
    case.says("APP_ENV", Layer::Imported, "dev");
    assert_eq!(case.seen("APP_ENV"), "\"prod\" from the default for production");
    case.says("APP_ENV", Layer::Config, "stage");
    assert_eq!(case.seen("APP_ENV"), "\"stage\" from the model");
}

#[test]
fn the_digest_follows_values_and_rotations_but_no_instance() {
    let mut case = production(&[("STRIPE_KEY", "canary-1")]);
    case.variable("STRIPE_KEY").secret = true;
    case.says("ARTISTS_URL", Layer::Detected, "${services.artists.url}/v1");
    case.says("LOG_LEVEL", Layer::Config, "info");
    case.service.port_setting.propose(PortSetting::Env("PORT".to_owned()), Origin::detected("test"));
    case.port = Some(4000);
    let of = |case: &Case| {
        digest(&case.resolve().0, |name, value| {
            assert_eq!(name, "STRIPE_KEY", "plain values need no key");
            format!("{}{}", value.len(), &value[value.len() - 1..])
        })
    };
    let first = of(&case);
    assert_eq!(first.len(), 64);
    case.port = Some(4002);
    assert_eq!(of(&case), first);
    case.secrets.insert("STRIPE_KEY".to_owned(), "canary-2".into());
    let rotated = of(&case);
    assert_ne!(rotated, first);
    case.says("LOG_LEVEL", Layer::Environment, "warn");
    assert_ne!(of(&case), rotated);
}

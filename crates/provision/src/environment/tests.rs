use seaworthy_model::{Condition, Layer, Origin, Runtime};

use super::*;
use crate::resource::Attribute;
use crate::state::State;

struct Case {
    service: Service,
    process: BTreeMap<String, String>,
    files: Vec<EnvFile>,
    port: Option<u16>,
}

fn case() -> Case {
    let mut service = Service::default();
    service.path.propose("api".to_owned(), Origin::detected("test"));
    service.runtime.propose(Runtime::new("node", None), Origin::detected("test"));
    service.depend_on(name("db"), Condition::ServiceHealthy, Origin::detected("test"));
    Case { service, process: BTreeMap::new(), files: Vec::new(), port: None }
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
        (resolve(inputs, &mut secrets).unwrap(), dir)
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

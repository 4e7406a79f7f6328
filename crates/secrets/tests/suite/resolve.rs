//! Several sources, several services.

use seaworthy_model::{Name, SecretSource};
use seaworthy_secrets::need::Fallback;
use seaworthy_secrets::{Error, Failure, Resolved, provider, resolve};
use secrecy::ExposeSecret as _;

use crate::support::{CANARY, Repository, needs, production};

fn run(
    repository: &Repository,
    sources: &[SecretSource],
    services: &[(&str, &[&str])],
) -> Result<Resolved, Failure> {
    let mut all = seaworthy_secrets::need::Needs::new();
    for (service, names) in services {
        for (name, uses) in needs(service, names) {
            all.entry(name).or_default().extend(uses);
        }
    }
    let mut context = repository.context();
    context.variables.insert("FROM_ENV".to_owned(), CANARY.into());
    context.variables.insert("BOTH".to_owned(), "env".into());
    resolve(&provider::open(sources, &context).unwrap(), &all, &production())
}

#[test]
fn the_first_source_that_has_it_gives_it_and_each_service_gets_its_own() {
    let repository = Repository::new();
    repository.set("BOTH", "age");
    repository.set("ONLY_AGE", CANARY);
    repository.set("NOBODY_ASKED", CANARY);
    let sources = [SecretSource::Env, SecretSource::Age];
    let services: [(&str, &[&str]); 2] = [("api", &["BOTH", "ONLY_AGE"]), ("web", &["BOTH", "FROM_ENV"])];
    let resolved = run(&repository, &sources, &services).unwrap();
    let of = |service: &str| {
        let own = resolved.of_service(&Name::parse(service).unwrap());
        own.into_iter().map(|(name, value)| format!("{name}={}", value.expose_secret())).collect::<Vec<_>>()
    };
    assert_eq!(of("api"), ["BOTH=env".to_owned(), format!("ONLY_AGE={CANARY}")]);
    assert_eq!(of("web"), ["BOTH=env".to_owned(), format!("FROM_ENV={CANARY}")]);
    assert_eq!(resolved.get("ONLY_AGE").unwrap().source, "secrets/production.age");
    assert!(!format!("{resolved:?}").contains("canary"));
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let repository = Repository::new();
    repository.set("HERE", CANARY);
    let names: &[&str] = &["HERE", "STRIPE_KEY", "GONE"];
    let services = [("api", names), ("worker", &["GONE"])];
    let failure = run(&repository, &[SecretSource::Env, SecretSource::Age], &services).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "GONE is missing; needed by api (api.js:3), worker (api.js:3); asked the environment of this process, \
         then secrets/production.age; type `sea secrets set GONE --env production`\n\
         STRIPE_KEY is missing; needed by api (api.js:3); asked the environment of this process, \
         then secrets/production.age; type `sea secrets set STRIPE_KEY --env production`"
    );
}

#[test]
fn what_has_another_way_is_not_missing() {
    let repository = Repository::new();
    let mut all = needs("api", &["SESSION_SECRET"]);
    all.values_mut().flatten().for_each(|one| one.fallback = Fallback::MadeUp);
    let opened = provider::open(&[SecretSource::Age], &repository.context()).unwrap();
    assert_eq!(resolve(&opened, &all, &production()).unwrap().all().count(), 0);
}

#[test]
fn a_source_that_fails_is_not_passed_over() {
    let repository = Repository::new();
    repository.set("A", "old");
    let down = SecretSource::Command(["/nowhere/vault", "{name}"].map(str::to_owned).to_vec());
    let failure = run(&repository, &[down, SecretSource::Age], &[("api", &["A"])]).unwrap_err();
    assert!(failure.missing.is_empty());
    assert!(matches!(failure.errors[0].1, Error::Command { .. }));
}

#[test]
fn no_key_is_needed_where_there_is_no_file() {
    let repository = Repository::new();
    let mut context = repository.context();
    context.keys.named = Some(repository.path("no/age.key"));
    assert!(provider::open(&[SecretSource::Age], &context).is_ok());
    repository.set("A", "1");
    assert!(matches!(provider::open(&[SecretSource::Age], &context), Err(Error::NoKey { .. })));
}

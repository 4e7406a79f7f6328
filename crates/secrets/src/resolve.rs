//! Needs and sources -> values for each service, or all that is missing.

use std::collections::BTreeMap;
use std::fmt;
use std::thread;

use seaworthy_model::Name;
use secrecy::SecretString;

use crate::error::set_command;
use crate::need::{Fallback, Needs, Use};
use crate::provider::Provider;
use crate::{Error, SecretName};

/// How many secrets are asked for at the same time: commands wait for a network.
const AT_ONCE: usize = 8;

/// A value, and who gave it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The value.
    pub value: SecretString,
    /// The source that gave it, for people.
    pub source: String,
}

/// Every secret that was found.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    found: BTreeMap<SecretName, (Found, Vec<Name>)>,
    /// What is dangerous about how secrets are kept.
    pub warnings: Vec<String>,
}

impl Resolved {
    /// What one service gets: the secrets that it names, and no other.
    pub fn of_service(&self, service: &Name) -> BTreeMap<String, SecretString> {
        let own = self.found.iter().filter(|(_, (_, users))| users.contains(service));
        own.map(|(name, (found, _))| (name.to_string(), found.value.clone())).collect()
    }

    /// Every secret, with who gave it.
    pub fn all(&self) -> impl Iterator<Item = (&SecretName, &Found)> {
        self.found.iter().map(|(name, (found, _))| (name, found))
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&Found> {
        self.found.get(name).map(|(found, _)| found)
    }
}

/// A secret that nobody gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: SecretName,
    /// Who cannot do without it.
    pub uses: Vec<Use>,
    /// Who was asked for it.
    pub asked: Vec<String>,
    /// What to type next.
    pub next: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is missing", self.name)?;
        for (index, one) in self.uses.iter().enumerate() {
            f.write_str(if index == 0 { "; needed by " } else { ", " })?;
            write!(f, "{}", one.service)?;
            if let Some(place) = &one.place {
                write!(f, " ({place})")?;
            }
        }
        write!(f, "; asked {}; type `{}`", self.asked.join(", then "), self.next)
    }
}

/// Everything that keeps an environment from its secrets.
#[derive(Debug, Default)]
pub struct Failure {
    /// What nobody gives.
    pub missing: Vec<Missing>,
    /// What could not be found out, by secret.
    pub errors: Vec<(SecretName, Error)>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing.iter().map(ToString::to_string);
        let errors = self.errors.iter().map(|(name, error)| format!("{name} is not known: {error}"));
        f.write_str(&missing.chain(errors).collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for Failure {}

/// Asks the sources for everything that is needed; the first that has a secret gives it.
///
/// A source that fails ends the search for that secret: what a later one has may be old, and which of the two runs must
/// not depend on a network.
pub fn resolve(
    providers: &[Box<dyn Provider>],
    needs: &Needs,
    environment: &Name,
) -> Result<Resolved, Failure> {
    let (resolved, failure) = look(providers, needs, environment);
    if failure.missing.is_empty() && failure.errors.is_empty() { Ok(resolved) } else { Err(failure) }
}

/// The same, with what was found beside what was not.
pub fn look(providers: &[Box<dyn Provider>], needs: &Needs, environment: &Name) -> (Resolved, Failure) {
    let warnings = providers.iter().flat_map(|provider| provider.warnings()).collect();
    let mut resolved = Resolved { found: BTreeMap::new(), warnings };
    let mut failure = Failure::default();
    let names: Vec<&SecretName> = needs.keys().collect();
    for names in names.chunks(AT_ONCE) {
        let answers: Vec<Result<Option<Found>, Error>> = thread::scope(|scope| {
            let asked: Vec<_> = names.iter().map(|name| scope.spawn(move || ask(providers, name))).collect();
            let answer = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            asked.into_iter().map(answer).collect()
        });
        for (name, answer) in names.iter().zip(answers) {
            let uses = &needs[*name];
            match answer {
                Ok(Some(found)) => {
                    let users = uses.iter().map(|one| one.service.clone()).collect();
                    resolved.found.insert((*name).clone(), (found, users));
                }
                Ok(None) => {
                    let without: Vec<Use> =
                        uses.iter().filter(|one| one.fallback == Fallback::Nothing).cloned().collect();
                    if !without.is_empty() {
                        failure.missing.push(Missing {
                            name: (*name).clone(),
                            uses: without,
                            asked: providers.iter().map(|provider| provider.title()).collect(),
                            next: set_command(name.as_str(), environment),
                        });
                    }
                }
                Err(error) => failure.errors.push(((*name).clone(), error)),
            }
        }
    }
    (resolved, failure)
}

fn ask(providers: &[Box<dyn Provider>], name: &SecretName) -> Result<Option<Found>, Error> {
    for provider in providers {
        if let Some(value) = provider.get(name)? {
            return Ok(Some(Found { value, source: provider.title() }));
        }
    }
    Ok(None)
}

//! One order: names tested, a key made, a certificate issued.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationState, AuthorizationStatus, ChallengeType, Identifier, NewOrder, Order,
    OrderStatus, Problem, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::account::Accounts;
use crate::challenge::{self, Answer, Challenges, Method};
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::pair::Pair;

/// The longest that an order may take; authorities test names from several places, and again.
const TIMEOUT: Duration = Duration::from_mins(3);

/// Orders a certificate for some hosts, their names tested by `method` where the authority offers it. Answers are taken back
/// before this returns, but not where it is dropped.
pub(crate) async fn order(
    accounts: &Accounts<'_>,
    challenges: &dyn Challenges,
    hosts: &[String],
    method: Method,
) -> Result<(Pair, Facts)> {
    for host in hosts {
        check_name(host)?;
    }
    let account = accounts.open().await?;
    let ordered = tokio::time::timeout(TIMEOUT, issue(accounts, &account, challenges, hosts, method)).await;
    // Whatever became of it. What cannot be taken back does no harm: nobody asks for it any more.
    let _ = challenges.put(Vec::new()).await;
    let why = || format!("the order took more than {} s", TIMEOUT.as_secs());
    ordered.unwrap_or_else(|_| {
        Err(Error::Unreachable { directory: accounts.authority.directory.clone(), why: why() })
    })
}

/// Names that no test can be passed for are not asked for: a refusal counts.
fn check_name(host: &str) -> Result<()> {
    let wrong = |why| Err(Error::Unorderable { name: host.to_owned(), why });
    if host.contains('*') {
        return wrong("wildcards are tested by DNS records alone");
    }
    if host.parse::<std::net::IpAddr>().is_ok() {
        return wrong("it is an address");
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if host.len() > 253 || !host.contains('.') || !host.split('.').all(is_label) {
        return wrong("it is no public name in lower case");
    }
    Ok(())
}

async fn issue(
    accounts: &Accounts<'_>,
    account: &Account,
    challenges: &dyn Challenges,
    hosts: &[String],
    method: Method,
) -> Result<(Pair, Facts)> {
    let identifiers: Vec<Identifier> = hosts.iter().cloned().map(Identifier::Dns).collect();
    let error = |error| accounts.error(error);
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await.map_err(error)?;
    prove(accounts, challenges, &mut order, method).await?;
    // Nothing is left to be tested where the authority remembers it.
    if order.state().status != OrderStatus::Ready {
        let policy = RetryPolicy::new().timeout(TIMEOUT);
        match order.poll_ready(&policy).await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) => return Err(explain(&mut order, None).await),
            Err(instant_acme::Error::Api(problem)) => {
                return Err(explain(&mut order, Some(problem)).await);
            }
            Err(failed) => return Err(error(failed)),
        }
    }
    let made = |failed: rcgen::Error| Error::Unanswered(failed.to_string());
    let key = KeyPair::generate().map_err(made)?;
    let mut parameters = CertificateParams::new(hosts.to_vec()).map_err(made)?;
    parameters.distinguished_name = DistinguishedName::new();
    let request = parameters.serialize_request(&key).map_err(made)?;
    order.finalize_csr(request.der()).await.map_err(error)?;
    let chain = order.poll_certificate(&RetryPolicy::new().timeout(TIMEOUT)).await.map_err(error)?;
    let unfit = |why: String| Error::Pair { place: "what the authority issued".to_owned(), why };
    let (pair, facts) = Pair::new(&chain, &key.serialize_pem()).map_err(unfit)?;
    match facts.missing(hosts) {
        Some(host) => Err(unfit(format!("it is not for `{host}`"))),
        None => Ok((pair, facts)),
    }
}

/// Sees to it that every test that is still to be passed finds its answer, then asks for the tests.
async fn prove(
    accounts: &Accounts<'_>,
    challenges: &dyn Challenges,
    order: &mut Order,
    preferred: Method,
) -> Result<()> {
    let error = |error| accounts.error(error);
    let mut answers = Vec::new();
    let mut tests = order.authorizations();
    while let Some(test) = tests.next().await {
        let mut test = test.map_err(error)?;
        // The authority may remember a test that was passed.
        if test.status != AuthorizationStatus::Pending {
            continue;
        }
        let method = choose(&test, preferred);
        let host = name_of(test.identifier().identifier);
        let Some(challenge) = test.challenge(kind(method)) else {
            return Err(Error::Refused { why: "it offers neither http-01 nor tls-alpn-01".to_owned() });
        };
        let proof = challenge.key_authorization();
        answers.push(match method {
            Method::Http01 => {
                Answer::Http { token: challenge.token.clone(), body: proof.as_str().to_owned() }
            }
            Method::TlsAlpn01 => {
                let pair = challenge::proof(&host, proof.digest().as_ref()).map_err(Error::Unanswered)?;
                Answer::Tls { host, pair }
            }
        });
    }
    if answers.is_empty() {
        return Ok(());
    }
    challenges.put(answers).await.map_err(Error::Unanswered)?;
    let mut tests = order.authorizations();
    while let Some(test) = tests.next().await {
        let mut test = test.map_err(error)?;
        let method = choose(&test, preferred);
        if test.status == AuthorizationStatus::Pending
            && let Some(mut challenge) = test.challenge(kind(method))
        {
            challenge.set_ready().await.map_err(error)?;
        }
    }
    Ok(())
}

/// The method that is preferred, where the authority offers it.
fn choose(test: &AuthorizationState, preferred: Method) -> Method {
    let offered = test.challenges.iter().any(|challenge| challenge.r#type == kind(preferred));
    match preferred {
        _ if offered => preferred,
        Method::TlsAlpn01 => Method::Http01,
        Method::Http01 => Method::TlsAlpn01,
    }
}

fn kind(method: Method) -> ChallengeType {
    match method {
        Method::TlsAlpn01 => ChallengeType::TlsAlpn01,
        Method::Http01 => ChallengeType::Http01,
    }
}

fn name_of(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Dns(name) => name.to_ascii_lowercase(),
        // Nothing else was asked for.
        _ => String::new(),
    }
}

/// Why an order became invalid: the test that failed says more than the order.
async fn explain(order: &mut Order, problem: Option<Problem>) -> Error {
    let mut tests = order.authorizations();
    while let Some(Ok(mut test)) = tests.next().await {
        let Ok(state) = test.refresh().await else { continue };
        let failed = state.challenges.iter().find_map(|test| Some((&test.r#type, test.error.as_ref()?)));
        if let Some((kind, problem)) = failed {
            let method = if *kind == ChallengeType::Http01 { Method::Http01 } else { Method::TlsAlpn01 };
            let name = name_of(state.identifier().identifier);
            return Error::NotFound { name, port: method.port(), why: said(problem) };
        }
    }
    let why = problem.as_ref().map_or_else(|| "the order became invalid".to_owned(), said);
    Error::Refused { why }
}

/// What an error of the library means.
pub(super) enum Failure {
    Limited(String),
    NoAccount(String),
    Refused(String),
    Unreachable(String),
}

pub(super) fn failure(error: instant_acme::Error) -> Failure {
    match error {
        instant_acme::Error::Api(problem) => {
            match problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next()) {
                Some("rateLimited") => Failure::Limited(said(&problem)),
                Some("accountDoesNotExist") => Failure::NoAccount(said(&problem)),
                _ => Failure::Refused(said(&problem)),
            }
        }
        error => Failure::Unreachable(error.to_string()),
    }
}

/// A problem in the authority's words, on one line.
fn said(problem: &Problem) -> String {
    let mut text = problem.detail.clone().or_else(|| problem.r#type.clone()).unwrap_or_default();
    for part in &problem.subproblems {
        if let Some(detail) = &part.detail {
            text = format!("{text}; {detail}");
        }
    }
    // Control characters of someone else have no business on a terminal.
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_authority_issues_for_are_not_asked_for() {
        for name in ["*.shop.test", "127.0.0.1", "localhost", "Shop.test", "a..test", "", "a_b.test"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        check_name("www.shop-1.test").unwrap();
    }
}

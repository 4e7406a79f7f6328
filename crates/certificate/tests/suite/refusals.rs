//! Wrong answers of an authority: each has a clear outcome, and none is a loop.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use seaworthy_certificate::{Answer, Challenges, Keeper, Notice, Options, Problem, Source, Status, Wanted};

use crate::authority::{Authority, Says};

/// Longer than anything here takes; a test that waits for it fails.
const PATIENCE: Duration = Duration::from_secs(20);

struct Nobody;

impl Challenges for Nobody {
    fn put(&self, _: Vec<Answer>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }
}

fn account() -> Says {
    Says::new(201, "{}").with("Location: https://localhost/accounts/1")
}

fn wanted() -> Vec<Wanted> {
    vec![Wanted { name: "shop".into(), hosts: vec!["shop.test".into()], source: Source::Authority }]
}

/// Orders once; what came of it.
async fn ordered(options: Options) -> (Problem, Status) {
    let keeper = Keeper::start(options, Arc::new(Nobody)).unwrap();
    let (mut notices, mut statuses) = (keeper.notices(), keeper.statuses());
    keeper.want(wanted());
    let notice = tokio::time::timeout(PATIENCE, notices.recv()).await.unwrap().unwrap();
    let Notice::Failed { problem, next, .. } = notice else { panic!("{notice:?}") };
    let told = |statuses: &Arc<Vec<Status>>| statuses.first().is_some_and(|status| status.problem.is_some());
    let status = tokio::time::timeout(PATIENCE, statuses.wait_for(told)).await.unwrap().unwrap()[0].clone();
    assert_eq!((status.problem.as_ref(), status.next), (Some(&problem), next));
    // Looking again changes nothing: it is not due.
    keeper.want(wanted());
    tokio::task::yield_now().await;
    keeper.stop().await;
    (problem, status)
}

fn options(authority: &Authority) -> Options {
    let clock = Arc::new(Timestamp::now);
    Options { folder: authority.folder(), authority: Some(authority.options()), clock }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_often_is_waited_out_for_as_long_as_the_authority_says() {
    let authority = Authority::start(|path, _| match path {
        "/account" => account(),
        _ => Says::problem(429, "rateLimited", "too many certificates already issued")
            .with("Retry-After: 90000"),
    });
    let (problem, status) = ordered(options(&authority)).await;
    assert_eq!((problem.code.as_str(), problem.failures), ("certificate-limited", 1));
    assert!(problem.reason.contains("too many certificates already issued"), "{problem:?}");
    let hours = status.next.unwrap().duration_since(Timestamp::now()).as_hours();
    assert!((24..=25).contains(&hours), "{hours} h");
    assert_eq!(authority.asked("/order"), 1);
    // A host that starts anew does not ask either.
    let keeper = Keeper::start(options(&authority), Arc::new(Nobody)).unwrap();
    let mut statuses = keeper.statuses();
    keeper.want(wanted());
    let looked = |statuses: &Arc<Vec<Status>>| !statuses.is_empty();
    let again = tokio::time::timeout(PATIENCE, statuses.wait_for(looked)).await.unwrap().unwrap()[0].clone();
    assert_eq!(again, status);
    keeper.stop().await;
    assert_eq!((authority.asked("/order"), authority.asked("/account")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_is_refused_is_replaced_and_nothing_is_told() {
    let authority = Authority::start(|path, before| match path {
        "/account" | "/order" if before == 0 => {
            Says::problem(400, "badNonce", "JWS has an invalid anti-replay nonce")
        }
        "/account" => account(),
        _ => Says::problem(403, "rejectedIdentifier", "the policy forbids\u{1b}[31m this name"),
    });
    let (problem, _) = ordered(options(&authority)).await;
    assert_eq!(problem.code, "certificate-refused");
    assert!(problem.reason.ends_with("the policy forbids [31m this name"), "{problem:?}");
    assert_eq!((authority.asked("/account"), authority.asked("/order")), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_forgot_the_account_is_given_another() {
    let authority = Authority::start(|path, before| match path {
        "/account" => account(),
        "/order" if before == 0 => Says::problem(400, "accountDoesNotExist", "no such account"),
        _ => Says::problem(403, "rejectedIdentifier", "no"),
    });
    let mut options = options(&authority);
    ordered(options.clone()).await;
    options.clock = Arc::new(|| Timestamp::now() + jiff::SignedDuration::from_hours(1));
    let keeper = Keeper::start(options, Arc::new(Nobody)).unwrap();
    let mut statuses = keeper.statuses();
    keeper.want(wanted());
    let twice = |statuses: &Arc<Vec<Status>>| {
        let problem = statuses.first().and_then(|status| status.problem.as_ref());
        problem.is_some_and(|problem| problem.failures == 2)
    };
    tokio::time::timeout(PATIENCE, statuses.wait_for(twice)).await.unwrap().unwrap();
    keeper.stop().await;
    assert_eq!((authority.asked("/account"), authority.asked("/order")), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_acme_is_told_as_unreachable() {
    let authority = Authority::start(|_, _| Says::new(502, "<html>Bad gateway</html>"));
    let (problem, _) = ordered(options(&authority)).await;
    assert!(
        problem.reason.contains("cannot be reached") && !problem.reason.contains("<html>"),
        "{problem:?}"
    );
    let mut unknown = options(&authority);
    if let Some(authority) = &mut unknown.authority {
        // Mozilla's roots do not know it.
        authority.roots = None;
    }
    unknown.folder.set_extension("other");
    let (problem, _) = ordered(unknown).await;
    assert!(problem.reason.contains("UnknownIssuer"), "{problem:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_without_consent_or_for_names_that_cannot_be_tested() {
    let authority = Authority::start(|_, _| panic!("it was asked"));
    let mut options = options(&authority);
    if let Some(authority) = &mut options.authority {
        authority.terms_agreed = false;
    }
    let (problem, _) = ordered(options).await;
    assert_eq!(problem.code, "certificate-terms");
    assert_eq!(authority.asked("/directory"), 0);
}

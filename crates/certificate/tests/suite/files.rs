//! Certificates of others: checked, taken up when they change, and warned about before they end.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use seaworthy_certificate::{Answer, Challenges, Keeper, Notice, Options, Source, Status, Wanted};
use tempfile::TempDir;
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(20);

struct Nobody;

impl Challenges for Nobody {
    fn put(&self, _: Vec<Answer>) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }
}

/// Writes a certificate that ends in so many days.
fn write(folder: &Path, host: &str, days: i64) {
    let mut parameters = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
    let at = |days: i64| {
        std::time::SystemTime::from(Timestamp::now() + SignedDuration::from_hours(24 * days)).into()
    };
    (parameters.not_before, parameters.not_after) = (at(-100), at(days));
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    std::fs::write(folder.join("chain.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

async fn once(statuses: &mut watch::Receiver<Arc<Vec<Status>>>, what: impl Fn(&Status) -> bool) -> Status {
    let so = |statuses: &Arc<Vec<Status>>| statuses.first().is_some_and(&what);
    let seen = tokio::time::timeout(PATIENCE, statuses.wait_for(so)).await;
    seen.expect("not in time").unwrap()[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_taken_up_when_they_change_and_kept_when_they_break() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "*.shop.test", 60);
    let options =
        Options { folder: folder.path().join("kept"), authority: None, clock: Arc::new(Timestamp::now) };
    let keeper = Keeper::start(options, Arc::new(Nobody)).unwrap();
    let (mut statuses, mut notices) = (keeper.statuses(), keeper.notices());
    let source = Source::Files { chain: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    let wanted = vec![Wanted { name: "shop".into(), hosts: vec!["www.shop.test".into()], source }];
    let look = || keeper.want(wanted.clone());
    look();
    let first = once(&mut statuses, |status| status.held.is_some()).await;
    assert_eq!((first.problem, first.next), (None, None));

    // Written in two steps, a pair does not fit for a moment.
    let held = first.held.unwrap();
    std::fs::write(folder.path().join("key.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem())
        .unwrap();
    look();
    let broken = once(&mut statuses, |status| status.problem.is_some()).await;
    let problem = broken.problem.unwrap();
    assert!(problem.reason.contains("chain.pem: the key is not that of the certificate"), "{problem:?}");
    assert_eq!((broken.held, problem.code.as_str()), (Some(held.clone()), "certificate-wrong"));
    assert!(matches!(notices.recv().await.unwrap(), Notice::Failed { problem: told, .. } if told == problem));

    write(folder.path(), "shop.test", 60);
    look();
    let reason = |status: &Status| {
        status
            .problem
            .as_ref()
            .is_some_and(|problem| problem.reason.contains("not for `www.shop.test` but for shop.test"))
    };
    once(&mut statuses, reason).await;

    // Mended, and ending soon: that is told once.
    write(folder.path(), "www.shop.test", 13);
    look();
    let renewed = once(&mut statuses, |status| status.problem.is_none()).await;
    assert_ne!(renewed.held.unwrap(), held);
    look();
    let ending = loop {
        match tokio::time::timeout(PATIENCE, notices.recv()).await.unwrap().unwrap() {
            Notice::Ending { until, .. } => break until,
            Notice::Failed { .. } => {}
            Notice::Issued { .. } => panic!("nothing was issued"),
        }
    };
    let hours = ending.duration_since(Timestamp::now()).as_hours();
    assert!((13 * 24 - 1..=13 * 24).contains(&hours), "{hours}");
    write(folder.path(), "www.shop.test", -1);
    look();
    let told = |status: &Status| {
        status.problem.as_ref().is_some_and(|problem| problem.reason.contains("it is valid from"))
    };
    assert!(once(&mut statuses, told).await.held.is_some(), "better than none");
    keeper.stop().await;
}

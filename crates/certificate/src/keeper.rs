//! The task that keeps certificates: looks at what is wanted and what there is, orders what is due, one after the other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::acme::{self, Accounts, Authority, RetryAfter};
use crate::challenge::{Challenges, Method};
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::pair::Pair;
use crate::schedule;
use crate::store::{Attempts, Folder};

/// How often files are looked at: those of others change without a word.
const LOOK: Duration = Duration::from_secs(10);
/// After a failure of this machine, such as a full disk, before anything is tried again.
const STALL: SignedDuration = SignedDuration::from_mins(10);
/// Notices that wait for someone to read them; older ones are dropped.
const NOTICES: usize = 64;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How certificates are kept.
#[derive(Clone)]
pub struct Options {
    /// Where.
    pub folder: PathBuf,
    /// Who issues those that are no files; `None` is nobody.
    pub authority: Option<Authority>,
    /// The time.
    pub clock: Clock,
}

/// A certificate that there should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Unique, and the same for as long as the certificate is: an environment, say.
    pub name: String,
    /// The hosts that it is for, in lower case.
    pub hosts: Vec<String>,
    /// Where it comes from.
    pub source: Source,
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The authority.
    Authority,
    /// Files that someone else keeps; what changes there is taken up.
    Files {
        /// The certificate and its chain, PEM.
        chain: PathBuf,
        /// The key, PEM; it may be the same file.
        key: PathBuf,
    },
}

/// A certificate that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The hosts that it is wanted for and is for.
    pub hosts: Vec<String>,
    /// The certificate and its key.
    pub pair: Pair,
    /// What it says.
    pub facts: Facts,
}

/// What became of a certificate that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// The hosts that it is wanted for.
    pub hosts: Vec<String>,
    /// What there is, where there is one.
    pub held: Option<Held>,
    /// When the next order is due; `None` for files.
    pub next: Option<Timestamp>,
    /// What keeps it from being as it should.
    pub problem: Option<Problem>,
}

/// What keeps a certificate from being as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The code of its page: `sea explain CODE`.
    pub code: String,
    /// For people.
    pub reason: String,
    /// Orders in a row that failed.
    pub failures: u32,
}

/// Something that an operator wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// There is a new certificate.
    Issued {
        /// Its name.
        name: String,
        /// What it says.
        facts: Facts,
    },
    /// There is a new problem.
    Failed {
        /// The certificate's name.
        name: String,
        /// What is wrong.
        problem: Problem,
        /// When the next order is due; `None` for files, which are looked at all the time.
        next: Option<Timestamp>,
    },
    /// A certificate from files is over in two weeks or less.
    Ending {
        /// Its name.
        name: String,
        /// When.
        until: Timestamp,
    },
}

/// Keeps certificates. Dropped, it goes on; see [`Keeper::stop`].
pub struct Keeper {
    wanted: watch::Sender<Vec<Wanted>>,
    statuses: watch::Receiver<Arc<Vec<Status>>>,
    notices: broadcast::Sender<Notice>,
    challenges: Arc<dyn Challenges>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Starts with nothing wanted. Must be called within a runtime.
    pub fn start(options: Options, challenges: Arc<dyn Challenges>) -> Result<Self> {
        let folder = Folder::open(&options.folder)?;
        let (wanted, wants) = watch::channel(Vec::new());
        let (publish, statuses) = watch::channel(Arc::default());
        let (notices, _) = broadcast::channel(NOTICES);
        let task = Task {
            folder,
            options,
            challenges: Arc::clone(&challenges),
            publish,
            notices: notices.clone(),
            memory: HashMap::new(),
        };
        let task = Mutex::new(Some(tokio::spawn(task.run(wants))));
        Ok(Self { wanted, statuses, notices, challenges, task })
    }

    /// Says which certificates there should be, in place of what was said before, and has everything looked at anew. Those
    /// that are wanted no more stay in the folder.
    pub fn want(&self, wanted: Vec<Wanted>) {
        self.wanted.send_replace(wanted);
    }

    /// What became of each, in the order in which they are wanted; changes whenever something did.
    #[must_use]
    pub fn statuses(&self) -> watch::Receiver<Arc<Vec<Status>>> {
        self.statuses.clone()
    }

    /// What happens from now on.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Ends an order that is under way, takes its answers back, and looks at nothing any more.
    pub async fn stop(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
        let _ = self.challenges.put(Vec::new()).await;
    }
}

/// What is known of a certificate besides what is on disk.
#[derive(Debug, Default)]
struct Memory {
    /// The last one that was of use: where files cannot be read or fit together no more, it stays.
    held: Option<Held>,
    /// The last problem and the last end that were told.
    told: (Option<Problem>, Option<Timestamp>),
    /// Nothing is ordered before.
    stalled: Option<Timestamp>,
}

struct Task {
    folder: Folder,
    options: Options,
    challenges: Arc<dyn Challenges>,
    publish: watch::Sender<Arc<Vec<Status>>>,
    notices: broadcast::Sender<Notice>,
    memory: HashMap<String, Memory>,
}

impl Task {
    async fn run(mut self, mut wants: watch::Receiver<Vec<Wanted>>) {
        loop {
            let wanted = wants.borrow_and_update().clone();
            let statuses = self.look(&wanted);
            self.tell(&statuses);
            let now = (self.options.clock)();
            let due = statuses.iter().filter(|status| status.next.is_some_and(|next| next <= now));
            let due = due.min_by_key(|status| status.next).map(|status| status.name.clone());
            self.publish.send_if_modified(|published| {
                let changed = **published != statuses;
                if changed {
                    *published = Arc::new(statuses);
                }
                changed
            });
            if let Some(wanted) = due.and_then(|name| wanted.into_iter().find(|wanted| wanted.name == name)) {
                self.order(&wanted).await;
                continue;
            }
            tokio::select! {
                changed = wants.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// What there is of what is wanted. The files are few and small.
    fn look(&mut self, wanted: &[Wanted]) -> Vec<Status> {
        self.memory.retain(|name, _| wanted.iter().any(|wanted| wanted.name == *name));
        wanted.iter().map(|wanted| self.look_at(wanted)).collect()
    }

    fn look_at(&mut self, wanted: &Wanted) -> Status {
        let now = (self.options.clock)();
        let memory = self.memory.entry(wanted.name.clone()).or_default();
        let looked = match (&wanted.source, &self.options.authority) {
            (Source::Files { chain, key }, _) => files(wanted, chain, key, now),
            (Source::Authority, Some(authority)) => ordered(&self.folder, wanted, authority, memory),
            (Source::Authority, None) => {
                Err(Error::Refused { why: "this host was told of no authority".to_owned() })
            }
        };
        if let Ok(status) = &looked {
            memory.held.clone_from(&status.held);
        }
        looked.unwrap_or_else(|error| Status {
            name: wanted.name.clone(),
            hosts: wanted.hosts.clone(),
            held: memory.held.clone(),
            next: None,
            problem: Some(Problem { code: error.code().to_owned(), reason: error.to_string(), failures: 0 }),
        })
    }

    /// Tells what has not been told yet.
    fn tell(&mut self, statuses: &[Status]) {
        let now = (self.options.clock)();
        for status in statuses {
            let memory = self.memory.entry(status.name.clone()).or_default();
            let (problem, end) = &mut memory.told;
            if *problem != status.problem {
                problem.clone_from(&status.problem);
                if let Some(problem) = problem.clone() {
                    let (name, next) = (status.name.clone(), status.next);
                    let _ = self.notices.send(Notice::Failed { name, problem, next });
                }
            }
            let ending = status.held.as_ref().filter(|_| status.next.is_none());
            let ending = ending.map(|held| held.facts.validity).filter(|validity| validity.ends_soon(now));
            let ending = ending.map(|validity| validity.until);
            if *end != ending {
                *end = ending;
                if let Some(until) = ending {
                    let _ = self.notices.send(Notice::Ending { name: status.name.clone(), until });
                }
            }
        }
    }

    /// Orders a certificate. It is written down first, and not begun where it cannot be: what is not counted could become
    /// a loop.
    async fn order(&mut self, wanted: &Wanted) {
        let Some(authority) = self.options.authority.clone() else { return };
        let began = (self.options.clock)();
        if let Err(error) = self.order_from(wanted, &authority, began).await {
            let stalled = began.checked_add(STALL).unwrap_or(Timestamp::MAX);
            let memory = self.memory.entry(wanted.name.clone()).or_default();
            memory.stalled = Some(stalled);
            let problem = Problem { code: error.code().to_owned(), reason: error.to_string(), failures: 0 };
            let notice = Notice::Failed { name: wanted.name.clone(), problem, next: Some(stalled) };
            let _ = self.notices.send(notice);
        }
    }

    async fn order_from(&self, wanted: &Wanted, authority: &Authority, began: Timestamp) -> Result<()> {
        let before = attempts(&self.folder, wanted, authority)?;
        let begun = Attempts {
            hosts: wanted.hosts.clone(),
            directory: authority.directory.clone(),
            failures: before.failures.saturating_add(1),
            last: Some(began),
            reason: Some("the order did not end".to_owned()),
            code: Some("certificate-refused".to_owned()),
            ..Attempts::default()
        };
        self.folder.note(&wanted.name, &begun)?;
        let accounts = Accounts { folder: &self.folder, authority, retry_after: RetryAfter::default() };
        let method = method(authority, before.failures);
        let issued = acme::order(&accounts, &*self.challenges, &wanted.hosts, method).await;
        match issued {
            Ok((pair, facts)) => {
                self.folder.keep(&wanted.name, &pair)?;
                let done = Attempts { failures: 0, reason: None, code: None, ..begun };
                self.folder.note(&wanted.name, &done)?;
                let _ = self.notices.send(Notice::Issued { name: wanted.name.clone(), facts });
                Ok(())
            }
            Err(error) => {
                let failed = Attempts {
                    retry: error.retry(),
                    was_limited: matches!(error, Error::Limited { .. }),
                    reason: Some(error.to_string()),
                    code: Some(error.code().to_owned()),
                    ..begun
                };
                self.folder.note(&wanted.name, &failed)
            }
        }
    }
}

/// How names are tested after so many failures.
fn method(authority: &Authority, failures: u32) -> Method {
    let methods = &authority.methods;
    let turn = usize::try_from(failures).unwrap_or(0).checked_rem(methods.len());
    turn.map_or(Method::Http01, |turn| methods[turn])
}

/// How orders of a certificate went; with other hosts or another authority, there were none.
fn attempts(folder: &Folder, wanted: &Wanted, authority: &Authority) -> Result<Attempts> {
    let attempts = folder.attempts(&wanted.name)?;
    let same = attempts.hosts == wanted.hosts && attempts.directory == authority.directory;
    Ok(if same { attempts } else { Attempts::default() })
}

/// One that is ordered.
fn ordered(folder: &Folder, wanted: &Wanted, authority: &Authority, memory: &Memory) -> Result<Status> {
    let attempts = attempts(folder, wanted, authority)?;
    let kept = folder.pair(&wanted.name)?;
    // It shall do until there is a better one, for the hosts that it is for.
    let held = kept.map(|(pair, facts)| Held {
        hosts: wanted
            .hosts
            .iter()
            .filter(|host| facts.missing(std::slice::from_ref(host)).is_none())
            .cloned()
            .collect(),
        pair,
        facts,
    });
    // That of another authority, or for fewer hosts, is replaced at once.
    let will_do = held.as_ref().filter(|held| held.hosts == wanted.hosts && !attempts.directory.is_empty());
    let next = schedule::next(&wanted.name, will_do.map(|held| held.facts.validity), &attempts);
    let failed = attempts.code.zip(attempts.reason).filter(|_| attempts.failures > 0);
    Ok(Status {
        name: wanted.name.clone(),
        hosts: wanted.hosts.clone(),
        held,
        next: Some(next.max(memory.stalled.unwrap_or(Timestamp::MIN))),
        problem: failed.map(|(code, reason)| Problem { code, reason, failures: attempts.failures }),
    })
}

/// One from files.
fn files(wanted: &Wanted, chain: &Path, key: &Path, now: Timestamp) -> Result<Status> {
    let chain_pem = std::fs::read_to_string(chain).map_err(Error::file(chain))?;
    let key_pem = std::fs::read_to_string(key).map_err(Error::file(key))?;
    let wrong = |why| Error::Pair { place: chain.display().to_string(), why };
    let (pair, facts) = Pair::new(&chain_pem, &key_pem).map_err(wrong)?;
    if let Some(host) = facts.missing(&wanted.hosts) {
        return Err(wrong(format!("the certificate is not for `{host}` but for {}", facts.names.join(", "))));
    }
    let problem = (!facts.validity.holds(now)).then(|| {
        let reason =
            wrong(format!("it is valid from {} until {}", facts.validity.from, facts.validity.until));
        Problem { code: reason.code().to_owned(), reason: reason.to_string(), failures: 0 }
    });
    let held = Held { hosts: wanted.hosts.clone(), pair, facts };
    Ok(Status {
        name: wanted.name.clone(),
        hosts: wanted.hosts.clone(),
        held: Some(held),
        next: None,
        problem,
    })
}

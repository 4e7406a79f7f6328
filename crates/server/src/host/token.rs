//! What opens the dashboard and the API of a host over TCP: a token that is made up once and kept for its owner alone, tickets that
//! sign a browser in once, and the sessions of browsers.
//!
//! Nothing of a session is kept: its cookie says who and until when, under a MAC whose key is the token. So a control process
//! that is replaced signs nobody out, and removing the token's file signs everybody out. Everything that a stranger sends
//! is compared by its MAC, which takes the same time whatever was sent.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How long a browser stays signed in.
pub(super) const SESSION: Duration = Duration::from_hours(30 * 24);
/// How long a ticket waits to be used.
const TICKET: Duration = Duration::from_mins(5);
/// Tickets that wait at a time; the oldest is forgotten for another.
const TICKETS: usize = 16;
/// Bytes of a person's name in a session.
const LONGEST_NAME: usize = 256;

/// What a MAC is for: one that was made for another purpose fits none.
#[derive(Clone, Copy)]
enum Purpose {
    Token,
    Ticket,
    Session,
}

/// Who may use a host over TCP.
pub(super) struct Access {
    token: [u8; 32],
    tickets: Mutex<Vec<Ticket>>,
}

/// Signs a browser in, once.
struct Ticket {
    mac: Vec<u8>,
    who: String,
    until: Instant,
}

impl Access {
    /// Reads the token, or makes one up where there is none that was always its owner's alone.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let token = match read(path)? {
            Some(token) => token,
            None => make(path)?,
        };
        Ok(Self { token, tickets: Mutex::default() })
    }

    /// Whether this is the token, as its file has it.
    pub(super) fn is_token(&self, given: &str) -> bool {
        let own = BASE64.encode(self.token);
        self.mac(Purpose::Token, given.as_bytes())
            .verify_slice(&self.mac(Purpose::Token, own.as_bytes()).finalize().into_bytes())
            .is_ok()
    }

    /// A ticket for a person. Whoever has it is signed in as that person, once, within minutes.
    pub(super) fn ticket(&self, who: &str) -> io::Result<String> {
        let text = BASE64.encode(random()?);
        let mac = self.mac(Purpose::Ticket, text.as_bytes()).finalize().into_bytes().to_vec();
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        tickets.retain(|ticket| ticket.until > now);
        if tickets.len() >= TICKETS {
            tickets.remove(0);
        }
        tickets.push(Ticket { mac, who: who.to_owned(), until: now + TICKET });
        Ok(text)
    }

    /// Whom a ticket signs in; it is used up by that.
    pub(super) fn redeem(&self, ticket: &str) -> Option<String> {
        let mac = self.mac(Purpose::Ticket, ticket.as_bytes());
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tickets.iter().position(|known| mac.clone().verify_slice(&known.mac).is_ok())?;
        let ticket = tickets.remove(found);
        (ticket.until > Instant::now()).then_some(ticket.who)
    }

    /// The value of a session's cookie.
    pub(super) fn session(&self, who: &str) -> String {
        self.session_until(who, now() + SESSION.as_secs())
    }

    fn session_until(&self, who: &str, until: u64) -> String {
        let who = who.chars().take(LONGEST_NAME / 4).collect::<String>();
        let said = format!("{until}.{}", BASE64.encode(who));
        let mac = self.mac(Purpose::Session, said.as_bytes()).finalize().into_bytes();
        format!("{said}.{}", BASE64.encode(mac))
    }

    /// Who is signed in by a cookie of this value; nobody when it ran out or was not made here.
    pub(super) fn signed_in(&self, value: &str) -> Option<String> {
        let (said, mac) = value.rsplit_once('.')?;
        let mac = BASE64.decode(mac).ok()?;
        self.mac(Purpose::Session, said.as_bytes()).verify_slice(&mac).ok()?;
        let (until, who) = said.split_once('.')?;
        let who = String::from_utf8(BASE64.decode(who).ok()?).ok()?;
        (until.parse::<u64>().ok()? > now()).then_some(who)
    }

    fn mac(&self, purpose: Purpose, message: &[u8]) -> Hmac<Sha256> {
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.token);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(match purpose {
            Purpose::Token => b"token:",
            Purpose::Ticket => b"ticket:",
            Purpose::Session => b"session:",
        });
        mac.update(message);
        mac
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The token of a file; none where there is no file, where others could have read it, or where it holds no token.
fn read(path: &Path) -> io::Result<Option<[u8; 32]>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Ok(None);
    }
    let mut text = String::new();
    if file.take(1024).read_to_string(&mut text).is_err() {
        return Ok(None);
    }
    Ok(BASE64.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok()))
}

/// Makes a token up and keeps it. The file is whole from its first moment, and its owner's alone.
fn make(path: &Path) -> io::Result<[u8; 32]> {
    let token = random()?;
    let beside = path.with_extension("new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(BASE64.encode(token).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(token)
}

fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> (tempfile::TempDir, Access) {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::open(&folder.path().join("token")).unwrap();
        (folder, access)
    }

    #[test]
    fn a_token_is_made_once_and_for_its_owner() {
        let (folder, first) = access();
        let path = folder.path().join("token");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(first.is_token(text.trim()) && !first.is_token("") && !first.is_token(&text[1..]));
        assert!(Access::open(&path).unwrap().is_token(text.trim()));
        // What others could read is a secret no more.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let second = Access::open(&path).unwrap();
        assert!(!second.is_token(text.trim()));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "no token").unwrap();
        assert!(!Access::open(&path).unwrap().is_token("no token"));
    }

    #[test]
    fn a_ticket_signs_in_once() {
        let (_folder, access) = access();
        let ticket = access.ticket("ana@laptop").unwrap();
        assert_eq!(access.redeem("another"), None);
        assert_eq!(access.redeem(&ticket).as_deref(), Some("ana@laptop"));
        assert_eq!(access.redeem(&ticket), None);
        let oldest = access.ticket("ana").unwrap();
        for _ in 0..TICKETS {
            access.ticket("bea").unwrap();
        }
        assert_eq!(access.redeem(&oldest), None);
    }

    #[test]
    fn a_session_is_believed_until_it_ends() {
        let (_folder, access) = access();
        let session = access.session("ana@laptop");
        assert_eq!(access.signed_in(&session).as_deref(), Some("ana@laptop"));
        assert_eq!(access.signed_in(&access.session_until("ana", now())), None);
        let later = session.replacen(char::is_numeric, "9", 1);
        assert!(later == session || access.signed_in(&later).is_none());
        let (_other_folder, other) = self::access();
        assert_eq!(other.signed_in(&session), None);
        for wrong in ["", ".", "..", "9999999999.YW5h.", &session[..session.len() - 2]] {
            assert_eq!(access.signed_in(wrong), None, "{wrong}");
        }
    }
}

//! Writing events.

use crate::body::{Body, Kind};
use crate::canonical;
use crate::chain::{Head, Link, Row};
use crate::error::LedgerError;
use crate::event::{Draft, Event, Seq};

use super::{Durability, Failure, Ledger, Tx, row};

/// The longest body in bytes. What is longer belongs into a file, with its digest in the event.
const LONGEST: usize = 256 * 1024;

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is written.
    New(Head),
    /// It was written before, with the same key and content.
    Already(Head),
}

impl Appended {
    /// The event, whenever it was written.
    pub const fn head(self) -> Head {
        match self {
            Self::New(head) | Self::Already(head) => head,
        }
    }

    /// Its number.
    pub const fn seq(self) -> Seq {
        self.head().seq
    }
}

impl Ledger {
    /// Writes an event; it is on the disk when this returns.
    pub fn append(&self, draft: &Draft) -> Result<Appended, LedgerError> {
        self.write(Durability::Synced, |tx| tx.append_public(draft))
    }

    /// Writes events, all or none of them, in their order.
    pub fn append_all(&self, drafts: &[Draft], durability: Durability) -> Result<Vec<Appended>, LedgerError> {
        self.write(durability, |tx| drafts.iter().map(|draft| tx.append_public(draft)).collect())
    }

    /// The event with this number.
    pub fn event(&self, seq: Seq) -> Result<Option<Event>, LedgerError> {
        self.read(|sql| row::by_seq(sql, seq)?.map(|link| readable(self.path(), link)).transpose())
    }
}

/// An event that is whole but not readable is damage: its body is not the shape that its version promises.
pub(crate) fn readable(path: &std::path::Path, link: Link) -> Result<Event, Failure> {
    let seq = Seq::from_sql(link.row.seq);
    Event::from_link(link).ok_or_else(|| {
        let damage = crate::error::Damage::Event { seq, fault: crate::error::Fault::Altered };
        LedgerError::damaged(path, damage).into()
    })
}

impl Tx<'_> {
    fn append_public(&self, draft: &Draft) -> Result<Appended, Failure> {
        match Kind::parse(draft.body.kind_name()) {
            Some(kind @ (Kind::Transition | Kind::Checkpoint)) => {
                Err(LedgerError::ReservedKind(kind.as_str()).into())
            }
            _ => self.append(draft),
        }
    }

    pub(crate) fn append(&self, draft: &Draft) -> Result<Appended, Failure> {
        let row = self.row(draft)?;
        if let Some(earlier) = row::by_key(self.sql, &row.key)? {
            let head = Head { seq: Seq::from_sql(earlier.row.seq), hash: earlier.hash };
            // When and by whom may differ: a retry is later, and perhaps by someone else.
            let same =
                Row { seq: earlier.row.seq, time: earlier.row.time, actor: earlier.row.actor.clone(), ..row };
            if same == earlier.row {
                return Ok(Appended::Already(head));
            }
            return Err(LedgerError::KeyReused { key: same.key, seq: head.seq }.into());
        }
        let prev = self.head.get().hash;
        let hash = row.hash_after(&prev);
        let head = Head { seq: Seq::from_sql(row.seq), hash };
        row::insert(self.sql, &Link { row, prev, hash })?;
        self.head.set(head);
        Ok(Appended::New(head))
    }

    /// The bytes that the draft becomes, without secrets.
    fn row(&self, draft: &Draft) -> Result<Row, LedgerError> {
        let mask = &self.options.mask;
        let value = draft.body.to_value();
        // Ids and hashes in the ledger's own bodies are what later code acts on; they hold nothing that came from outside.
        let value = if matches!(draft.body, Body::Checkpoint(_)) { value } else { mask.value(value) };
        let body = canonical::text(&value);
        if body.len() > LONGEST {
            return Err(LedgerError::TooLong {
                key: draft.key.to_string(),
                bytes: body.len(),
                most: LONGEST,
            });
        }
        if Body::read(draft.body.kind_name(), draft.body.version(), &body).is_none() {
            return Err(LedgerError::Unreadable(draft.key.to_string()));
        }
        let actor = draft.actor.as_ref().unwrap_or(&self.options.actor).to_string();
        Ok(Row {
            seq: self.head.get().seq.next().sql(),
            time: self.now.as_microsecond(),
            kind: draft.body.kind_name().to_owned(),
            version: draft.body.version(),
            app: draft.app.as_str().to_owned(),
            environment: draft.environment.as_ref().map(|name| name.as_str().to_owned()),
            release: draft.release.as_ref().map(|id| id.as_str().to_owned()),
            actor: mask.text(&actor).into_owned(),
            key: draft.key.as_str().to_owned(),
            body,
        })
    }
}

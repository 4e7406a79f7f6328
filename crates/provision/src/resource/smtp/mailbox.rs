//! The messages that were caught: the last ones, in files.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::message::Message;
use crate::Error;
use crate::record::{self, Access};

/// Messages that are kept; the oldest goes when another one comes.
const MESSAGES: usize = 500;
/// Bytes that are kept in all.
const BYTES: u64 = 256 * 1024 * 1024;

/// The messages that were caught. They survive a restart.
#[derive(Debug)]
pub struct Mailbox {
    dir: PathBuf,
    /// Oldest first.
    kept: Mutex<VecDeque<Summary>>,
    /// How many were ever caught.
    count: watch::Sender<u64>,
}

/// A message as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Its number; later ones are higher.
    pub id: u64,
    /// When it came, in milliseconds since 1970.
    pub received: u64,
    /// Who sends it, by the envelope.
    pub from: String,
    /// Whom it is for, by the envelope, hidden copies included.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many files are attached.
    pub attachments: usize,
}

/// Who sends to whom.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) from: String,
    pub(super) to: Vec<String>,
}

impl Mailbox {
    /// Opens a folder; what cannot be read in it is left out.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let mut kept: Vec<Summary> = fs::read_dir(dir)
            .map_err(Error::file("list", dir))?
            .filter_map(|entry| {
                Some(entry.ok()?.path()).filter(|path| path.extension().is_some_and(|e| e == "json"))
            })
            .filter_map(|path| record::load::<Option<Summary>>(&path))
            .collect();
        kept.sort_by_key(|summary| summary.id);
        let last = kept.last().map_or(0, |summary| summary.id);
        Ok(Self { dir: dir.to_owned(), kept: Mutex::new(kept.into()), count: watch::Sender::new(last) })
    }

    /// Every message that is kept, the newest first.
    pub fn list(&self) -> Vec<Summary> {
        self.lock().iter().rev().cloned().collect()
    }

    /// A message with its contents.
    pub fn get(&self, id: u64) -> Option<Message> {
        let summary = self.lock().iter().find(|summary| summary.id == id).cloned()?;
        Some(Message::parse(summary, &self.raw(id)?))
    }

    /// A message as it came.
    pub fn raw(&self, id: u64) -> Option<Vec<u8>> {
        fs::read(self.file(id, "eml")).ok()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let gone: Vec<Summary> = self.lock().drain(..).collect();
        for summary in &gone {
            self.delete(summary.id);
        }
        self.count.send_modify(|_| {});
    }

    /// Told whenever a message comes or all are forgotten.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    pub(super) async fn add(&self, envelope: Envelope, raw: Vec<u8>) -> Result<u64, Error> {
        let mut id = 0;
        self.count.send_if_modified(|count| {
            *count += 1;
            id = *count;
            false
        });
        let received = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let (file, index) = (self.file(id, "eml"), self.file(id, "json"));
        let kept = tokio::task::spawn_blocking(move || {
            let mut summary = Summary {
                id,
                received: u64::try_from(received).unwrap_or(u64::MAX),
                from: envelope.from,
                to: envelope.to,
                subject: String::new(),
                size: raw.len() as u64,
                attachments: 0,
            };
            let message = Message::parse(summary.clone(), &raw);
            summary.subject = message.subject;
            summary.attachments = message.attachments.len();
            record::write(&file, &raw, Access::Owner)?;
            record::save(&index, &summary, Access::Owner)?;
            Ok::<_, Error>(summary)
        });
        let summary = kept.await.map_err(|error| Error::Broken(error.to_string()))??;
        let gone = {
            let mut kept = self.lock();
            // Two that come at once may be written in either order.
            let place = kept.partition_point(|other| other.id < id);
            kept.insert(place, summary);
            let mut gone = Vec::new();
            while kept.len() > MESSAGES || kept.iter().map(|summary| summary.size).sum::<u64>() > BYTES {
                gone.extend(kept.pop_front());
            }
            gone
        };
        for summary in &gone {
            self.delete(summary.id);
        }
        self.count.send_modify(|_| {});
        Ok(id)
    }

    fn delete(&self, id: u64) {
        for kind in ["eml", "json"] {
            let _ = fs::remove_file(self.file(id, kind));
        }
    }

    fn file(&self, id: u64, kind: &str) -> PathBuf {
        self.dir.join(format!("{id:08}.{kind}"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Summary>> {
        // The queue is whole between any two statements.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

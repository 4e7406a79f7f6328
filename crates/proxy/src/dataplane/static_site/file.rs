//! The bytes of a file on their way to a client: read, and compressed, a piece at a time where waiting is harmless.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::SizeHint;
use tokio::task::JoinHandle;

/// Bytes read from the disk at a time.
const PIECE: usize = 128 << 10;

enum Source {
    File { file: File, start: Option<u64> },
    Bytes(Bytes),
}

struct Reader {
    source: Source,
    left: u64,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

enum State {
    Idle(Box<Reader>),
    Reading(JoinHandle<(Box<Reader>, io::Result<Bytes>)>),
    Complete,
}

/// The body of an answer that is a file.
pub(crate) struct FileBody {
    state: State,
    /// Bytes still to come; unknown while compressing.
    left: Option<u64>,
}

impl FileBody {
    /// A part of a file.
    pub(crate) fn new(file: File, start: u64, length: u64, gzip: bool) -> Self {
        Self::of(Source::File { file, start: (start > 0).then_some(start) }, length, gzip)
    }

    /// What was read already, to be compressed.
    pub(crate) fn compressed(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::of(Source::Bytes(bytes), length, true)
    }

    fn of(source: Source, length: u64, gzip: bool) -> Self {
        // Level 5: most of what 9 saves at a third of its time.
        let encoder = gzip.then(|| GzEncoder::new(Vec::new(), Compression::new(5)));
        let empty = length == 0 && !gzip;
        let state = State::Idle(Box::new(Reader { source, left: length, gzip: encoder }));
        Self { state: if empty { State::Complete } else { state }, left: (!gzip).then_some(length) }
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    /// The next bytes.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match std::mem::replace(&mut self.state, State::Complete) {
                State::Complete => return Poll::Ready(None),
                State::Idle(mut reader) => {
                    self.state = State::Reading(tokio::task::spawn_blocking(move || {
                        let piece = reader.next();
                        (reader, piece)
                    }));
                }
                State::Reading(mut reading) => {
                    let Poll::Ready(read) = Pin::new(&mut reading).poll(cx) else {
                        self.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    let (reader, piece) = read.map_err(io::Error::other)?;
                    let piece = piece?;
                    if !reader.is_complete() {
                        self.state = State::Idle(reader);
                    }
                    self.left = self.left.map(|left| left - piece.len() as u64);
                    if piece.is_empty() && !self.is_complete() {
                        continue;
                    }
                    return Poll::Ready((!piece.is_empty()).then_some(Ok(piece)));
                }
            }
        }
    }
}

impl Reader {
    fn is_complete(&self) -> bool {
        self.left == 0 && self.gzip.is_none()
    }

    fn next(&mut self) -> io::Result<Bytes> {
        let wanted = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let piece = match &mut self.source {
            Source::Bytes(bytes) => bytes.split_to(wanted.min(bytes.len())),
            Source::File { file, start } => {
                if let Some(start) = start.take() {
                    file.seek(SeekFrom::Start(start))?;
                }
                let mut piece = vec![0; wanted];
                file.read_exact(&mut piece)?;
                Bytes::from(piece)
            }
        };
        self.left -= piece.len() as u64;
        let Some(encoder) = &mut self.gzip else { return Ok(piece) };
        encoder.write_all(&piece)?;
        if self.left > 0 {
            return Ok(Bytes::from(std::mem::take(encoder.get_mut())));
        }
        match self.gzip.take() {
            Some(encoder) => encoder.finish().map(Bytes::from),
            None => Ok(Bytes::new()),
        }
    }
}

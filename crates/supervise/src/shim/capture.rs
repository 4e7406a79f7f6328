//! Takes what an instance writes, line by line, into its log.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::PROMPT_DELAY;
use super::child::Pipes;
use super::throttle::Throttle;
use crate::log::Stream;
use crate::log::redact::Redactor;
use crate::log::writer::LogWriter;

/// Longer lines are written in parts.
const LONGEST_LINE: usize = 64 << 10;

/// Between two looks at a flood.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A flood that goes on is mentioned again after this long.
const SAY_SLOW_EVERY: Duration = Duration::from_secs(10);

/// Bytes that are read from one pipe at once.
const BLOCK: usize = 64 << 10;

pub(super) struct Capture {
    pipes: [Pipe; 2],
    log: LogWriter,
    redactor: Redactor,
    throttle: Throttle,
    /// When it was said the last time that a flood is slowed down.
    said_slow: Option<Instant>,
    is_slowed: bool,
    block: Vec<u8>,
}

struct Pipe {
    stream: Stream,
    /// Closed once all its writers are gone.
    file: Option<File>,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// When the last byte of `line` came.
    touched: Instant,
    /// A part of the line is in the log already.
    is_partial: bool,
}

impl Capture {
    pub(super) fn new(pipes: Pipes, log: LogWriter, redactor: Redactor, throttle: Throttle) -> Self {
        let pipe = |stream, file| Pipe {
            stream,
            file: Some(file),
            line: Vec::new(),
            touched: Instant::now(),
            is_partial: false,
        };
        Self {
            pipes: [pipe(Stream::Stdout, pipes.stdout), pipe(Stream::Stderr, pipes.stderr)],
            log,
            redactor,
            throttle,
            said_slow: None,
            is_slowed: false,
            block: vec![0; BLOCK],
        }
    }

    /// Decides whether pipes are read now or a flood is slowed down.
    pub(super) fn judge(&mut self, now: Instant) {
        self.is_slowed = self.throttle.is_closed(now);
        if self.is_slowed && self.said_slow.is_none_or(|said| now.duration_since(said) >= SAY_SLOW_EVERY) {
            self.said_slow = Some(now);
            self.note("writes more than 8 MiB a second and is slowed down; nothing is lost");
        }
    }

    /// The pipes that may be read now; none while a flood is slowed down.
    pub(super) fn pipes_to_read(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.pipes.iter().filter(|_| !self.is_slowed).filter_map(|pipe| Some(pipe.file.as_ref()?.as_fd()))
    }

    /// When to look again although no pipe has anything.
    pub(super) fn wake_after(&self, now: Instant) -> Option<Duration> {
        let prompts = self.pipes.iter().filter(|pipe| !pipe.line.is_empty());
        let prompt = prompts.map(|pipe| (pipe.touched + PROMPT_DELAY).saturating_duration_since(now)).min();
        let slowed = self.is_slowed.then_some(LOOK_AGAIN);
        [prompt, slowed].into_iter().flatten().min()
    }

    /// Reads what is there, a block of each pipe.
    pub(super) fn read(&mut self, now: Instant) {
        if self.is_slowed {
            return;
        }
        for index in 0..self.pipes.len() {
            self.read_block(index, now);
        }
        for index in 0..self.pipes.len() {
            let pipe = &self.pipes[index];
            if !pipe.line.is_empty() && now.saturating_duration_since(pipe.touched) >= PROMPT_DELAY {
                self.push_part(index);
            }
        }
    }

    /// Reads the rest; the writers are gone.
    pub(super) fn read_all(&mut self) {
        let now = Instant::now();
        for index in 0..self.pipes.len() {
            while self.read_block(index, now) {
                // The log goes to the disk in between, so that a large rest needs no memory.
                if self.log.buffered() > BLOCK {
                    let _ = self.log.flush();
                }
            }
            self.push_line(index, true);
        }
    }

    /// Reads nothing any more; whoever still holds the other end writes into the void.
    pub(super) fn close(&mut self) {
        for pipe in &mut self.pipes {
            pipe.file = None;
            pipe.line.clear();
        }
    }

    /// Writes a line about the instance.
    pub(super) fn note(&mut self, text: &str) {
        let clean = self.redactor.apply(text.as_bytes());
        self.log.push(Stream::Sea, false, &clean);
    }

    /// Puts lines on the disk; true when there were any. A full disk does not stop the instance: the log counts what
    /// it loses.
    pub(super) fn flush(&mut self) -> bool {
        let any = self.log.buffered() > 0;
        let _ = self.log.flush();
        any
    }

    /// Reads one block of a pipe; false when there was nothing.
    fn read_block(&mut self, index: usize, now: Instant) -> bool {
        let pipe = &mut self.pipes[index];
        let Some(file) = &mut pipe.file else { return false };
        let count = match file.read(&mut self.block) {
            Ok(0) => {
                pipe.file = None;
                self.push_line(index, true);
                return false;
            }
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return false;
            }
            Err(_) => {
                pipe.file = None;
                return false;
            }
        };
        self.throttle.take(count);
        pipe.touched = now;
        let block = std::mem::take(&mut self.block);
        let mut rest = &block[..count];
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.pipes[index].line.extend_from_slice(&rest[..end]);
            self.push_line(index, false);
            rest = &rest[end + 1..];
        }
        self.pipes[index].line.extend_from_slice(rest);
        if self.pipes[index].line.len() >= LONGEST_LINE {
            self.push_part(index);
        }
        self.block = block;
        true
    }

    /// The line is complete. At the end of the output an empty rest is no line.
    fn push_line(&mut self, index: usize, at_end: bool) {
        let pipe = &mut self.pipes[index];
        if at_end && pipe.line.is_empty() && !pipe.is_partial {
            return;
        }
        let line = pipe.line.strip_suffix(b"\r").unwrap_or(&pipe.line);
        self.log.push(pipe.stream, false, &self.redactor.apply(line));
        pipe.line.clear();
        pipe.is_partial = false;
    }

    /// Writes as much of an unfinished line as cannot hold a part of a secret.
    fn push_part(&mut self, index: usize) {
        let pipe = &mut self.pipes[index];
        let safe = self.redactor.safe_length(&pipe.line);
        if safe == 0 {
            // Looked at again when more has come, or after another delay.
            pipe.touched = Instant::now();
            return;
        }
        self.log.push(pipe.stream, true, &self.redactor.apply(&pipe.line[..safe]));
        pipe.line.drain(..safe);
        pipe.touched = Instant::now();
        pipe.is_partial = true;
    }
}

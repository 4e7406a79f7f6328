//! One SMTP connection (RFC 5321): the crate `smtp-proto` reads requests and message data, this answers them.

use std::io;
use std::time::Duration;

use smtp_proto::request::receiver::DataReceiver;
use smtp_proto::{AUTH_LOGIN, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::mailbox::{Envelope, Mailbox};

/// The largest message that is taken, in bytes.
pub(super) const MESSAGE_LIMIT: usize = 25 * 1024 * 1024;
/// The longest line of a request, in bytes; RFC 5321 asks for 512, sign-ins are longer.
const LINE_LIMIT: usize = 16 * 1024;
const RECIPIENTS: usize = 100;
/// How long a client may say nothing (RFC 5321, 4.5.3.2.7).
const IDLE: Duration = Duration::from_mins(5);

struct Connection {
    stream: TcpStream,
    /// What was read and not yet looked at.
    rest: Vec<u8>,
}

impl Connection {
    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await
    }

    /// Reads more; an end or a long silence is an error, which ends the session.
    async fn fill(&mut self) -> io::Result<()> {
        let mut chunk = vec![0; 16 * 1024];
        let read = tokio::time::timeout(IDLE, self.stream.read(&mut chunk)).await;
        match read.map_err(|_| io::ErrorKind::TimedOut)?? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.rest.extend_from_slice(&chunk[..count]);
                Ok(())
            }
        }
    }

    /// The next line, with its end.
    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.rest[searched..].iter().position(|byte| *byte == b'\n') {
                return Ok(self.rest.drain(..=searched + end).collect());
            }
            searched = self.rest.len();
            if searched > LINE_LIMIT {
                self.say("500 line too long").await?;
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill().await?;
        }
    }

    /// Message data up to the lone dot; `None` when there is too much of it.
    async fn data(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut receiver, mut message) = (DataReceiver::new(), Vec::new());
        loop {
            let read = std::mem::take(&mut self.rest);
            let mut bytes = read.iter();
            let is_done = receiver.ingest(&mut bytes, &mut message);
            self.rest = bytes.as_slice().to_vec();
            if message.len() > MESSAGE_LIMIT {
                return Ok(None);
            }
            if is_done {
                return Ok(Some(message));
            }
            self.fill().await?;
        }
    }
}

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, mailbox: &Mailbox) -> io::Result<()> {
    let mut connection = Connection { stream, rest: Vec::new() };
    let mut envelope: Option<Envelope> = None;
    connection.say("220 seaworthy ESMTP, nothing is sent on").await?;
    loop {
        let line = connection.line().await?;
        let request = Request::parse(&mut line.iter());
        match request {
            Ok(Request::Ehlo { .. }) => {
                envelope = None;
                let extensions = format!(
                    "250-seaworthy\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE {MESSAGE_LIMIT}"
                );
                connection.say(&extensions).await?;
            }
            Ok(Request::Helo { .. }) => {
                envelope = None;
                connection.say("250 seaworthy").await?;
            }
            Ok(Request::Auth { mechanism, initial_response }) => {
                let has_first = !initial_response.is_empty();
                authenticate(&mut connection, mechanism, has_first).await?;
            }
            Ok(Request::Mail { from }) => {
                envelope = Some(Envelope { from: from.address.into_owned(), to: Vec::new() });
                connection.say("250 2.1.0 ok").await?;
            }
            Ok(Request::Rcpt { to }) => match &mut envelope {
                None => connection.say("503 5.5.1 MAIL comes first").await?,
                Some(envelope) if envelope.to.len() >= RECIPIENTS => {
                    connection.say("452 4.5.3 too many recipients").await?;
                }
                Some(envelope) => {
                    envelope.to.push(to.address.into_owned());
                    connection.say("250 2.1.5 ok").await?;
                }
            },
            Ok(Request::Data) => {
                let Some(envelope) = envelope.take_if(|envelope| !envelope.to.is_empty()) else {
                    connection.say("503 5.5.1 RCPT comes first").await?;
                    continue;
                };
                connection.say("354 go on, end with a dot").await?;
                let Some(message) = connection.data().await? else {
                    connection.say("552 5.3.4 the message is too large").await?;
                    return Ok(());
                };
                match mailbox.add(envelope, message).await {
                    Ok(id) => connection.say(&format!("250 2.0.0 kept as {id}")).await?,
                    Err(_) => connection.say("452 4.3.1 it could not be kept").await?,
                }
            }
            Ok(Request::Rset) => {
                envelope = None;
                connection.say("250 2.0.0 ok").await?;
            }
            Ok(Request::Noop { .. }) => connection.say("250 2.0.0 ok").await?,
            Ok(Request::Vrfy { .. }) => connection.say("252 2.5.0 everyone is taken").await?,
            Ok(Request::Quit) => return connection.say("221 2.0.0 bye").await,
            Ok(_) => connection.say("502 5.5.1 not here").await?,
            Err(_) => connection.say("500 5.5.2 not understood").await?,
        }
    }
}

/// Lets everyone in, whatever they say.
async fn authenticate(connection: &mut Connection, mechanism: u64, has_first: bool) -> io::Result<()> {
    // Base64 of `Username:` and `Password:`; PLAIN is asked for with nothing.
    let questions: &[&str] = match (mechanism == AUTH_LOGIN, has_first) {
        (true, false) => &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"],
        (true, true) => &["334 UGFzc3dvcmQ6"],
        (false, false) => &["334 "],
        (false, true) => &[],
    };
    for question in questions {
        connection.say(question).await?;
        connection.line().await?;
    }
    connection.say("235 2.7.0 welcome").await
}

//! An artifact on its way from this machine's store to that of a host.

use std::io::{self, Write};

use bytes::Bytes;
use seaworthy_artifact::{Digest, Store, bundle};
use seaworthy_server::host::HostClient;
use tokio::sync::mpsc;

use super::Remote;
use crate::commands::connect::block_on;
use crate::exit::Outside;
use crate::output::transfer::Transfer;

/// Bytes that are sent at once.
const PART: usize = 64 << 10;
/// Parts that wait to be sent.
const WAITING: usize = 8;

/// Hands over what the host lacks of an artifact. What arrived counts even when the rest does not: the next time it is
/// not sent again.
pub(crate) fn deliver(
    remote: &Remote,
    client: &HostClient,
    store: &Store,
    artifact: &str,
) -> anyhow::Result<()> {
    let digest: Digest = artifact.parse()?;
    let manifest = store.manifest(&digest)?;
    let address = remote.session.address();
    let broke = |error| remote.explain(error, "the artifact was sent");
    let missing = block_on(async { Ok(client.missing(manifest.to_json()).await?) }).map_err(broke)?;
    let missing =
        missing.iter().map(|digest| Ok(digest.parse()?)).collect::<anyhow::Result<Vec<Digest>>>()?;
    let mut total = 0;
    for digest in &missing {
        total += store.stored_size(digest)?;
    }
    let mut transfer =
        (!missing.is_empty()).then(|| Transfer::begin(format!("sending the release to {address}"), total));
    let (parts, sent) = mpsc::channel(WAITING);
    let arrived = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let failed = parts.clone();
            let mut body =
                Body { parts, buffer: Vec::with_capacity(PART), bytes: 0, transfer: transfer.as_mut() };
            let written = bundle::write(store, &manifest, &missing, &mut body);
            if let Err(error) = &written {
                // The request breaks off, so that what it held so far is not taken for all.
                let _ = failed.blocking_send(Err(io::Error::other(error.to_string())));
            }
            written
        });
        let arrived = block_on(async { Ok(client.bundle(sent).await?) });
        (writer.join(), arrived)
    });
    drop(transfer);
    let arrived = match arrived {
        (_, Ok(arrived)) => arrived,
        // A blob of this machine that cannot be read ends the request too, and is the reason.
        (Ok(Err(error @ seaworthy_artifact::Error::Altered { .. })), Err(_)) => return Err(error.into()),
        (_, Err(error)) => return Err(broke(error)),
    };
    if arrived != digest.to_string() {
        let message = format!("{address} took in {arrived}, and {digest} was sent");
        return Err(Outside { message, help: Some("the same command again".to_owned()) }.into());
    }
    Ok(())
}

/// The body of a request, written from another thread.
struct Body<'a> {
    parts: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
    bytes: u64,
    transfer: Option<&'a mut Transfer>,
}

impl Write for Body<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let part = std::mem::replace(&mut self.buffer, Vec::with_capacity(PART));
        self.bytes += part.len() as u64;
        if let Some(transfer) = &mut self.transfer {
            transfer.at(self.bytes);
        }
        // The request ended before its body did.
        self.parts.blocking_send(Ok(part.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

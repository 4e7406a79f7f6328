//! An S3-compatible store in this process: the crates `s3s` (protocol, signatures) and `s3s-fs` (files) do the work.

use std::fs;
use std::future::Future;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Context, Kind, Prepared, Preparing, Request, Runs, Settle, attributes, place};
use crate::Error;
use crate::address::Target;

/// Connections that are served at the same time; further ones wait in the backlog.
const CONNECTIONS: usize = 128;
/// What clients that insist on a region are told.
const REGION: &str = "us-east-1";
/// Who signs in.
const ACCESS_KEY: &str = "seaworthy";

pub(super) struct S3;

impl Kind for S3 {
    fn types(&self) -> &'static [&'static str] {
        &["s3"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Preparing<'a> {
        let prepared = prepare(request, context);
        Box::pin(async { prepared })
    }
}

fn prepare(request: &mut Request, context: Context<'_>) -> Result<Prepared, Error> {
    let dir = place::data(&request.name, "s3", None, context.state)?;
    // Names of buckets are those of hosts: no underscores, at least three characters.
    let mut bucket = request.database.replace('_', "-").to_ascii_lowercase();
    if bucket.len() < 3 {
        bucket.push_str("-bucket");
    }
    let folder = dir.join(&bucket);
    fs::create_dir_all(&folder).map_err(Error::file("create the folder", &folder))?;
    let held = request.port.take_listener();
    let listener =
        held.ok_or_else(|| Error::Broken(format!("the port of `{}` is not held", request.name)))?;
    let endpoint = format!("http://127.0.0.1:{}", request.port.port);
    let values = [
        ("url", format!("{endpoint}/{bucket}")),
        ("endpoint", endpoint),
        ("bucket", bucket),
        ("access_key", ACCESS_KEY.to_owned()),
        ("secret_key", request.password.clone()),
        ("region", REGION.to_owned()),
    ];
    Ok(Prepared {
        name: request.name.clone(),
        kind: request.kind.clone(),
        attributes: attributes("s3", values),
        target: Some(Target { host: "127.0.0.1".to_owned(), port: request.port.port, ..Target::default() }),
        runs: Runs::S3(Store { listener, dir, secret_key: request.password.clone() }),
        port: None,
        settle: Settle::Nothing,
        warnings: Vec::new(),
    })
}

/// A store of objects in a folder.
pub struct Store {
    listener: TcpListener,
    dir: PathBuf,
    secret_key: String,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Store {
    /// Serves until `stop` is done; then every connection is closed.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let broken =
            |error: &dyn std::fmt::Debug| Error::Broken(format!("the object store cannot start: {error:?}"));
        let files = s3s_fs::FileSystem::new(&self.dir).map_err(|error| broken(&error))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, self.secret_key));
        let service = builder.build();
        self.listener.set_nonblocking(true).map_err(|error| broken(&error))?;
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(|error| broken(&error))?;
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let slot = Arc::clone(&slots).acquire_owned().await.ok();
                (slot, listener.accept().await)
            };
            tokio::select! {
                () = &mut stop => return Ok(()),
                Some(_) = connections.join_next() => {}
                (slot, connection) = accepted => match connection {
                    Ok((connection, _)) => {
                        let service = service.clone();
                        connections.spawn(async move {
                            let _slot = slot;
                            let mut http = hyper::server::conn::http1::Builder::new();
                            http.timer(TokioTimer::new());
                            // A client that breaks off is no matter of ours.
                            let _: Result<(), _> = http.serve_connection(TokioIo::new(connection), service).await;
                        });
                    }
                    // Out of file descriptors: some will be free again.
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                },
            }
        }
    }
}

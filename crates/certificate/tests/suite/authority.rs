//! An authority that says what it is told to, over real TLS. What it signs nobody could trust: it never issues anything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

/// What is answered: the status, headers of its own, and the body.
pub(crate) struct Says {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Says {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self { status, headers: String::new(), body: body.to_owned() }
    }

    /// A problem of ACME.
    pub(crate) fn problem(status: u16, kind: &str, detail: &str) -> Self {
        let kind = format!("urn:ietf:params:acme:error:{kind}");
        Self::new(status, &serde_json::json!({"type": kind, "detail": detail, "status": status}).to_string())
    }

    pub(crate) fn with(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        self.headers.push_str("\r\n");
        self
    }
}

type Script = dyn Fn(&str, usize) -> Says + Send + Sync;

/// The authority. Its directory and nonces are as they should be; the rest is the script's: a path, and how often it was
/// asked before.
pub(crate) struct Authority {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn start(script: impl Fn(&str, usize) -> Says + Send + Sync + 'static) -> Self {
        let folder = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("root.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.unwrap().with_no_client_auth();
        let config = Arc::new(config.with_single_cert(vec![made.cert.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, over) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let (log, ended) = (Arc::clone(&asked), Arc::clone(&over));
        let script: Arc<Script> = Arc::new(script);
        let thread = std::thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let (config, log, script) = (Arc::clone(&config), Arc::clone(&log), Arc::clone(&script));
                std::thread::spawn(move || {
                    let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
                    serve(BufReader::new(stream), port, &log, &*script);
                });
            }
        });
        Self { port, asked, over, thread: Some(thread), folder }
    }

    pub(crate) fn directory(&self) -> String {
        format!("https://localhost:{}/directory", self.port)
    }

    /// As this host shall know it.
    pub(crate) fn options(&self) -> seaworthy_certificate::Authority {
        seaworthy_certificate::Authority {
            directory: self.directory(),
            contacts: vec![],
            terms_agreed: true,
            roots: Some(self.root()),
            methods: vec![seaworthy_certificate::Method::Http01],
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// Where keys may be kept.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(
    mut stream: BufReader<StreamOwned<ServerConnection, TcpStream>>,
    port: u16,
    log: &Mutex<Vec<String>>,
    script: &Script,
) {
    for nonce in 0_u32.. {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(read) if read > 0 => {}
                _ => return,
            }
        }
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ").and_then(|length| length.parse::<usize>().ok())
        });
        stream.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let before = {
            let mut log = log.lock().unwrap();
            let before = log.iter().filter(|asked| **asked == path).count();
            log.push(path.clone());
            before
        };
        let at = |path: &str| format!("https://localhost:{port}/{path}");
        let says = match path.as_str() {
            "/directory" => Says::new(
                200,
                &serde_json::json!({
                    "newNonce": at("nonce"), "newAccount": at("account"), "newOrder": at("order"),
                })
                .to_string(),
            ),
            "/nonce" => Says::new(200, ""),
            path => script(path, before),
        };
        let Says { status, headers, body } = says;
        let body = if head.starts_with("HEAD") { String::new() } else { body };
        let answer = format!(
            "HTTP/1.1 {status} Said\r\nReplay-Nonce: n{nonce}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

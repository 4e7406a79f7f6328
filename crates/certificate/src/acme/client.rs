//! How the authority is spoken to: HTTPS with known roots, and what its answers say besides their bodies.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::Authority;
use crate::error::{Error, Result};

/// The longest that one answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer, in bytes; a chain has about 10,000.
const LIMIT: usize = 1 << 20;

/// When the authority wants to be asked again, as its last refusal said.
#[derive(Debug, Clone, Default)]
pub(crate) struct RetryAfter(Arc<Mutex<Option<Timestamp>>>);

impl RetryAfter {
    /// The moment, once.
    pub(crate) fn take(&self) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note<B>(&self, response: &Response<B>) {
        let told = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let moment =
            told.filter(|_| !response.status().is_success()).and_then(|text| moment(text, Timestamp::now()));
        if moment.is_some() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = moment;
        }
    }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds or a date.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return now.checked_add(SignedDuration::from_secs(seconds.into())).ok();
    }
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}

/// A connection to an authority.
pub(super) struct Connection {
    client: Client<HttpsConnector<HttpConnector>, BodyWrapper<Bytes>>,
    retry_after: RetryAfter,
}

impl Connection {
    pub(super) fn new(authority: &Authority, retry_after: RetryAfter) -> Result<Self> {
        let failed = |why: String| Error::Unreachable { directory: authority.directory.clone(), why };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| failed(error.to_string()))?;
        let config = config.with_root_certificates(roots(authority)?).with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), retry_after })
    }
}

fn roots(authority: &Authority) -> Result<RootCertStore> {
    let Some(path) = &authority.roots else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let pem = std::fs::read(path).map_err(Error::file(path))?;
    let mut roots = RootCertStore::empty();
    let found = CertificateDer::pem_slice_iter(&pem).flatten();
    if roots.add_parsable_certificates(found).0 == 0 {
        let why = "there is no root certificate in this file".to_owned();
        return Err(Error::Pair { place: path.display().to_string(), why });
    }
    Ok(roots)
}

impl HttpClient for Connection {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<BytesResponse, instant_acme::Error>> + Send>> {
        let (answer, retry_after) = (self.client.request(request), self.retry_after.clone());
        Box::pin(async move {
            let whole = async {
                let (parts, body) = answer
                    .await
                    .map_err(|error| instant_acme::Error::Other(explain(&error).into()))?
                    .into_parts();
                let body = Limited::new(body, LIMIT).collect().await.map_err(instant_acme::Error::Other)?;
                Ok(Response::from_parts(parts, Full::new(body.to_bytes())))
            };
            match tokio::time::timeout(TIMEOUT, whole).await {
                Ok(answer) => answer.map(|response| {
                    retry_after.note(&response);
                    BytesResponse::from(response)
                }),
                Err(_) => Err(instant_acme::Error::Other(
                    format!("no answer within {} s", TIMEOUT.as_secs()).into(),
                )),
            }
        })
    }
}

/// An error with what caused it: the outermost says little.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_ask_again() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(moment("3600", now), at("2026-01-01T01:00:00Z"));
        assert_eq!(moment("Fri, 02 Jan 2026 03:04:05 GMT", now), at("2026-01-02T03:04:05Z"));
        assert_eq!((moment("", now), moment("soon", now), moment("-1", now)), (None, None, None));
    }
}

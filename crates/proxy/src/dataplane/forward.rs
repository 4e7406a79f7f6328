//! A request to an upstream and its answer.

use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use super::admission::Asked;
use super::body::{AnswerBody, AnswerKind, RequestBody, Source, Upload, UploadOutcome, UpstreamBody};
use super::connection::Client;
use super::counters::Incident;
use super::headers;
use super::live::LiveRoute;
use super::meter::Meter;
use super::pages::{self, Page, PageFor};
use super::pool::Upstream;
use super::reach::{self, Reached, Unreachable};
use super::split;
use super::tunnel::Tunnel;
use super::upstream::SendError;
use super::worker::Admission;

/// What sending one request needs to know.
pub(crate) struct Exchange<'a> {
    pub(crate) client: &'a Arc<Client>,
    pub(crate) route: &'a Arc<LiveRoute>,
    pub(crate) asked: &'a Asked,
    /// Whether the client is a proxy whose word is taken.
    pub(crate) trusted: bool,
    pub(crate) admission: Arc<Admission>,
}

/// A request whose connection ended before a byte of its answer came, and that may be sent again.
pub(crate) struct Broken {
    /// As the client sent it.
    pub(crate) request: Request<Incoming>,
    pub(crate) meter: Meter,
    /// Whether the connection had been idle: it may have been closed while the request was on its way to it, which says
    /// nothing about the upstream.
    pub(crate) was_idle: bool,
}

impl Exchange<'_> {
    /// Sends the request and makes the answer, or gives back what may be sent again.
    pub(crate) async fn run(
        self,
        (mut flight, mut connection): Reached,
        mut request: Request<Incoming>,
        mut meter: Meter,
    ) -> Result<Response<AnswerBody>, Box<Broken>> {
        let options = &self.route.route.options;
        let page_for = PageFor::of(&request, self.client.peer);
        if let (Some(limit), length) = (options.body_limit, request.body().size_hint().lower())
            && length > limit
        {
            return Ok(self.page(page_for, &too_long(limit), meter, true));
        }
        let upgrade = headers::upgrade_of(request.headers());
        let on_upgrade = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
        let copy = (request.body().is_end_stream() && is_idempotent(request.method()))
            .then(|| copy_of_head(&request, on_upgrade.as_ref()));
        let (mut outgoing, body, request_id) = self.outgoing(request, &flight.upstream, upgrade);
        meter.identified(&request_id);
        let (upload, mut spare) = match body {
            Sending::Body(upload) => (Some(upload), None),
            Sending::Nothing(ended) => (None, copy.map(|copy| copy.map(|()| ended))),
        };
        if let Some(upload) = &upload {
            meter.uploads(upload);
        }
        let mut tried = false;
        let response = loop {
            let error = match connection.send(outgoing, options.timeouts.response_header).await {
                Ok(response) => break response,
                Err(error) => error,
            };
            match (error, spare) {
                (SendError::Unsent(_) | SendError::Unanswered, Some(mut request)) => {
                    // It stays the same request, however often it is sent.
                    request.headers_mut().insert(headers::X_REQUEST_ID, request_id);
                    let was_idle = connection.reused;
                    return Err(Box::new(Broken { request, meter, was_idle }));
                }
                // Not a byte of it was sent: any request may go to another connection.
                (SendError::Unsent(request), None) if !tried => {
                    tried = true;
                    spare = None;
                    outgoing = *request;
                }
                (SendError::TimedOut, _) => {
                    return Ok(self.failed(&Failure::TimedOut, page_for, upload.as_deref(), meter));
                }
                (SendError::Unsent(_) | SendError::Unanswered | SendError::Broken, _) => {
                    return Ok(self.failed(&Failure::Broken, page_for, upload.as_deref(), meter));
                }
            }
            meter.note(Incident::Retry);
            match reach::open(&flight.upstream, options.timeouts.connect).await {
                Ok(opened) => connection = opened,
                Err(reason) => {
                    meter.failed(Incident::Connect);
                    let upstream = &flight.upstream;
                    let (address, born) = (upstream.address.to_string(), upstream.born());
                    let unreachable = Unreachable::Failed { address, reason, born };
                    let page = pages::unreachable(&self.route.route, &unreachable);
                    return Ok(self.page(page_for, &page, meter, upload.is_some()));
                }
            }
        };
        meter.answered(response.status());
        if upload.is_some() {
            // The answer may be there before the body was read, and must arrive all the same.
            self.client.activity.linger.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        let (mut parts, incoming) = response.into_parts();
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        if parts.status == StatusCode::SWITCHING_PROTOCOLS {
            let Some(on_upgrade) = on_upgrade else {
                return Ok(self.failed(&Failure::Broken, page_for, None, meter));
            };
            let protocol = headers::upgrade_of(&parts.headers);
            headers::prepare_answer(&mut parts.headers, request_id);
            parts.headers.insert(http::header::CONNECTION, HeaderValue::from_static("upgrade"));
            if let Some(protocol) = protocol {
                parts.headers.insert(http::header::UPGRADE, protocol);
            }
            drop(incoming);
            meter.lasts();
            let tunnel = Tunnel { flight, meter, admission: self.admission };
            tunnel.spawn(self.client, on_upgrade, *connection, options.timeouts.idle);
            return Ok(Response::from_parts(parts, AnswerBody::tunnel()));
        }
        if let Some(kept) = headers::keep_alive_of(&parts.headers) {
            connection.keep_alive = Some(kept);
        }
        headers::prepare_answer(&mut parts.headers, request_id);
        let end = is_event_stream(&parts.headers).then(|| {
            meter.lasts();
            flight.becomes_stream()
        });
        let worker = Arc::clone(&self.client.worker);
        let source = Source { connection, flight, worker };
        let body = UpstreamBody::new(incoming, source, options.timeouts.idle, end);
        Ok(Response::from_parts(parts, AnswerBody::new(AnswerKind::Upstream(body), meter)))
    }

    /// The request as the upstream gets it, what is sent beside its head, and its id.
    fn outgoing(
        &self,
        request: Request<Incoming>,
        upstream: &Upstream,
        upgrade: Option<HeaderValue>,
    ) -> (Request<RequestBody>, Sending, HeaderValue) {
        let options = &self.route.route.options;
        let (mut parts, incoming) = request.into_parts();
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        if options.strip_prefix {
            parts.uri = stripped(&parts.uri, self.route.route.path.as_str());
        }
        let upstream_host = options.rewrite_host.then_some(&upstream.host);
        let id = headers::prepare_request(
            &mut parts.headers,
            self.client,
            self.asked.authority.as_ref(),
            upstream_host,
            self.trusted,
            upgrade,
        );
        if self.route.strips {
            split::strip(&mut parts.headers);
        }
        if incoming.is_end_stream() {
            return (Request::from_parts(parts, RequestBody::empty()), Sending::Nothing(incoming), id);
        }
        let upload = Arc::new(Upload::default());
        let body =
            RequestBody::client(incoming, options.body_limit, options.timeouts.idle, Arc::clone(&upload));
        (Request::from_parts(parts, body), Sending::Body(upload), id)
    }

    fn failed(
        &self,
        failure: &Failure,
        page_for: PageFor,
        upload: Option<&Upload>,
        mut meter: Meter,
    ) -> Response<AnswerBody> {
        let service = &self.route.route.service;
        let page = match (upload.map_or(UploadOutcome::Fine, Upload::outcome), failure) {
            (UploadOutcome::TooLong, _) => too_long(self.route.route.options.body_limit.unwrap_or_default()),
            (UploadOutcome::Client, _) => {
                Page::of(StatusCode::BAD_REQUEST, "The body of the request broke off.")
            }
            (UploadOutcome::Fine, Failure::TimedOut) => {
                meter.failed(Incident::Timeout);
                let seconds = self.route.route.options.timeouts.response_header.as_secs_f32();
                Page::of(StatusCode::GATEWAY_TIMEOUT, format!("{service} did not answer within {seconds} s."))
            }
            (UploadOutcome::Fine, Failure::Broken) => {
                meter.failed(Incident::Upstream);
                unanswered(self.route)
            }
        };
        self.page(page_for, &page, meter, upload.is_some())
    }

    fn page(&self, page_for: PageFor, page: &Page, mut meter: Meter, linger: bool) -> Response<AnswerBody> {
        if linger {
            self.client.activity.linger.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        let response = page.render(page_for);
        meter.answered(response.status());
        response.map(|kind| AnswerBody::new(kind, meter))
    }
}

/// What is sent beside a head.
enum Sending {
    /// Nothing: this body had ended.
    Nothing(Incoming),
    /// A body, whose fate is told here.
    Body(Arc<Upload>),
}

enum Failure {
    TimedOut,
    Broken,
}

/// What is said where the upstream ended the connection instead of answering.
pub(crate) fn unanswered(route: &LiveRoute) -> Page {
    let service = &route.route.service;
    Page::of(StatusCode::BAD_GATEWAY, format!("{service} closed the connection without an answer."))
}

fn too_long(limit: u64) -> Page {
    Page::of(StatusCode::PAYLOAD_TOO_LARGE, format!("The body of the request is longer than {limit} bytes."))
}

/// Whether an answer lasts for as long as client and upstream like (WHATWG HTML, 9.2).
fn is_event_stream(headers: &http::HeaderMap) -> bool {
    const TYPE: &[u8] = b"text/event-stream";
    let value = headers.get(http::header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = value.split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(TYPE)
}

/// Methods whose second request does what the first did (RFC 9110, 9.2.2).
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}

/// What is needed of a request to send it again.
fn copy_of_head<B>(request: &Request<B>, on_upgrade: Option<&OnUpgrade>) -> Request<()> {
    let mut copy = Request::new(());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    if let Some(on_upgrade) = on_upgrade {
        copy.extensions_mut().insert(on_upgrade.clone());
    }
    copy
}

/// The address without the prefix of its route.
fn stripped(uri: &Uri, prefix: &str) -> Uri {
    let Some(rest) = uri.path_and_query().and_then(|address| address.as_str().strip_prefix(prefix)) else {
        return uri.clone();
    };
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    PathAndQuery::try_from(rest).map_or_else(|_| uri.clone(), Uri::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_cut_off() {
        let cut = |uri: &'static str, prefix| stripped(&Uri::from_static(uri), prefix).to_string();
        assert_eq!(cut("/api/users?x=1", "/api"), "/users?x=1");
        assert_eq!(cut("/api", "/api"), "/");
        assert_eq!(cut("/api?x", "/api"), "/?x");
        assert_eq!(cut("/users", ""), "/users");
    }
}

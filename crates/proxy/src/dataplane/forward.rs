//! A request to an upstream and its answer.

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use hyper::body::Incoming;

use super::admission::Asked;
use super::body::{AnswerBody, AnswerKind, RequestBody, Upload, UploadOutcome, UpstreamBody};
use super::connection::Client;
use super::counters::Incident;
use super::headers;
use super::live::{LiveGroup, LiveRoute};
use super::meter::Meter;
use super::pages::{self, Page, PageFor};
use super::pool::Upstream;
use super::tunnel;
use super::upstream::{SendError, UpstreamConnection};
use super::worker::Admission;

/// A connection to an upstream of the route.
pub(crate) type Reached = (Arc<Upstream>, Box<UpstreamConnection>);

/// Why no upstream could be reached.
#[derive(Debug)]
pub(crate) enum Unreachable {
    /// The route has none.
    NoUpstreams,
    /// This one was the last that was tried.
    Failed {
        /// Where it should listen.
        address: String,
        /// What the system said.
        reason: String,
    },
}

/// Picks a group by weight and connects to one of its upstreams, each of them tried once.
pub(crate) async fn connect(client: &Client, route: &LiveRoute) -> Result<Reached, Unreachable> {
    let group = pick(route).ok_or(Unreachable::NoUpstreams)?;
    let upstreams = &group.upstreams;
    let first = if upstreams.len() == 1 { 0 } else { client.worker.shared.registry.upstreams().turn() };
    let mut last = Unreachable::NoUpstreams;
    for offset in 0..upstreams.len() {
        let upstream = &upstreams[first.wrapping_add(offset) % upstreams.len()];
        if let Some(connection) = upstream.checkout(client.worker.number) {
            return Ok((Arc::clone(upstream), connection));
        }
        match open(upstream, route.route.options.timeouts.connect).await {
            Ok(connection) => return Ok((Arc::clone(upstream), connection)),
            Err(reason) => last = Unreachable::Failed { address: upstream.address.to_string(), reason },
        }
    }
    Err(last)
}

fn pick(route: &LiveRoute) -> Option<&LiveGroup> {
    if let [only] = &*route.groups {
        return Some(only);
    }
    let mut drawn = fastrand::u32(0..route.total_weight.max(1));
    route.groups.iter().find(|group| {
        let found = drawn < group.weight;
        drawn = drawn.saturating_sub(group.weight);
        found
    })
}

async fn open(upstream: &Upstream, timeout: Duration) -> Result<Box<UpstreamConnection>, String> {
    match tokio::time::timeout(timeout, UpstreamConnection::open(&upstream.address)).await {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no connection within {} ms", timeout.as_millis())),
    }
}

/// What sending one request needs to know.
pub(crate) struct Exchange<'a> {
    pub(crate) client: &'a Arc<Client>,
    pub(crate) route: &'a Arc<LiveRoute>,
    pub(crate) asked: &'a Asked,
    /// Whether the client is a proxy whose word is taken.
    pub(crate) trusted: bool,
    pub(crate) admission: Arc<Admission>,
}

impl Exchange<'_> {
    /// Sends the request, a second time where that is safe, and makes the answer.
    pub(crate) async fn run(
        self,
        (upstream, mut connection): Reached,
        mut request: Request<Incoming>,
        mut meter: Meter,
    ) -> Response<AnswerBody> {
        let options = &self.route.route.options;
        let page_for = PageFor::of(&request, self.client.peer);
        if let (Some(limit), length) = (options.body_limit, request.body().size_hint().lower())
            && length > limit
        {
            return self.page(page_for, &too_long(limit), meter, true);
        }
        let upgrade = headers::upgrade_of(request.headers());
        let on_upgrade = upgrade.is_some().then(|| hyper::upgrade::on(&mut request));
        let (outgoing, upload, request_id) = self.outgoing(request, &upstream, upgrade);
        meter.identified(&request_id);
        if let Some(upload) = &upload {
            meter.uploads(upload);
        }
        // A connection that was idle may have been closed while the request was on its way to it.
        let mut spare = (connection.reused && upload.is_none() && is_idempotent(outgoing.method()))
            .then(|| copy_without_body(&outgoing));
        let mut outgoing = outgoing;
        let response = loop {
            match connection.send(outgoing, options.timeouts.response_header).await {
                Ok(response) => break response,
                Err(error) => {
                    let again = match error {
                        SendError::Unsent(request) if connection.reused => Ok(*request),
                        SendError::Broken if connection.reused => spare.take().ok_or(Failure::Broken),
                        SendError::TimedOut => Err(Failure::TimedOut),
                        SendError::Unsent(_) | SendError::Broken => Err(Failure::Broken),
                    };
                    let again = match again {
                        Ok(again) => again,
                        Err(failure) => return self.failed(&failure, page_for, upload.as_deref(), meter),
                    };
                    meter.note(Incident::Retry);
                    match open(&upstream, options.timeouts.connect).await {
                        Ok(opened) => connection = opened,
                        Err(reason) => {
                            meter.failed(Incident::Connect);
                            let unreachable =
                                Unreachable::Failed { address: upstream.address.to_string(), reason };
                            return self.page(
                                page_for,
                                &pages::unreachable(&self.route.route, &unreachable),
                                meter,
                                false,
                            );
                        }
                    }
                    outgoing = again;
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
                return self.failed(&Failure::Broken, page_for, None, meter);
            };
            let protocol = headers::upgrade_of(&parts.headers);
            headers::prepare_answer(&mut parts.headers, request_id);
            parts.headers.insert(http::header::CONNECTION, HeaderValue::from_static("upgrade"));
            if let Some(protocol) = protocol {
                parts.headers.insert(http::header::UPGRADE, protocol);
            }
            drop(incoming);
            tunnel::spawn(self.client, on_upgrade, *connection, options.timeouts.idle, meter, self.admission);
            return Response::from_parts(parts, AnswerBody::tunnel());
        }
        if let Some(kept) = headers::keep_alive_of(&parts.headers) {
            connection.keep_alive = Some(kept);
        }
        headers::prepare_answer(&mut parts.headers, request_id);
        let worker = Arc::clone(&self.client.worker);
        let body = UpstreamBody::new(incoming, connection, upstream, worker, options.timeouts.idle);
        Response::from_parts(parts, AnswerBody::new(AnswerKind::Upstream(body), meter))
    }

    /// The request as the upstream gets it, the fate of its body where it has one, and its id.
    fn outgoing(
        &self,
        request: Request<Incoming>,
        upstream: &Upstream,
        upgrade: Option<HeaderValue>,
    ) -> (Request<RequestBody>, Option<Arc<Upload>>, HeaderValue) {
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
        if incoming.is_end_stream() {
            return (Request::from_parts(parts, RequestBody::empty()), None, id);
        }
        let upload = Arc::new(Upload::default());
        let body =
            RequestBody::client(incoming, options.body_limit, options.timeouts.idle, Arc::clone(&upload));
        (Request::from_parts(parts, body), Some(upload), id)
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
                Page::of(
                    StatusCode::BAD_GATEWAY,
                    format!("{service} closed the connection without an answer."),
                )
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

enum Failure {
    TimedOut,
    Broken,
}

fn too_long(limit: u64) -> Page {
    Page::of(StatusCode::PAYLOAD_TOO_LARGE, format!("The body of the request is longer than {limit} bytes."))
}

/// Methods whose second request does what the first did (RFC 9110, 9.2.2).
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    )
}

fn copy_without_body(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut copy = Request::new(RequestBody::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
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

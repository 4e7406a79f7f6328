//! From a request to its answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;

use super::admission::{self, Asked};
use super::body::AnswerBody;
use super::connection::Client;
use super::counters::Incident;
use super::forward;
use super::hold::Waiter;
use super::https::{self, Before};
use super::live::{LiveGroups, LiveRoute};
use super::meter::Meter;
use super::pages::{self, Page};
use super::reach::{self, Supply};
use super::redirect;
use super::split::{Judged, Sorting};
use super::static_site;
use super::worker::Admission;
use crate::table::{HoldingState, RequestTarget, Target};

/// Answers one request. `admission` counts the connection, for tunnels that outlive it.
pub(crate) async fn answer(
    client: Arc<Client>,
    admission: Arc<Admission>,
    mut request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let meter = Meter::begin(&client, request.method(), request.uri().path());
    let http1 = request.version() < Version::HTTP_2;
    let upgrade = http1 && request.headers().contains_key(UPGRADE);
    let mut sorting = Sorting::default();
    let mut response = match admission::admit(&mut request) {
        Ok(asked) => match https::before(&client, &request, &asked) {
            Before::Answered(response) => local(&client, &request, *response, meter),
            Before::GoesOn(hsts) => {
                let mut response = dispatch(&client, admission, request, asked, meter, &mut sorting).await;
                https::tell(response.headers_mut(), hsts);
                response
            }
        },
        Err(refused) => {
            client.worker.shared.refused.fetch_add(1, Ordering::Relaxed);
            let page = Page::of(refused.status(), refused.message());
            local(&client, &request, page.into_response(&request, client.peer), meter)
        }
    };
    sorting.tell(response.headers_mut());
    // After a request to upgrade, no one but the new protocol may read the connection.
    let stays_http = upgrade && response.status() != StatusCode::SWITCHING_PROTOCOLS;
    if http1 && (client.closing() || stays_http) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Makes an answer that came from no upstream.
fn local(
    client: &Client,
    request: &Request<Incoming>,
    response: Response<super::body::AnswerKind>,
    mut meter: Meter,
) -> Response<AnswerBody> {
    if !request.body().is_end_stream() {
        client.activity.linger.store(true, Ordering::Relaxed);
    }
    meter.answered(response.status());
    response.map(|kind| AnswerBody::new(kind, meter))
}

async fn dispatch(
    client: &Arc<Client>,
    admission: Arc<Admission>,
    mut request: Request<Incoming>,
    asked: Asked,
    mut meter: Meter,
    sorting: &mut Sorting,
) -> Response<AnswerBody> {
    let mut waiter: Option<Waiter> = None;
    let mut supply = Supply::Pool;
    loop {
        let Some((route, trusted)) = find(client, &asked, request.uri().path()) else {
            meter.judge(None);
            let page =
                Page::of(StatusCode::NOT_FOUND, "No route leads from this host and path to a service.");
            return local(client, &request, page.into_response(&request, client.peer), meter);
        };
        meter.routed(&route);
        let (target, groups) = sort(&route, &request, &mut meter, sorting);
        let timeout = route.route.options.timeouts.connect;
        let response = match target {
            Target::Upstreams(_) => match reach::connect(client, groups, timeout, supply).await {
                Ok(reached) => {
                    meter.met(|| reached.0.upstream.born());
                    if let Some(waiter) = &mut waiter {
                        waiter.goes_on();
                    }
                    let admission = Arc::clone(&admission);
                    let exchange =
                        forward::Exchange { client, route: &route, asked: &asked, trusted, admission };
                    let broken = match exchange.run(reached, request, meter).await {
                        Ok(response) => return response,
                        Err(broken) => *broken,
                    };
                    (request, meter) = (broken.request, broken.meter);
                    supply = Supply::New;
                    if broken.was_idle
                        || hold(client, &route, &mut waiter, &meter) && waiter_sends_again(&mut waiter).await
                    {
                        meter.note(Incident::Retry);
                        continue;
                    }
                    meter.failed(Incident::Upstream);
                    forward::unanswered(&route).into_response(&request, client.peer)
                }
                Err(unreachable) => {
                    meter.met(|| unreachable.born());
                    if hold(client, &route, &mut waiter, &meter) && waiter_retries(&mut waiter).await {
                        continue;
                    }
                    meter.failed(Incident::Connect);
                    pages::unreachable(&route.route, &unreachable).into_response(&request, client.peer)
                }
            },
            Target::Holding(holding) => {
                let began = waiter.is_some();
                if holding.state.passes() && hold(client, &route, &mut waiter, &meter) {
                    // The table may have changed before the wait began: look once more before waiting.
                    if !began || waiter_tables(&mut waiter).await {
                        continue;
                    }
                }
                pages::holding(&route.route, holding).into_response(&request, client.peer)
            }
            Target::Static(site) => static_site::answer(&request, &route.route, site, client.peer).await,
            Target::Redirect(redirect) => redirect::answer(&request, &route.route, redirect),
            // The table was checked: an arm is no split.
            Target::Split(_) => {
                Page::of(StatusCode::INTERNAL_SERVER_ERROR, "").into_response(&request, client.peer)
            }
        };
        return local(client, &request, response, meter);
    }
}

/// What answers a request: the target of its route, or that of the arm that it goes to.
fn sort<'a>(
    route: &'a LiveRoute,
    request: &Request<Incoming>,
    meter: &mut Meter,
    sorting: &mut Sorting,
) -> (&'a Target, &'a LiveGroups) {
    let Some(part) = &route.split else {
        // It may have waited for a canary that is no more.
        meter.judge(None);
        sorting.forget();
        return (&route.route.target, &route.groups);
    };
    let (arm, session) = sorting.sort(&part.split, request.headers());
    let (target, groups) = route.arm(arm);
    // That someone works on it is nobody's failure.
    let judges = !matches!(target, Target::Holding(holding) if holding.state == HoldingState::Maintenance);
    let judged = session.filter(|_| judges);
    meter.judge(judged.map(|session| Judged::new(&part.split.counts, arm, session, request)));
    (target, groups)
}

fn find(client: &Client, asked: &Asked, path: &str) -> Option<(Arc<LiveRoute>, bool)> {
    let table = client.worker.shared.table.load();
    let host = asked.host();
    let target = RequestTarget { listener: &client.listener, host: &host, path };
    let route = Arc::clone(&table.routes[table.matcher.find(target)?]);
    Some((route, table.trusted_proxies.contains(&client.peer)))
}

/// Whether the request may wait (on); begins the wait.
fn hold(client: &Client, route: &LiveRoute, waiter: &mut Option<Waiter>, meter: &Meter) -> bool {
    if let Some(waiter) = waiter {
        return waiter.waits_again();
    }
    if let Some(hold) = route.route.options.hold {
        *waiter = Waiter::begin(hold, &route.state, &client.worker.shared);
        if waiter.is_some() {
            meter.note(Incident::Held);
        }
    }
    waiter.is_some()
}

async fn waiter_retries(waiter: &mut Option<Waiter>) -> bool {
    match waiter {
        Some(waiter) => waiter.retry().await,
        None => false,
    }
}

async fn waiter_sends_again(waiter: &mut Option<Waiter>) -> bool {
    match waiter {
        Some(waiter) => waiter.send_again().await,
        None => false,
    }
}

async fn waiter_tables(waiter: &mut Option<Waiter>) -> bool {
    match waiter {
        Some(waiter) => waiter.table().await,
        None => false,
    }
}

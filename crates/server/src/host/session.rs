//! Who asks a host, and how a browser is signed in.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::header::{AUTHORIZATION, COOKIE, HeaderValue, SET_COOKIE, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::HostContext;
use super::token::SESSION;
use crate::api::answer::Json;
use crate::api::body::Body;
use crate::api::document::Operation;
use crate::api::routes::{Input, Output};
use crate::problem::Problem;

/// Where a browser signs in, the one path that needs no token.
const SIGN_IN: &str = "/api/v1/host/session";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The Unix socket, which only its owner can open: may do everything.
    Owner,
    /// Someone who is signed in over TCP, as the ledger will call them: sees everything and gives orders, ships nothing.
    Person(String),
}

impl Who {
    /// What the ledger calls them; the owner says it themselves.
    pub(super) fn called(self, said: String) -> String {
        match self {
            Self::Owner => said,
            Self::Person(person) => person,
        }
    }

    /// Refuses who is not the owner.
    pub(super) fn owner(&self, what: &str) -> Result<(), Problem> {
        match self {
            Self::Owner => Ok(()),
            Self::Person(_) => Err(Problem::owner_only(what, "use the `sea` command on the host")),
        }
    }
}

impl Input for Who {}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Both doors say who it is before anything else looks at the request.
        parts.extensions.get::<Self>().cloned().ok_or_else(unsigned)
    }
}

/// Everything through the Unix socket is the owner's.
pub(super) async fn owner(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Who::Owner);
    next.run(request).await
}

/// Lets requests for the API through that have the token or a session.
pub(super) async fn gate(State(context): State<HostContext>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_open = !path.starts_with("/api") || (path == SIGN_IN && request.method() == Method::POST);
    if !is_open {
        match who(&context, request.headers()) {
            Some(who) => drop(request.extensions_mut().insert(who)),
            None => {
                return ([(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))], unsigned())
                    .into_response();
            }
        }
    }
    next.run(request).await
}

fn unsigned() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "token",
        "Not signed in",
        "this host answers those who are signed in, and this request has no session and no token",
    )
    .next("sea open --host")
}

/// Who a request is from: by its cookie, else by its bearer token.
fn who(context: &HostContext, headers: &HeaderMap) -> Option<Who> {
    let name = cookie(context.port);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let session = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .find_map(|(_, value)| context.access.signed_in(value));
    if let Some(person) = session {
        return Some(Who::Person(person));
    }
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    let is_token = scheme.eq_ignore_ascii_case("bearer") && context.access.is_token(token.trim());
    is_token.then(|| Who::Person(format!("token@{}", context.control.hostname())))
}

/// The name of the cookie. Cookies do not tell ports apart, and a browser may know several hosts through tunnels.
fn cookie(port: u16) -> String {
    format!("sea_host_{port}")
}

/// Whom a ticket is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TicketRequest {
    /// As the ledger shall call them: `ana@laptop`.
    pub who: String,
}

/// What signs a browser in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TicketAnswer {
    /// Works once, within five minutes.
    pub ticket: String,
    /// The address that signs a browser in with it. The ticket is behind the `#`, which browsers send to nobody.
    pub url: String,
}

/// A ticket that a browser has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct SignIn {
    /// The ticket, or the token of the host.
    ticket: String,
}

pub(super) async fn ticket(
    State(context): State<HostContext>,
    who: Who,
    Body(request): Body<TicketRequest>,
) -> Result<Json<TicketAnswer>, Problem> {
    who.owner("only the owner of the host lets browsers in")?;
    let ticket = context.access.ticket(&request.who).map_err(|error| Problem::internal(error.to_string()))?;
    let url = format!("http://localhost:{}/#/sign-in/{ticket}", context.port);
    Ok(Json(TicketAnswer { ticket, url }))
}

pub(super) async fn sign_in(
    State(context): State<HostContext>,
    Body(SignIn { ticket }): Body<SignIn>,
) -> Result<Cookie, Problem> {
    let by_token =
        || context.access.is_token(&ticket).then(|| format!("token@{}", context.control.hostname()));
    let who = context.access.redeem(&ticket).or_else(by_token).ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "ticket",
            "No such ticket",
            "this address was used already, is older than five minutes, or is of another run of `sea serve`",
        )
        .next("sea open --host")
    })?;
    Ok(Cookie::new(context.port, &context.access.session(&who), SESSION.as_secs()))
}

pub(super) async fn sign_out(State(context): State<HostContext>) -> Cookie {
    Cookie::new(context.port, "", 0)
}

/// An answer that sets the cookie of a session and says nothing else.
pub(super) struct Cookie(String);

impl Cookie {
    /// Only for the API of this origin, unreadable to scripts, and never sent along by another site.
    fn new(port: u16, value: &str, seconds: u64) -> Self {
        let name = cookie(port);
        Self(format!("{name}={value}; Path=/api; Max-Age={seconds}; HttpOnly; SameSite=Strict"))
    }
}

impl Output for Cookie {
    fn describe(operation: &mut Operation<'_>) {
        operation.answer("204", "Done; the cookie of the session is set or removed", &json!({}));
    }
}

impl IntoResponse for Cookie {
    fn into_response(self) -> Response {
        // Digits, letters and a few signs always make a header.
        let value = HeaderValue::try_from(self.0).unwrap_or_else(|_| HeaderValue::from_static(""));
        (StatusCode::NO_CONTENT, [(SET_COOKIE, value)]).into_response()
    }
}

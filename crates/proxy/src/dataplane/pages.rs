//! What the proxy says itself: a page for browsers, JSON or a line of text for everything else. Nothing is fetched from
//! anywhere, and nothing that a service logged or a client sent gets in unescaped.

use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};

use super::body::AnswerKind;
use super::reach::Unreachable;
use crate::table::{Holding, HoldingState, Route};

const TEMPLATE: &str = include_str!("page.html");
/// Tells the page's own script from the service's answers.
const HOLDING: HeaderName = HeaderName::from_static("x-sea-holding");
const CSP: HeaderName = HeaderName::from_static("content-security-policy");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'self'",
);
/// The last lines that a page shows, and the bytes of each.
const LOG_LINES: usize = 200;
const LOG_LINE_BYTES: usize = 2000;

/// What a page says.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    status: StatusCode,
    title: String,
    message: String,
    /// Shown to clients on this machine only.
    log_lines: Vec<String>,
    retry: Option<Duration>,
    /// A word for programs: `starting`, `down`, ...
    state: &'static str,
}

/// Whom a page is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageFor {
    form: Form,
    head: bool,
    /// Whether asking again is harmless.
    repeatable: bool,
    local: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Json,
    Text,
}

impl PageFor {
    pub(crate) fn of<B>(request: &Request<B>, peer: IpAddr) -> Self {
        let head = request.method() == Method::HEAD;
        let repeatable = head || request.method() == Method::GET;
        Self { form: form(request.headers()), head, repeatable, local: peer.is_loopback() }
    }
}

fn form(headers: &HeaderMap) -> Form {
    let accepts = |what| {
        headers
            .get_all(ACCEPT)
            .iter()
            .any(|value| value.to_str().is_ok_and(|accepted| accepted.contains(what)))
    };
    if accepts("text/html") {
        Form::Html
    } else if accepts("json") {
        Form::Json
    } else {
        Form::Text
    }
}

/// The page of a service that cannot answer.
pub(crate) fn holding(route: &Route, holding: &Holding) -> Page {
    let service = &route.service;
    let (state, title, message) = match holding.state {
        HoldingState::Starting => {
            ("starting", format!("{service} is starting"), "This page reloads as soon as it answers.")
        }
        HoldingState::Restarting => {
            ("restarting", format!("{service} is restarting"), "This page reloads as soon as it answers.")
        }
        HoldingState::Down => {
            ("down", format!("{service} is down"), "It ended and does not start again by itself.")
        }
        HoldingState::Stopped => ("stopped", format!("{service} is stopped"), "Someone stopped it."),
        HoldingState::Maintenance => (
            "maintenance",
            format!("{service} is being worked on"),
            "It will be back soon; this page reloads as soon as it is.",
        ),
    };
    let message = if holding.message.is_empty() { message.to_owned() } else { holding.message.clone() };
    Page {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title,
        message,
        log_lines: match holding.state {
            HoldingState::Maintenance => Vec::new(),
            _ => holding.log_lines.clone(),
        },
        retry: Some(holding.retry),
        state,
    }
}

/// The page of a service that should answer and cannot be reached.
pub(crate) fn unreachable(route: &Route, why: &Unreachable) -> Page {
    let service = &route.service;
    let message = match why {
        Unreachable::NoUpstreams => format!("No instance of {service} is running."),
        Unreachable::Failed { address, reason, .. } => format!("Nothing answers at {address}: {reason}."),
    };
    Page {
        title: format!("{service} cannot be reached"),
        retry: Some(Duration::from_secs(1)),
        state: "unreachable",
        ..Page::of(StatusCode::BAD_GATEWAY, message)
    }
}

impl Page {
    /// A page of a status and one sentence.
    pub(crate) fn of(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            message: message.into(),
            log_lines: Vec::new(),
            retry: None,
            state: "error",
        }
    }

    pub(crate) fn into_response<B>(self, request: &Request<B>, peer: IpAddr) -> Response<AnswerKind> {
        self.render(PageFor::of(request, peer))
    }

    /// The answer that carries this page.
    pub(crate) fn render(&self, page_for: PageFor) -> Response<AnswerKind> {
        let (content_type, body) = match page_for.form {
            Form::Html => ("text/html; charset=utf-8", self.html(page_for)),
            Form::Json => ("application/json", self.json(page_for)),
            Form::Text => ("text/plain; charset=utf-8", self.text(page_for)),
        };
        let length = HeaderValue::from(body.len());
        let kind = if page_for.head { AnswerKind::Empty } else { AnswerKind::Whole(Bytes::from(body)) };
        let mut response = Response::new(kind);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CONTENT_LENGTH, length);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CSP, POLICY);
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(http::header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        if let Some(retry) = self.retry {
            headers.insert(HOLDING, HeaderValue::from_static(self.state));
            headers.insert(RETRY_AFTER, HeaderValue::from(retry.as_secs().max(1)));
        }
        response
    }

    fn shown_lines(&self, page_for: PageFor) -> impl Iterator<Item = &str> {
        let first = self.log_lines.len().saturating_sub(LOG_LINES);
        let lines = if page_for.local { &self.log_lines[first..] } else { &[] };
        lines.iter().map(|line| {
            let end = line.len().min(LOG_LINE_BYTES);
            let end = (0..=end).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
            &line[..end]
        })
    }

    fn html(&self, page_for: PageFor) -> String {
        let mut logs = String::new();
        for line in self.shown_lines(page_for) {
            let opening =
                if logs.is_empty() { "<pre tabindex=\"0\" aria-label=\"Last log lines\">" } else { "\n" };
            logs.push_str(opening);
            escape(line, &mut logs);
        }
        if !logs.is_empty() {
            logs.push_str("</pre>");
        }
        let (mut refresh, mut script) = (String::new(), String::new());
        if let Some(retry) = self.retry.filter(|_| page_for.repeatable) {
            let millis = retry.as_millis().max(100);
            let seconds = retry.as_secs().max(1);
            let _ =
                write!(refresh, "<noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>");
            // Asks until the answer is no page of ours, or one of another state, and only then reloads: a page that
            // reloads each second cannot be read.
            let _ = write!(
                script,
                "<script>setInterval(async()=>{{try{{const r=await fetch(location.href,{{method:'HEAD',cache:'no-store'}});\
                 if(r.headers.get('{HOLDING}')!=='{}')location.reload()}}catch{{}}}},{millis})</script>",
                self.state
            );
        }
        let escaped = |text: &str| {
            let mut out = String::new();
            escape(text, &mut out);
            out
        };
        let footer = format!("{} · Seaworthy", self.status);
        // One pass, so that nothing that was put in is looked at again.
        let mut page = String::with_capacity(TEMPLATE.len() + logs.len() + 256);
        let mut rest = TEMPLATE;
        while let Some((before, after)) = rest.split_once("{{") {
            page.push_str(before);
            let (name, after) = after.split_once("}}").unwrap_or((after, ""));
            match name {
                "title" => page.push_str(&escaped(&self.title)),
                "message" => page.push_str(&escaped(&self.message)),
                "logs" => page.push_str(&logs),
                "refresh" => page.push_str(&refresh),
                "script" => page.push_str(&script),
                _ => page.push_str(&footer),
            }
            rest = after;
        }
        page.push_str(rest);
        page
    }

    fn json(&self, page_for: PageFor) -> String {
        let lines: Vec<_> = self.shown_lines(page_for).collect();
        let mut value = serde_json::json!({
            "status": self.status.as_u16(), "state": self.state, "title": self.title, "message": self.message,
        });
        if !lines.is_empty() {
            value["log"] = serde_json::json!(lines);
        }
        format!("{value}\n")
    }

    fn text(&self, page_for: PageFor) -> String {
        let mut text = format!("{}: {}\n", self.title, self.message);
        for line in self.shown_lines(page_for) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(accept: &str, peer: &str) -> (http::response::Parts, String) {
        let page = Page {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "<api> is starting".into(),
            message: "a & b {{logs}}".into(),
            log_lines: vec!["<script>alert('x')</script>".into()],
            retry: Some(Duration::from_millis(500)),
            state: "starting",
        };
        let request = Request::builder().header(ACCEPT, accept).body(()).unwrap();
        let (parts, kind) = page.into_response(&request, peer.parse().unwrap()).into_parts();
        let AnswerKind::Whole(bytes) = kind else { panic!("no body") };
        (parts, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn browsers_get_an_escaped_page_that_asks_again() {
        let (parts, html) = rendered("text/html,*/*", "127.0.0.1");
        assert_eq!(parts.status, 503);
        assert_eq!(parts.headers[RETRY_AFTER], "1");
        assert!(html.contains("&lt;api&gt; is starting") && html.contains("a &amp; b {{logs}}"), "{html}");
        assert!(html.contains("&lt;script&gt;alert") && !html.contains("<script>alert"));
        assert!(html.contains("setInterval") && html.contains("http-equiv=\"refresh\""));
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("src="));
    }

    #[test]
    fn log_lines_are_for_this_machine_only() {
        for accept in ["text/html", "application/json", "*/*"] {
            assert!(rendered(accept, "::1").1.contains("alert"));
            assert!(!rendered(accept, "192.0.2.1").1.contains("alert"));
        }
    }

    #[test]
    fn maintenance_is_said_kindly_and_without_a_log() {
        let route = Route {
            name: "api".into(),
            service: "api".into(),
            listeners: vec![],
            host: crate::table::HostPattern::Any,
            path: "/".parse().unwrap(),
            target: crate::table::Target::Upstreams(crate::table::Balance::default()),
            options: crate::table::RouteOptions::default(),
        };
        let holding = |state| Holding {
            state,
            message: String::new(),
            log_lines: vec!["secret".into()],
            retry: Duration::from_mins(2),
        };
        let request = Request::builder().header(ACCEPT, "text/html").body(()).unwrap();
        let page = super::holding(&route, &holding(HoldingState::Maintenance));
        let response = page.into_response(&request, [127, 0, 0, 1].into());
        assert_eq!(
            (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
            (503, &HeaderValue::from(120))
        );
        let AnswerKind::Whole(body) = response.into_body() else { panic!("no body") };
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("api is being worked on") && !body.contains("secret"), "{body}");
        assert!(!HoldingState::Maintenance.passes());
    }

    #[test]
    fn programs_get_json_or_text() {
        let (parts, json) = rendered("application/json", "127.0.0.1");
        assert_eq!(parts.headers[CONTENT_TYPE], "application/json");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["state"], "starting");
        assert!(rendered("*/*", "127.0.0.1").1.starts_with("<api> is starting: a & b"));
    }
}

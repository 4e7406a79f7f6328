//! Routes, domains and hosts.

use super::text::{Refusal, not_empty, text};

text! {
    /// A public path (`/api`), or a host and path (`api.example.com/v1`).
    pub struct Route, "a route", like "\"/api\" or \"api.example.com/v1\"", read by route
}

text! {
    /// A path of the service that answers to GET.
    pub struct HttpPath, "a path", like "\"/healthz\"", read by http_path, pattern = "^/"
}

text! {
    /// A public domain, without scheme and path.
    pub struct Domain, "a domain", like "\"app.example.com\"", read by domain
}

text! {
    /// A machine reached by SSH.
    pub struct Host, "an SSH address", like "\"ssh://deploy@app.example.com\"", read by host, pattern = "^ssh://"
}

/// `https://a/b` is the host and path `a/b`.
fn without_scheme(text: &str) -> Option<&str> {
    text.split_once("://").map(|(_, rest)| rest)
}

/// A host name: labels of letters, digits and `-`; the first may be `*`.
fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "1"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let name = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 253 && name.split('.').all(label) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "?#".contains(c))
}

fn route(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    let refused = || Refusal::new("invalid-route", format!("`{text}` is not a route"));
    if let Some(rest) = without_scheme(&text) {
        let note = "the proxy serves a route on every scheme that the environment has";
        return Err(refused().instead(route(rest).ok()).note(note));
    }
    let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
    if !path.is_empty() && !is_path(path) {
        let end = text.find(|c: char| c.is_whitespace() || "?#*".contains(c)).unwrap_or(text.len());
        return Err(refused().instead(route(&text[..end]).ok()).note("a route has no query and no spaces"));
    }
    let name = host.split(':').next().unwrap_or(host);
    if host.is_empty() || (is_host(host) && (name.contains('.') || name == "localhost")) {
        return Ok(text);
    }
    Err(refused()
        .instead(is_path(&format!("/{text}")).then(|| format!("/{text}")))
        .note("a path starts with `/`, a host has a dot"))
}

fn http_path(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    // A query is fine here: the probe sends it along.
    if text.starts_with('/') && !text.contains(char::is_whitespace) {
        return Ok(text);
    }
    let path = match without_scheme(&text) {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]).to_owned(),
        None => format!("/{text}"),
    };
    let refused = Refusal::new("invalid-path", format!("`{text}` is not a path of the service"));
    Err(refused.instead((!path.contains(char::is_whitespace)).then_some(path)))
}

fn domain(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    if is_host(&text) && !text.contains(':') {
        return Ok(text);
    }
    let name = without_scheme(&text).unwrap_or(&text);
    let name = &name[..name.find(['/', ':']).unwrap_or(name.len())];
    let refused = Refusal::new("invalid-domain", format!("`{text}` is not a domain"));
    Err(refused
        .instead(is_host(name).then(|| name.to_owned()))
        .note("a domain is a host name and nothing else"))
}

fn host(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    let is_ssh = |text: &str| {
        let address = text.strip_prefix("ssh://").unwrap_or("");
        let (user, host) = address.split_once('@').unwrap_or(("user", address));
        let user_is_fine =
            !user.is_empty() && !user.contains(|c: char| c.is_whitespace() || "/:@".contains(c));
        user_is_fine && is_host(host) && !host.starts_with('*')
    };
    if is_ssh(&text) {
        return Ok(text);
    }
    let candidate = format!("ssh://{}", without_scheme(&text).unwrap_or(&text).trim_end_matches('/'));
    let refused = Refusal::new("invalid-host", format!("`{text}` is not an SSH address"));
    let refused = refused.instead(is_ssh(&candidate).then_some(candidate));
    let password = text
        .split_once('@')
        .is_some_and(|(user, _)| user.strip_prefix("ssh://").unwrap_or(user).contains(':'));
    Err(if password {
        refused.note("keys and agents authenticate; a password has no place in a file")
    } else {
        refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::text::Instead;

    fn told(result: Result<String, Refusal>) -> String {
        match result {
            Ok(text) => text,
            Err(Refusal { instead: Instead::Text(text), .. }) => format!("not {text}"),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn routes() {
        for (text, expected) in [
            ("/", "/"),
            ("/api/v1", "/api/v1"),
            ("api.example.com", "api.example.com"),
            ("api.example.com/v1", "api.example.com/v1"),
            ("*.example.com", "*.example.com"),
            ("localhost:3000/x", "localhost:3000/x"),
            ("https://api.example.com/v1", "not api.example.com/v1"),
            ("api", "not /api"),
            ("/a?b=1", "not /a"),
            ("/a b", "not /a"),
            ("", "refused"),
        ] {
            assert_eq!(told(route(text)), expected, "{text}");
        }
    }

    #[test]
    fn probes_domains_and_hosts() {
        assert_eq!(told(http_path("/healthz?deep=1")), "/healthz?deep=1");
        assert_eq!(told(http_path("healthz")), "not /healthz");
        assert_eq!(told(http_path("http://localhost:4000/readyz")), "not /readyz");
        assert_eq!(told(domain("app.example.com")), "app.example.com");
        assert_eq!(told(domain("https://app.example.com/")), "not app.example.com");
        assert_eq!(told(domain("my app")), "refused");
        assert_eq!(told(host("ssh://deploy@app.example.com:2222")), "ssh://deploy@app.example.com:2222");
        assert_eq!(told(host("deploy@10.0.0.1")), "not ssh://deploy@10.0.0.1");
        assert_eq!(told(host("ssh://deploy:secret@app.example.com")), "refused");
    }
}

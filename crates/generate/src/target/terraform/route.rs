//! Where a public service is reached.

/// A path, on one host or on the app's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Route {
    /// The host, where the model names one.
    pub(super) host: Option<String>,
    /// The path that everything below belongs to, `/` for all of the host.
    pub(super) path: String,
}

impl Route {
    /// Reads `/api`, `api.example.com` or `example.com/api`.
    pub(super) fn parse(text: &str) -> Self {
        let (host, path) = match text.split_once('/') {
            Some((host, path)) => (host, format!("/{path}")),
            None => (text, "/".to_owned()),
        };
        let path = path.trim_end_matches(['/', '*']);
        Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
        }
    }

    /// Everything of the host is meant.
    pub(super) fn is_root(&self) -> bool {
        self.path == "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_hosts_and_paths() {
        let read = |text: &str| {
            let route = Route::parse(text);
            format!("{} {}", route.host.unwrap_or_default(), route.path)
        };
        assert_eq!(read("/"), " /");
        assert_eq!(read("/api/*"), " /api");
        assert_eq!(read("api.example.com"), "api.example.com /");
        assert_eq!(read("example.com/v1/"), "example.com /v1");
    }
}

//! Where archives of records come from: the exports of OSV, a mirror of them, or a folder.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::time::Duration;

use crate::exit::Outside;

/// The exports of OSV, one archive an ecosystem (<https://google.github.io/osv.dev/data/#data-dumps>).
pub(crate) const OSV: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// An archive larger than this is none: the largest had some 200 MiB in 2025.
const MOST_BYTES: u64 = 4 << 30;

/// What came of asking for an archive.
pub(super) enum Answer {
    /// It is the one that was had before.
    Same,
    /// It is new, or nobody can tell.
    New {
        /// The archive, at its beginning.
        archive: File,
        /// What the server calls this version of it.
        etag: Option<String>,
    },
}

/// Asks for archives.
pub(super) struct Client<'a> {
    from: &'a str,
    agent: ureq::Agent,
}

impl<'a> Client<'a> {
    /// `from` is an address or a folder with `ECOSYSTEM/all.zip` below it.
    pub(super) fn new(from: &'a str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_mins(1)))
            .http_status_as_error(false)
            .user_agent(concat!("sea/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { from, agent: ureq::Agent::new_with_config(config) }
    }

    /// The archive of an ecosystem, unless it is still the one that the server called `known`.
    pub(super) fn fetch(&self, ecosystem: &str, known: Option<&str>) -> anyhow::Result<Answer> {
        if let Some(folder) = super::local(self.from) {
            let path = folder.join(ecosystem).join("all.zip");
            let archive = File::open(&path).map_err(|error| Outside {
                message: format!("{} cannot be read: {error}", path.display()),
                help: Some("sea advisories update --from DIR, with ECOSYSTEM/all.zip below it".to_owned()),
            })?;
            return Ok(Answer::New { archive, etag: None });
        }
        let address = format!("{}/{ecosystem}/all.zip", self.from.trim_end_matches('/'));
        let failed = |why: String| Outside {
            message: format!("{address} cannot be had: {why}"),
            help: Some(
                "sea advisories update --from DIR, with archives that were fetched elsewhere".to_owned(),
            ),
        };
        let mut request = self.agent.get(&address);
        if let Some(known) = known {
            request = request.header("if-none-match", known);
        }
        let mut response = request.call().map_err(|error| failed(error.to_string()))?;
        match response.status().as_u16() {
            304 => return Ok(Answer::Same),
            200 => {}
            other => return Err(failed(format!("the answer is {other}")).into()),
        }
        let etag = response.headers().get("etag").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut archive = tempfile::tempfile()?;
        let mut body = response.body_mut().with_config().limit(MOST_BYTES).reader();
        std::io::copy(&mut body, &mut archive).map_err(|error| failed(error.to_string()))?;
        archive.seek(SeekFrom::Start(0))?;
        Ok(Answer::New { archive, etag })
    }
}

//! Lines of a log that nobody wrote.

use jiff::{SignedDuration, Timestamp};
use seaworthy_engine::view::LineView;

/// `count` lines up to now, twenty a second, in bursts of the same instant.
pub(super) fn history(count: usize) -> Vec<LineView> {
    let now = Timestamp::now();
    let back = |at: usize| now - SignedDuration::from_millis(i64::try_from(count - at).unwrap_or(0) * 50);
    (0..count).map(|at| line(at as u64, back(at - at % 7))).collect()
}

/// The line with this number.
pub(super) fn line(number: u64, at: Timestamp) -> LineView {
    let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let took = dice % 180 + 2;
    let make =
        |member: &str, stream: &str, level: Option<&str>, text: String, message: Option<String>| LineView {
            member: member.to_owned(),
            at: at.to_string(),
            stream: stream.to_owned(),
            level: level.map(str::to_owned),
            message: message.unwrap_or_else(|| seaworthy_supervise::log::ansi::strip(&text).into_owned()),
            text,
        };
    let path =
        ["/api/projects", "/api/artists/42", "/api/session", "/api/images?page=2"][(dice % 4) as usize];
    match dice % 23 {
        0..=8 => {
            let message = format!("GET {path} 200 {took} ms");
            let text = format!(
                r#"{{"level":"info","time":"{at}","msg":"{message}","req":{{"id":"{dice:08x}","method":"GET","path":"{path}"}},"took_ms":{took}}}"#
            );
            make("api", "stdout", Some("info"), text, Some(message))
        }
        9..=12 => make(
            "web",
            "stdout",
            None,
            format!(
                "\u{1b}[2m{}\u{1b}[0m \u{1b}[36m[vite]\u{1b}[0m \u{1b}[32mhmr update\u{1b}[0m /src/pages/Project{}.tsx",
                "10:31:07",
                dice % 40
            ),
            None,
        ),
        13..=16 => make(
            "worker",
            "stdout",
            Some("debug"),
            format!("level=debug msg=\"picked job\" queue=thumbnails job={number} attempt=1"),
            Some("picked job".to_owned()),
        ),
        17..=18 => make(
            "db",
            "stderr",
            Some("info"),
            format!(
                "LOG:  duration: {took}.114 ms  statement: SELECT id, title FROM projects WHERE artist_id = $1"
            ),
            None,
        ),
        19 => make(
            "worker",
            "stderr",
            Some("warn"),
            format!("level=warn msg=\"image is large\" bytes={} limit=8000000", dice * 91),
            Some("image is large".to_owned()),
        ),
        20 => make(
            "mailer",
            "stderr",
            Some("error"),
            "\u{1b}[31mConnectionRefusedError\u{1b}[39m: [Errno 111] Connection refused: ('127.0.0.1', 1025)"
                .to_owned(),
            None,
        ),
        21 => make(
            "api",
            "stderr",
            Some("error"),
            format!("error: column \"archived_at\" does not exist at character {took} <b>not html</b>"),
            None,
        ),
        _ => make(
            "mailer",
            "sea",
            Some("warn"),
            "started again in 8 s: it exited with code 1 for the fifth time within a minute".to_owned(),
            None,
        ),
    }
}

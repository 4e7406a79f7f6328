//! The unit, as text.

use std::path::Path;

/// Ports below are for programs that are allowed to (`ip_unprivileged_port_start` in `ip(7)`).
const FIRST_FREE_PORT: u16 = 1024;

/// What a unit starts.
pub(super) struct Unit<'u> {
    pub(super) program: &'u Path,
    /// An absolute path.
    pub(super) state: &'u Path,
    /// The user whose state it is, by number.
    pub(super) user: u32,
    pub(super) arguments: &'u [String],
}

impl Unit<'_> {
    /// Its text. Only the control process is stopped with it: apps and proxy run on, and the next one takes them over.
    pub(super) fn text(&self) -> String {
        let words: Vec<String> = [self.program.display().to_string(), "serve".to_owned()]
            .iter()
            .map(|word| quoted(word))
            .chain([state_words(self.state)])
            .chain(self.arguments.iter().map(|argument| quoted(argument)))
            .collect();
        let user = if self.user == 0 { "root".to_owned() } else { self.user.to_string() };
        let may_bind = if self.user != 0 && self.wants_low_port() {
            "# For the ports under 1024.\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"
        } else {
            ""
        };
        format!(
            "[Unit]
Description=Seaworthy: serves what is shipped to this machine
After=network-online.target
Wants=network-online.target
# Whatever keeps it from starting may be over in a while.
StartLimitIntervalSec=0

[Service]
Type=notify
# Also says where the user's home is.
User={user}
{may_bind}ExecStart={}
# What runs is waited for.
TimeoutStartSec=5min
# `sea serve --stop` ends it with success.
Restart=on-failure
RestartSec=1
# Apps and proxy outlive the control process, which is replaced without them noticing.
KillMode=process
# An app that is killed for want of memory is started again by the control process.
OOMPolicy=continue
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity

[Install]
WantedBy=multi-user.target
",
            words.join(" "),
        )
    }

    fn wants_low_port(&self) -> bool {
        let ports = self.arguments.windows(2).filter(|pair| matches!(pair[0].as_str(), "--http" | "--https"));
        let mut ports = ports.filter_map(|pair| pair[1].parse::<u16>().ok());
        ports.any(|port| (1..FIRST_FREE_PORT).contains(&port))
    }
}

/// Whether the text is that of a unit that serves this state folder.
pub(super) fn is_of(text: &str, state: &Path) -> bool {
    text.lines().any(|line| {
        line.strip_prefix("ExecStart=").is_some_and(|line| line.contains(&format!(" {}", state_words(state))))
    })
}

fn state_words(state: &Path) -> String {
    format!("--state {}", quoted(&state.display().to_string()))
}

/// One word to systemd: `%` and `$` mean something (systemd.unit, systemd.service), quotes and backslashes end or change it.
fn quoted(word: &str) -> String {
    let word = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{word}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(user: u32, arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let state = Path::new("/srv/100% sea");
        Unit { program: Path::new("/srv/100% sea/bin/sea"), state, user, arguments: &arguments }.text()
    }

    #[test]
    fn a_unit_is_known_by_its_state() {
        let text = text(0, &["--http", "80"]);
        assert!(text.contains(
            "\nExecStart=\"/srv/100%% sea/bin/sea\" \"serve\" --state \"/srv/100%% sea\" \"--http\" \"80\"\n"
        ));
        assert!(is_of(&text, Path::new("/srv/100% sea")));
        assert!(!is_of(&text, Path::new("/srv/100%")) && !is_of("", Path::new("/srv/100% sea")));
    }

    #[test]
    fn only_who_is_not_root_and_wants_a_low_port_is_given_the_right_to() {
        let given = |user, arguments: &[&str]| text(user, arguments).contains("CAP_NET_BIND_SERVICE");
        assert!(given(1000, &["--http", "80"]) && given(1000, &["--http", "8080", "--https", "443"]));
        assert!(!given(0, &["--http", "80"]) && !given(1000, &["--http", "8080", "--dashboard", "80"]));
        assert!(text(1000, &[]).contains("\nUser=1000\n") && text(0, &[]).contains("\nUser=root\n"));
    }
}

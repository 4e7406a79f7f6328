//! What is typed to `ssh`, as data.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::address::Address;
use crate::error::Error;

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Argv(pub(crate) Vec<OsString>);

/// The user's `ssh`: a program, and arguments that stand before all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh(Vec<OsString>);

/// What every connection has. The policy about host keys is left to the user's configuration on purpose.
const ALWAYS: [&str; 10] = [
    // Neither a terminal, nor the user's agent or display, over there.
    "-T",
    "-a",
    "-x",
    // Nobody is asked: what would be a question is a failure that says what to do.
    "-oBatchMode=yes",
    "-oConnectTimeout=15",
    // A connection that is dead without saying so ends after a minute.
    "-oServerAliveInterval=15",
    "-oServerAliveCountMax=4",
    "-oPermitLocalCommand=no",
    "-oRemoteCommand=none",
    "-oEscapeChar=none",
];

impl Ssh {
    /// The one that `$SEA_SSH` names, a program and its arguments in the shell's quoting, such as `ssh -F deploy.conf`;
    /// without it `ssh`.
    pub fn from_text(text: Option<&str>) -> Result<Self, Error> {
        let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or("ssh");
        let words = shlex::split(text).filter(|words| !words.is_empty());
        let words = words.ok_or_else(|| Error::Program(text.to_owned()))?;
        Ok(Self(words.into_iter().map(OsString::from).collect()))
    }

    /// The program's name.
    pub(crate) fn program(&self) -> &OsStr {
        // One word at least, by construction.
        self.0.first().map_or(OsStr::new("ssh"), OsString::as_os_str)
    }

    /// The first connection, which others go over as long as `command` runs.
    pub(crate) fn master(&self, address: &Address, socket: &Path, command: &str) -> Argv {
        let options = ["-oControlMaster=yes", "-oControlPersist=no", "-oClearAllForwardings=yes"];
        self.line(&ALWAYS, &options, address, socket, &[command])
    }

    /// A command over the connection that is there. Without one it fails rather than opens another.
    pub(crate) fn command(&self, address: &Address, socket: &Path, command: &str) -> Argv {
        self.line(&ALWAYS, &["-oControlMaster=no", "-oProxyCommand=false"], address, socket, &[command])
    }

    /// The same at this terminal.
    pub(crate) fn at_terminal(&self, address: &Address, socket: &Path, command: &str) -> Argv {
        let options = ["-oControlMaster=no", "-oProxyCommand=false", "-tt"];
        self.line(&ALWAYS[1..9], &options, address, socket, &[command])
    }

    /// Has the connection listen at a socket here, and answer at one there.
    pub(crate) fn forward(&self, address: &Address, socket: &Path, here: &Path, there: &str) -> Argv {
        let mut forward = OsString::from("-L");
        forward.push(here);
        forward.push(":");
        forward.push(there);
        let options = [OsStr::new("-oStreamLocalBindMask=0177"), OsStr::new("-Oforward"), &forward];
        self.line(&["-oBatchMode=yes"], &options, address, socket, &[])
    }

    fn line(
        &self,
        always: &[&str],
        options: &[impl AsRef<OsStr>],
        address: &Address,
        socket: &Path,
        command: &[&str],
    ) -> Argv {
        let mut argv = self.0.clone();
        argv.extend(always.iter().map(OsString::from));
        argv.extend(options.iter().map(|option| option.as_ref().to_owned()));
        argv.push("-S".into());
        argv.push(socket.into());
        if let Some(port) = address.port() {
            argv.push(format!("-p{port}").into());
        }
        if let Some(user) = address.user() {
            argv.push(format!("-l{user}").into());
        }
        // What follows is a host, whatever it looks like.
        argv.push("--".into());
        argv.push(address.host().into());
        argv.extend(command.iter().map(OsString::from));
        Argv(argv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(argv: &Argv) -> String {
        let words: Vec<String> = argv.0.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    fn address() -> Address {
        "ssh://deploy@app.example.com:2222".parse().unwrap()
    }

    #[test]
    fn the_first_connection_asks_nobody_and_carries_the_others() {
        let ssh = Ssh::from_text(None).unwrap();
        assert_eq!(
            text(&ssh.master(&address(), Path::new("/tmp/sea-1/c"), "uname -sm")),
            "ssh -T -a -x -oBatchMode=yes -oConnectTimeout=15 -oServerAliveInterval=15 -oServerAliveCountMax=4 \
             -oPermitLocalCommand=no -oRemoteCommand=none -oEscapeChar=none -oControlMaster=yes -oControlPersist=no \
             -oClearAllForwardings=yes -S /tmp/sea-1/c -p2222 -ldeploy -- app.example.com uname -sm"
        );
    }

    #[test]
    fn later_commands_go_over_it_or_fail() {
        let ssh = Ssh::from_text(Some("/opt/ssh -F 'my config'")).unwrap();
        let line = text(&ssh.command(&"ssh://box".parse().unwrap(), Path::new("/tmp/c"), "true"));
        assert!(line.starts_with("/opt/ssh -F my config -T -a -x -oBatchMode=yes"), "{line}");
        assert!(line.ends_with("-oControlMaster=no -oProxyCommand=false -S /tmp/c -- box true"), "{line}");
    }

    #[test]
    fn a_terminal_is_asked_for_where_there_is_one() {
        let line = text(&Ssh::from_text(None).unwrap().at_terminal(&address(), Path::new("/tmp/c"), "sh"));
        assert!(!line.contains(" -T ") && line.contains(" -tt "), "{line}");
        assert!(line.contains(" -a -x "), "{line}");
    }

    #[test]
    fn a_socket_is_brought_here_for_its_owner_alone() {
        let ssh = Ssh::from_text(None).unwrap();
        assert_eq!(
            text(&ssh.forward(&address(), Path::new("/tmp/c"), Path::new("/tmp/a"), "/srv/run/api.sock")),
            "ssh -oBatchMode=yes -oStreamLocalBindMask=0177 -Oforward -L/tmp/a:/srv/run/api.sock -S /tmp/c -p2222 \
             -ldeploy -- app.example.com"
        );
    }

    #[test]
    fn no_line_weakens_the_policy_about_host_keys() {
        let ssh = Ssh::from_text(None).unwrap();
        let socket = Path::new("/tmp/c");
        for argv in [
            ssh.master(&address(), socket, "x"),
            ssh.command(&address(), socket, "x"),
            ssh.at_terminal(&address(), socket, "x"),
            ssh.forward(&address(), socket, socket, "/x"),
        ] {
            let line = text(&argv);
            assert!(!line.contains("StrictHostKeyChecking") && !line.contains("KnownHosts"), "{line}");
        }
    }

    #[test]
    fn an_unreadable_program_is_refused() {
        assert!(Ssh::from_text(Some("ssh 'x")).is_err());
        assert_eq!(Ssh::from_text(Some("  ")).unwrap(), Ssh::from_text(None).unwrap());
    }
}

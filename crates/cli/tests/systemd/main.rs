//! A host as people have them: a Debian whose first process is systemd, reached by SSH and by nothing else, in a container
//! of Podman. `sea ship` copies itself there, `sea serve --install` hands the host over to systemd, and the machine is
//! restarted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod install;
mod machine;
mod reboot;
mod user;
mod visitor;

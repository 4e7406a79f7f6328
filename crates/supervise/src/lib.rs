//! Processes of an app: started, probed, restarted, limited, stopped without a trace, their output kept.
//!
//! Knows processes, signals, pipes, log files and probes. Must never know how a value of the model was detected,
//! what an HTTP route is, or who is watching.
//!
//! Two halves that talk over a socket: the [`shim`] is a small process around one instance, which owns its pipes and
//! its exit status and outlives nothing it should not; the rest runs in the control process. An instance may outlive that
//! one, and is taken over by the next: [`survivor`].

pub mod board;
pub mod cgroup;
pub mod exit;
pub mod instance;
mod listeners;
pub mod log;
pub mod machine;
pub mod notice;
pub mod nursery;
pub mod probe;
mod proc;
pub mod process;
pub mod protocol;
pub mod reaper;
pub mod rendezvous;
pub mod shim;
pub mod sighting;
pub mod spec;
pub mod supervisor;
pub mod survivor;
pub mod sweep;
pub mod task;
pub mod usage;

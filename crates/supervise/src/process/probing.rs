//! The probes of one process: which of them look, and what their answers lead to.

use std::time::Instant;

use seaworthy_model::Probe;
use tokio::sync::mpsc;

use super::{LASTING, LOOK_FOR_PORT_AFTER, Looking, Process, SLOW_AFTER};
use crate::instance::Instance;
use crate::machine::Event;
use crate::probe::{self, Outcome, Patience, Subject};
use crate::proc;
use crate::sighting::Witness;

impl Process {
    /// It was started: the probes look.
    pub(super) fn look(&mut self) {
        self.slow = Some(Instant::now() + SLOW_AFTER);
        self.port_look = self.definition.port.map(|_| Instant::now() + LOOK_FOR_PORT_AFTER);
        if let Some(startup) = self.definition.startup.clone() {
            self.probes.startup = Some(self.watched(startup));
        } else if let Some(readiness) = self.definition.readiness.clone() {
            self.probes.readiness = Some(self.watched(readiness));
        } else if self.machine.failures() > 0 {
            // Nothing but its lasting tells that it does not fail again: without this, a crash loop would be ready for
            // an instant at every try.
            self.lasted = Some(Instant::now() + LASTING);
        } else {
            self.become_ready();
        }
    }

    /// A startup or readiness probe, whose every look is told.
    pub(super) fn watched(&self, probe: Probe) -> Looking {
        self.looking(probe, Patience::UntilFirstSuccess, Some(self.witness.clone()))
    }

    fn looking(&self, probe: Probe, patience: Patience, witness: Option<Witness>) -> Looking {
        let subject = Subject {
            spec: self.running.clone(),
            port: self.ports.subscribe(),
            // Everything descends from process 0: without an instance nobody is a stranger.
            tree: self.instance.as_ref().map_or(0, Instance::shim),
            log_start: self.log_start,
            wrote: self.wrote.subscribe(),
            is_lenient: self.definition.is_lenient,
            witness,
        };
        let (sender, answers) = mpsc::channel(4);
        Looking { task: tokio::spawn(probe::watch(probe, patience, subject, sender)), answers }
    }

    pub(super) fn become_ready(&mut self) {
        self.happen(&Event::BecameReady);
        self.look_whether_it_lives();
    }

    pub(super) fn look_whether_it_lives(&mut self) {
        if self.probes.liveness.is_none()
            && let Some(liveness) = self.definition.liveness.clone()
        {
            self.probes.liveness = Some(self.looking(liveness, Patience::None, None));
        }
    }

    pub(super) fn take_startup(&mut self, outcome: Option<Outcome>) {
        match outcome {
            Some(Outcome::Passed(address)) => {
                self.probes.startup = None;
                self.answered(address);
                match self.definition.readiness.clone() {
                    Some(readiness) => {
                        self.probes.readiness = Some(self.watched(readiness));
                    }
                    None => self.become_ready(),
                }
            }
            Some(Outcome::Failed(reason) | Outcome::NotYet(reason)) => self.detail(reason),
            None => self.probes.startup = None,
        }
    }

    pub(super) fn take_readiness(&mut self, outcome: Option<Outcome>) {
        match outcome {
            Some(Outcome::Passed(address)) => {
                self.answered(address);
                self.become_ready();
            }
            Some(Outcome::NotYet(reason)) => self.detail(reason),
            Some(Outcome::Failed(reason)) => {
                self.happen(&Event::BecameUnready);
                self.detail(reason.clone());
                self.tell(reason, None);
            }
            None => self.probes.readiness = None,
        }
    }

    fn answered(&mut self, address: Option<std::net::SocketAddr>) {
        if address.is_some() {
            self.board.update(&self.name, |status| status.address = address);
        }
    }

    /// It should listen by now: perhaps it does so on another port.
    pub(super) fn look_for_port(&mut self) {
        self.port_look = Some(Instant::now() + LOOK_FOR_PORT_AFTER);
        let (Some(instance), Some(expected)) = (&self.instance, *self.ports.borrow()) else { return };
        let ports = proc::listening_ports(&proc::descendants(instance.shim()));
        // Several ports: nobody can tell which one serves.
        let [found] = ports[..] else { return };
        if found != expected {
            self.ports.send_replace(Some(found));
            self.remember(|memory| memory.port = Some(found));
            self.board.update(&self.name, |status| status.port = Some(found));
            self.tell(format!("listens on port {found} instead of {expected}; requests go there"), None);
        }
    }
}

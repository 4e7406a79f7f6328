//! One process from a control process to the next.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use seaworthy_model::{Probe, ProbeAction};

use super::{Process, SLOW_AFTER};
use crate::machine::{Event, Machine, Phase};
use crate::protocol::{Memory, Order};
use crate::sighting::Sighting;
use crate::spec::OnControlLoss;
use crate::survivor::Survivor;

impl Process {
    /// Takes over what an earlier control process started.
    pub(super) fn adopt(&mut self, survivor: Survivor) {
        let (shim, pid, started) = (survivor.shim(), survivor.pid(), survivor.started());
        let age = Timestamp::now().duration_since(started).unsigned_abs();
        let (restart, backoff) = (self.definition.restart, self.definition.backoff);
        self.memory = survivor.memory();
        self.machine = Machine::adopted(
            restart,
            backoff,
            self.memory,
            Instant::now().checked_sub(age),
            survivor.is_stopping(),
        );
        self.running = Arc::new(survivor.spec().clone());
        self.log_start = survivor.log_start();
        self.ordered = None;
        let unlimited = survivor.unlimited().map(str::to_owned);
        let has_ended = survivor.exit().is_some();
        let port = self.memory.port.or(self.definition.port);
        self.ports.send_replace(port);
        match self.launcher.adopt(survivor) {
            Ok(instance) => self.instance = Some(instance),
            // Without it the shim lingers on, and the process with it.
            Err(error) => return self.fail(format!("it runs and cannot be taken over: {error}")),
        }
        let (phase, restarts) = (self.machine.phase(), self.machine.restarts());
        self.board.update(&self.name, |status| {
            status.phase = phase;
            status.restarts = restarts;
            status.pid = (!has_ended).then_some(pid);
            status.shim = Some(shim.pid);
            status.started = Some(started);
            status.port = port;
            status.unlimited = unlimited;
        });
        if has_ended || phase != Phase::Starting {
            // The report of its end comes next.
            return;
        }
        self.witness.tell(Sighting::Alive);
        self.look_again();
    }

    /// Leaves the instance to the next control process, where it can do without one.
    pub(super) fn detach(&mut self) {
        if self.running.on_control_loss == OnControlLoss::End && self.machine.phase().is_running() {
            self.is_ending = true;
            self.happen(&Event::Stop);
        } else {
            self.is_detached = true;
        }
    }

    /// What the next control process has to know has changed.
    pub(super) fn remember(&mut self, change: impl FnOnce(&mut Memory)) {
        change(&mut self.memory);
        if let Some(instance) = &mut self.instance
            && self.running.on_control_loss != OnControlLoss::End
        {
            instance.order(&Order::Remember(self.memory));
        }
    }

    /// It was taken over: the probes look again. What it had to do once it did for an earlier control process.
    fn look_again(&mut self) {
        if !self.memory.was_ready {
            return self.look();
        }
        // The line that a log probe looks for may be rotated away.
        let is_in_log = |probe: &Probe| matches!(probe.action, ProbeAction::Log(_));
        match self.definition.readiness.clone().filter(|readiness| !is_in_log(readiness)) {
            Some(readiness) => {
                self.slow = Some(Instant::now() + SLOW_AFTER);
                self.probes.readiness = Some(self.watched(readiness));
                self.look_whether_it_lives();
            }
            None => self.become_ready(),
        }
    }
}

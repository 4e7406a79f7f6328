//! What parts of the set-up wait for: each gate is passed or failed once, and again when its work is done anew.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// Gates by name: `install api`, `resource db`.
pub(crate) struct Gates(watch::Sender<BTreeMap<String, bool>>);

impl Default for Gates {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeMap::new()))
    }
}

impl Gates {
    /// The work behind a gate ended, well or not.
    pub(crate) fn decide(&self, gate: &str, passed: bool) {
        self.0.send_modify(|gates| {
            gates.insert(gate.to_owned(), passed);
        });
    }

    /// The work behind a gate is to be done (again).
    pub(crate) fn close(&self, gate: &str) {
        self.0.send_modify(|gates| {
            gates.remove(gate);
        });
    }

    /// Waits until all of these are decided; the error is the first of them that failed.
    pub(crate) async fn wait(&self, wanted: &[String]) -> Result<(), String> {
        let mut gates = self.0.subscribe();
        let decided = gates
            .wait_for(|gates| {
                let is_failed = wanted.iter().any(|gate| gates.get(gate) == Some(&false));
                is_failed || wanted.iter().all(|gate| gates.contains_key(gate))
            })
            .await;
        // The sender lives as long as this does.
        let Ok(gates) = decided else { return Err(String::new()) };
        match wanted.iter().find(|gate| gates.get(*gate) == Some(&false)) {
            Some(failed) => Err(failed.clone()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_gates_are_waited_for_and_a_failed_one_ends_the_wait() {
        let gates = Gates::default();
        let wanted = ["a".to_owned(), "b".to_owned()];
        gates.decide("a", true);
        let both = tokio::join!(gates.wait(&wanted), async {
            tokio::task::yield_now().await;
            gates.decide("b", true);
        });
        assert_eq!(both.0, Ok(()));
        gates.close("a");
        gates.decide("b", false);
        assert_eq!(gates.wait(&wanted).await, Err("b".to_owned()));
        assert_eq!(gates.wait(&[]).await, Ok(()));
    }
}

//! What users ask for often, and safely: a new release is asked the same before they meet it, and while too few of them come
//! to tell how it does.
//!
//! Only paths are remembered, without their queries, of requests that read (GET) and were answered well; and only those that
//! came often are used: a link that works once, or holds somebody's token, is asked once.

use std::collections::BTreeMap;

use seaworthy_proxy::stats::AccessEvent;

/// Paths of a service that are counted.
const PATHS: usize = 256;
/// A path that came so often is one that users ask for.
const OFTEN: u32 = 3;
/// Counts are halved when one gets here: what was asked lately weighs more.
const MOST: u32 = 1000;
/// Longer paths may have been cut.
const LONGEST: usize = 500;

/// Requests of one environment, by service.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    services: BTreeMap<String, BTreeMap<String, u32>>,
}

impl Recorded {
    /// The proxy answered a request of this service.
    pub(super) fn add(&mut self, service: &str, event: &AccessEvent) {
        let is_safe = event.method == "GET" && (200..400).contains(&event.status);
        if !is_safe || event.path.len() > LONGEST {
            return;
        }
        if !self.services.contains_key(service) {
            self.services.insert(service.to_owned(), BTreeMap::new());
        }
        let Some(paths) = self.services.get_mut(service) else { return };
        if let Some(times) = paths.get_mut(&event.path) {
            *times += 1;
            if *times >= MOST {
                for times in paths.values_mut() {
                    *times /= 2;
                }
            }
            return;
        }
        if paths.len() >= PATHS {
            // The one that came least makes room; the new one has to come as often to stay.
            let least = paths.iter().min_by_key(|(_, times)| **times).map(|(path, _)| path.clone());
            paths.remove(&least.unwrap_or_default());
        }
        paths.insert(event.path.clone(), 1);
    }

    /// The paths that users of a service ask for most, that one first; `most` of them.
    pub(super) fn often(&self, service: &str, most: usize) -> Vec<String> {
        let paths = self.services.get(service).into_iter().flatten();
        let mut often: Vec<(&String, u32)> =
            paths.map(|(path, times)| (path, *times)).filter(|(_, times)| *times >= OFTEN).collect();
        often.sort_by_key(|(path, times)| (std::cmp::Reverse(*times), *path));
        often.into_iter().take(most).map(|(path, _)| path.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(method: &str, path: &str, status: u16) -> AccessEvent {
        AccessEvent {
            at_millis: 0,
            route: String::new(),
            method: method.to_owned(),
            path: path.to_owned(),
            status,
            latency_micros: 0,
            duration_micros: 0,
            bytes_out: 0,
            request_id: String::new(),
        }
    }

    #[test]
    fn what_is_asked_often_and_only_reads() {
        let mut recorded = Recorded::default();
        let mut ask = |times: u32, method, path, status| {
            for _ in 0..times {
                recorded.add("api", &event(method, path, status));
            }
        };
        ask(5, "GET", "/artists", 200);
        ask(9, "GET", "/", 304);
        ask(2, "GET", "/reset/a-token", 200);
        ask(9, "POST", "/artists", 201);
        ask(9, "GET", "/broken", 500);
        ask(9, "GET", "/missing", 404);
        ask(9, "GET", &"/long".repeat(200), 200);
        assert_eq!(recorded.often("api", 10), ["/", "/artists"]);
        assert_eq!(recorded.often("api", 1), ["/"]);
        assert_eq!(recorded.often("web", 1), [""; 0]);
    }

    #[test]
    fn any_number_of_paths_takes_little_room_and_what_is_asked_lately_weighs_more() {
        let mut recorded = Recorded::default();
        for _ in 0..2 * MOST {
            recorded.add("api", &event("GET", "/old", 200));
        }
        for number in 0..10_000 {
            recorded.add("api", &event("GET", &format!("/artists/{number}"), 200));
        }
        for _ in 0..MOST - 1 {
            recorded.add("api", &event("GET", "/new", 200));
        }
        assert_eq!(recorded.services["api"].len(), PATHS);
        assert_eq!(recorded.often("api", 10), ["/new", "/old"]);
    }
}

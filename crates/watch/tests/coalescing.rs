//! Properties of the coalescer: nothing lost, leading edge, bounded intervals, bounded memory, order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use seaworthy_watch::coalesce::{
    Coalescer, FIRST_CUT, LAST_CUT, LONGEST_SILENCE, MOST_CHANGES, SHORTEST_SILENCE,
};
use seaworthy_watch::{Batch, ChangeKind};

/// A simulated run: what was delivered, and when.
struct Run {
    start: Instant,
    coalescer: Coalescer,
    delivered: Vec<(Duration, Batch)>,
    /// How long the consumer is busy with each batch, and until when it is.
    work: Duration,
    busy_until: Option<Duration>,
}

impl Run {
    fn new(work: Duration) -> Self {
        Self {
            start: Instant::now(),
            coalescer: Coalescer::new(),
            delivered: Vec::new(),
            work,
            busy_until: None,
        }
    }

    /// Lets time pass up to `until`, delivering what is due on the way.
    fn pass(&mut self, until: Duration) {
        loop {
            let next = match self.busy_until {
                Some(free) => free,
                None => match self.coalescer.next_deadline() {
                    Some(due) => due.saturating_duration_since(self.start),
                    None => return,
                },
            };
            if next > until {
                return;
            }
            self.busy_until = None;
            self.coalescer.set_busy(false);
            self.deliver(next);
        }
    }

    fn deliver(&mut self, now: Duration) {
        let now = self.delivered.last().map_or(now, |(last, _)| now.max(*last));
        if let Some(batch) = self.coalescer.poll(self.start + now) {
            self.delivered.push((now, batch));
            if self.work > Duration::ZERO {
                self.coalescer.set_busy(true);
                self.busy_until = Some(now + self.work);
            }
        }
    }

    fn event(&mut self, at: Duration, path: &str) {
        self.pass(at);
        let now = self.start + at;
        self.coalescer.on_event(now, now, Path::new(path), ChangeKind::Modified);
        if self.busy_until.is_none() {
            self.deliver(at);
        }
    }

    fn finish(mut self) -> Vec<(Duration, Batch)> {
        self.pass(Duration::from_secs(100_000));
        self.delivered
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Gaps between changes, in milliseconds, short and long mixed, and the file of each.
fn changes() -> impl Strategy<Value = Vec<(u64, u8)>> {
    let gap = prop_oneof![4 => 0..20_u64, 2 => 20..300_u64, 1 => 300..3000_u64];
    proptest::collection::vec((gap, 0..12_u8), 1..200)
}

proptest! {
    #[test]
    fn the_last_change_of_every_file_is_delivered_in_bounded_time(changes in changes(), work in 0..400_u64) {
        let mut run = Run::new(ms(work));
        let (mut at, mut last) = (Duration::ZERO, BTreeMap::new());
        for (gap, file) in changes {
            at += ms(gap);
            run.event(at, &file.to_string());
            last.insert(PathBuf::from(file.to_string()), at);
        }
        let delivered = run.finish();
        for (file, changed) in last {
            let batch = delivered.iter().find(|(time, batch)| *time >= changed && batch.concerns(&file));
            let (time, _) = batch.expect("the last change is delivered");
            prop_assert!(*time <= changed + LAST_CUT + ms(work), "{file:?} changed at {changed:?}, delivered at {time:?}");
        }
    }

    #[test]
    fn a_change_after_a_silence_is_delivered_at_once(changes in changes(), silence in 0..5000_u64) {
        let mut run = Run::new(Duration::ZERO);
        let mut at = Duration::ZERO;
        for (gap, file) in changes {
            at += ms(gap);
            run.event(at, &file.to_string());
        }
        at += LONGEST_SILENCE + ms(silence);
        run.event(at, "late");
        let delivered = run.finish();
        prop_assert!(delivered.iter().any(|(time, batch)| *time == at && batch.concerns("late".as_ref())));
    }

    #[test]
    fn two_hundred_saves_in_two_seconds_are_at_most_three_batches(
        gaps in proptest::collection::vec(0..20_u64, 199),
        work in 0..200_u64,
    ) {
        let mut run = Run::new(ms(work));
        let total: u64 = gaps.iter().sum::<u64>().max(1);
        let (mut sum, mut at) = (0, Duration::ZERO);
        run.event(at, "app.py");
        for gap in gaps {
            sum += gap;
            at = ms(sum * 2000 / total);
            run.event(at, "app.py");
        }
        let delivered = run.finish();
        prop_assert!(delivered.len() <= 3, "{}", delivered.len());
        prop_assert!(delivered.last().unwrap().0 >= at);
    }

    #[test]
    fn batches_keep_a_distance(changes in changes()) {
        let mut run = Run::new(Duration::ZERO);
        let mut at = Duration::ZERO;
        for (gap, file) in changes {
            at += ms(gap);
            run.event(at, &file.to_string());
        }
        // A leading batch may follow a trailing one, which itself waited for a silence: two in a row keep the
        // distance between them.
        for three in run.finish().windows(3) {
            prop_assert!(three[2].0 >= three[0].0 + SHORTEST_SILENCE);
        }
    }

    #[test]
    fn order_and_first_instant_are_kept(files in proptest::collection::vec(0..50_u8, 1..100)) {
        let mut coalescer = Coalescer::new();
        let start = Instant::now();
        coalescer.set_busy(true);
        let mut order: Vec<PathBuf> = Vec::new();
        for (n, file) in files.iter().enumerate() {
            let path = PathBuf::from(file.to_string());
            coalescer.on_event(start + ms(n as u64), start + ms(n as u64), &path, ChangeKind::Modified);
            if !order.contains(&path) {
                order.push(path);
            }
        }
        coalescer.set_busy(false);
        let batch = coalescer.poll(start + Duration::from_secs(10)).unwrap();
        prop_assert_eq!(batch.changes.iter().map(|change| change.path.clone()).collect::<Vec<_>>(), order);
        prop_assert_eq!(batch.first_event, start);
        prop_assert_eq!(coalescer.poll(start + Duration::from_secs(100)), None);
    }
}

#[test]
fn an_endless_stream_is_no_lock_out() {
    let mut run = Run::new(ms(30));
    for at in 0..60_000 {
        run.event(ms(at), "app.py");
    }
    let delivered = run.finish();
    assert_eq!(delivered[0].0, Duration::ZERO);
    assert!(delivered[1].0 <= FIRST_CUT + ms(31), "{:?}", delivered[1].0);
    for pair in delivered.windows(2) {
        assert!(pair[1].0 <= pair[0].0 + LAST_CUT + ms(31), "{:?} then {:?}", pair[0].0, pair[1].0);
    }
    assert!(delivered.len() <= 20, "{}", delivered.len());
}

#[test]
fn too_many_paths_become_everything() {
    let (mut coalescer, now) = (Coalescer::new(), Instant::now());
    for number in 0..=MOST_CHANGES {
        coalescer.on_event(now, now, Path::new(&number.to_string()), ChangeKind::Created);
    }
    let batch = coalescer.poll(now).unwrap();
    assert!(batch.overflow && batch.changes.is_empty() && batch.concerns("anything".as_ref()));
}

#[test]
fn what_happened_while_busy_is_delivered_when_done() {
    let (mut coalescer, now) = (Coalescer::new(), Instant::now());
    coalescer.set_busy(true);
    for (path, kind) in [
        ("a", ChangeKind::Created),
        ("b", ChangeKind::Removed),
        ("a", ChangeKind::Modified),
        ("b", ChangeKind::Created),
    ] {
        coalescer.on_event(now, now, Path::new(path), kind);
    }
    assert_eq!(coalescer.poll(now + ms(5000)), None);
    assert_eq!(coalescer.next_deadline(), None);
    coalescer.set_busy(false);
    let batch = coalescer.poll(now + ms(5000)).unwrap();
    let kinds: Vec<_> = batch.changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Created, ChangeKind::Modified]);
}

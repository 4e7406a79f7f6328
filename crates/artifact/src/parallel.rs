//! The same work on many things, on every core.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Error;

/// Things are taken in lots: a counter that is asked for each of them is in everyone's way.
const LOT: usize = 32;

/// Disks do not get faster by more.
const MOST_THREADS: usize = 8;

/// What `work` says of each item, in their order. After the first error no more work is begun; of several errors, that of
/// the first item is told.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let next = AtomicUsize::new(0);
    let has_failed = AtomicBool::new(false);
    let results: Mutex<Vec<(usize, Result<R, Error>)>> = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        let mut own = Vec::new();
        while !has_failed.load(Ordering::Relaxed) {
            let from = next.fetch_add(LOT, Ordering::Relaxed);
            if from >= items.len() {
                break;
            }
            for (index, item) in items.iter().enumerate().skip(from).take(LOT) {
                let result = work(item);
                let is_bad = result.is_err();
                own.push((index, result));
                if is_bad {
                    has_failed.store(true, Ordering::Relaxed);
                    break;
                }
            }
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(MOST_THREADS);
    std::thread::scope(|scope| {
        for _ in 1..threads.min(items.len().div_ceil(LOT)) {
            // Where no thread can be had, the others do its work.
            if std::thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn results_keep_their_order_and_an_error_ends_all() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(each(&items, |item| Ok(item * 2)).unwrap()[999], 1998);
        let fails = |item: &usize| if *item > 500 { Err(Error::Unknown(Digest::of(b""))) } else { Ok(()) };
        assert!(each(&items, fails).is_err());
        assert!(each(&[], fails).unwrap().is_empty());
    }
}

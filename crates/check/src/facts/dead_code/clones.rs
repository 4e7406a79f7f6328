//! The same code twice: whole files, and stretches of at least sixty tokens.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::context::{Context, Sink};
use crate::facts::Fact;
use crate::file::Role;
use crate::finding::Draft;
use crate::modules::Modules;
use crate::modules::lexer::{Token, lex};
use crate::modules::unit::{CLONE, code, token_hash};
use crate::rule::Severity;

const CLONED: &str = "code-cloned";
const DUPLICATED: &str = "file-duplicated";

pub(super) static FACT: Fact = Fact { rules: &[CLONED, DUPLICATED], whole: true, check };

/// A stretch that is in more places than this is boilerplate.
const MOST_PLACES: usize = 12;

/// Pairs of files that are compared token by token.
const MOST_PAIRS: usize = 1_000;

/// Files whose tokens are kept meanwhile.
const MOST_KEPT: usize = 64;

/// Files smaller than this are the same by chance.
const SMALL: usize = 200;

/// A clone of this many tokens weighs more.
const LARGE: usize = 200;

fn check(context: &Context<'_>, sink: &Sink<'_>) {
    let modules = context.modules();
    let twins = duplicates(modules, sink);
    clones(context, modules, &twins, sink);
}

/// Files that are the same; all but the first of each are reported.
fn duplicates(modules: &Modules, sink: &Sink<'_>) -> HashSet<usize> {
    let mut by_digest: BTreeMap<(u64, usize), Vec<usize>> = BTreeMap::new();
    for (index, unit) in modules.units.iter().enumerate() {
        if unit.role == Role::App && unit.size >= SMALL {
            by_digest.entry((unit.digest, unit.size)).or_default().push(index);
        }
    }
    let mut twins = HashSet::new();
    for group in by_digest.values().filter(|group| group.len() > 1) {
        for index in &group[1..] {
            twins.insert(*index);
            let says = format!("the same as {}", modules.units[group[0]].path);
            sink.report(Draft::file(DUPLICATED, modules.units[*index].path.clone()).says(says));
        }
    }
    twins
}

/// A file's tokens as clones compare them.
struct Lexed {
    hashes: Vec<u64>,
    lines: Vec<u32>,
    /// How many tokens that decide or return stand in front of each.
    logic: Vec<u32>,
}

fn clones(context: &Context<'_>, modules: &Modules, twins: &HashSet<usize>, sink: &Sink<'_>) {
    let mut places: HashMap<u64, Vec<(usize, u32)>> = HashMap::new();
    for (index, unit) in modules.units.iter().enumerate().filter(|(index, _)| !twins.contains(index)) {
        for (print, at) in &unit.prints {
            let known = places.entry(*print).or_default();
            if known.len() <= MOST_PLACES {
                known.push((index, *at));
            }
        }
    }
    // Pairs of files with the places that may be the same, in an order that is always the same.
    let mut pairs: BTreeMap<(usize, usize), Vec<(u32, u32)>> = BTreeMap::new();
    for places in places.into_values().filter(|places| (2..=MOST_PLACES).contains(&places.len())) {
        for (number, (one, at)) in places.iter().enumerate() {
            for (other, there) in places[number + 1..].iter().filter(|(other, _)| other != one) {
                pairs.entry((*one.min(other), *one.max(other))).or_default().push(if one < other {
                    (*at, *there)
                } else {
                    (*there, *at)
                });
            }
        }
    }
    let mut kept: HashMap<usize, Option<Lexed>> = HashMap::new();
    // Where a clone was reported already, by file: a third copy is not told twice.
    let mut told: BTreeSet<(usize, u32)> = BTreeSet::new();
    for ((one, other), mut seeds) in pairs.into_iter().take(MOST_PAIRS) {
        if kept.len() > MOST_KEPT {
            kept.clear();
        }
        for index in [one, other] {
            kept.entry(index).or_insert_with(|| lexed(context, &modules.units[index].path));
        }
        let (Some(Some(left)), Some(Some(right))) = (kept.get(&one), kept.get(&other)) else { continue };
        seeds.sort_unstable();
        let mut covered = 0;
        for (at, there) in seeds {
            let (at, there) = (at as usize, there as usize);
            if at < covered {
                continue;
            }
            let Some((start, length)) = stretch(left, right, at, there) else { continue };
            covered = at + length;
            let begin = there - (at - start);
            let (first, last) = (right.lines[begin], right.lines[begin + length - 1]);
            let logic = right.logic[begin + length - 1] - right.logic[begin];
            if length < CLONE || last - first < 4 || logic < 2 || !told.insert((other, first)) {
                continue;
            }
            let says = format!(
                "{length} tokens ({} lines) are the same as {}:{}",
                last - first + 1,
                modules.units[one].path,
                left.lines[start]
            );
            let mut draft = Draft::line(CLONED, modules.units[other].path.clone(), first).says(says);
            if length >= LARGE {
                draft = draft.weighs(Severity::Medium);
            }
            sink.report(draft);
        }
    }
}

fn lexed(context: &Context<'_>, path: &str) -> Option<Lexed> {
    let text = context.repository.source(path)?;
    let source = code(path, &text);
    let tokens = lex(crate::modules::unit::syntax(path)?, &source);
    let mut count = 0;
    let logic = |token: &Token| {
        count += u32::from(matches!(
            token.text(&source),
            "return" | "if" | "for" | "while" | "=>" | "function" | "def" | "await" | "switch" | "try"
        ));
        count
    };
    let logic = tokens.iter().map(logic).collect();
    Some(Lexed {
        hashes: tokens.iter().map(|token| token_hash(&source, token)).collect(),
        lines: tokens.iter().map(|token| token.line).collect(),
        logic,
    })
}

/// The longest common stretch around two places: where it starts on the left, and its length.
fn stretch(left: &Lexed, right: &Lexed, at: usize, there: usize) -> Option<(usize, usize)> {
    if left.hashes.get(at)? != right.hashes.get(there)? {
        return None;
    }
    let back = left.hashes[..at]
        .iter()
        .rev()
        .zip(right.hashes[..there].iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let ahead =
        left.hashes[at..].iter().zip(&right.hashes[there..]).take_while(|(one, other)| one == other).count();
    Some((at - back, back + ahead))
}

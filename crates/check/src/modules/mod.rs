//! What imports what, in JavaScript, TypeScript and Python: read once, for every rule that asks.
//!
//! Imports are read by a lexer and resolved against the list of the repository's paths: relative paths, extensions, index
//! files, `paths` of tsconfig, members of workspaces, Python packages. What cannot be resolved that way (computed imports,
//! loaders of frameworks) makes more count as used, never less.

mod entries;
mod javascript;
pub(crate) mod lexer;
mod mentions;
mod python;
mod resolve;
pub(crate) mod unit;

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use seaworthy_detect::Manifest;

use crate::context::Context;
use crate::file::Role;
use lexer::Syntax;
pub(crate) use mentions::{is_configuration, mentioned};
use resolve::Resolver;
pub(crate) use resolve::Target;
pub(crate) use unit::{Names, Unit};

/// Every file of code with what its imports lead to.
pub(crate) struct Modules {
    /// In order of their paths.
    pub(crate) units: Vec<Unit>,
    /// Where the imports of a unit lead, in their order.
    pub(crate) targets: Vec<Vec<Target>>,
    /// Files that a computed import of a unit may mean.
    dynamic: Vec<Vec<usize>>,
    /// The first parts of dotted names that are modules of the repository itself.
    pub(crate) python_names: HashSet<String>,
}

/// What of a module is used by others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) all: bool,
    pub(crate) names: HashSet<String>,
}

impl Modules {
    pub(crate) fn read(context: &Context<'_>) -> Self {
        let units = units(context);
        let python_names = units
            .iter()
            .filter(|unit| unit.syntax == Syntax::Python)
            .flat_map(|unit| unit.path.trim_end_matches(".py").split('/').map(str::to_owned))
            .collect();
        let mut modules = Self { units, targets: Vec::new(), dynamic: Vec::new(), python_names };
        let resolver = Resolver::new(context, &modules.units);
        let targets: Vec<Vec<Target>> = modules
            .units
            .iter()
            .map(|unit| unit.imports.iter().map(|import| resolver.resolve(unit, import)).collect())
            .collect();
        let dynamic = modules.units.iter().map(|unit| resolver.computed(unit)).collect();
        modules.targets = targets;
        modules.dynamic = dynamic;
        modules
    }

    /// Whether an entry point leads to each unit; `None` for units of projects without a known entry point.
    pub(crate) fn reached(&self, context: &Context<'_>) -> Vec<Option<bool>> {
        let entries = entries::of(context, self);
        let mut reached = vec![false; self.units.len()];
        let mut open: Vec<usize> = (0..self.units.len()).filter(|index| entries.is_entry[*index]).collect();
        for index in &open {
            reached[*index] = true;
        }
        while let Some(index) = open.pop() {
            let files = self.targets[index].iter().flat_map(Target::files).copied();
            for next in files.chain(self.dynamic[index].iter().copied()) {
                if !reached[next] {
                    reached[next] = true;
                    open.push(next);
                }
            }
        }
        reached.into_iter().zip(entries.is_known).map(|(reached, known)| known.then_some(reached)).collect()
    }

    /// Which units are where something starts.
    pub(crate) fn entries(&self, context: &Context<'_>) -> Vec<bool> {
        entries::of(context, self).is_entry
    }

    /// What other units import of each.
    pub(crate) fn usage(&self) -> Vec<Usage> {
        let mut usage = vec![Usage::default(); self.units.len()];
        for (index, unit) in self.units.iter().enumerate() {
            for (import, target) in unit.imports.iter().zip(&self.targets[index]) {
                for file in target.files() {
                    match &import.names {
                        Names::All => usage[*file].all = true,
                        Names::Some(names) => usage[*file].names.extend(names.iter().cloned()),
                    }
                }
            }
            for file in &self.dynamic[index] {
                usage[*file].all = true;
            }
        }
        usage
    }

    /// The nearest project of a unit in its language.
    pub(crate) fn manifest<'c>(context: &Context<'c>, unit: &Unit) -> Option<&'c Manifest> {
        let family = match unit.syntax {
            Syntax::JavaScript => "javascript",
            Syntax::Python => "python",
        };
        context.manifests_around(&unit.path).find(|manifest| manifest.family == family)
    }

    /// What the units of each project import from elsewhere: the package's name (for Python the dotted name) and where, by
    /// the project's manifest.
    pub(crate) fn imported(&self, context: &Context<'_>) -> HashMap<String, Vec<(usize, usize)>> {
        let mut found: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (index, unit) in self.units.iter().enumerate() {
            let Some(manifest) = Self::manifest(context, unit) else { continue };
            for (number, target) in self.targets[index].iter().enumerate() {
                if matches!(target, Target::Package(_)) {
                    found.entry(manifest.path.clone()).or_default().push((index, number));
                }
            }
        }
        found
    }
}

/// Reads every file of code, on two threads where there are many.
fn units(context: &Context<'_>) -> Vec<Unit> {
    let paths: Vec<&str> = context
        .repository
        .paths()
        .iter()
        .map(|path| &**path)
        .filter(|path| unit::syntax(path).is_some())
        .collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || {
        let mut own = Vec::new();
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(text) = context.repository.source(path) else { continue };
            own.extend(Unit::read(path, &text));
        }
        found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut own);
    };
    std::thread::scope(|scope| {
        if paths.len() > 200 {
            let builder = std::thread::Builder::new().stack_size(8 << 20);
            // This thread does it all where no other can be had.
            drop(builder.spawn_scoped(scope, work));
        }
        work();
    });
    let mut units = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    units.sort_by(|one: &Unit, other| one.path.cmp(&other.path));
    units
}

/// Tests and examples are there for themselves.
pub(crate) fn is_aside(unit: &Unit) -> bool {
    unit.role != Role::App
}

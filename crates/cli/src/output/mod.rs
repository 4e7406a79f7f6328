//! What people read. Colours vanish by themselves where the output is no terminal (`anstream`).

pub(crate) mod explanation;
mod problems;
pub(crate) mod style;
pub(crate) mod summary;

use crate::exit::Mistake;

pub(crate) use problems::problems;

/// Prints why a command failed, and what to type next.
pub(crate) fn failure(error: &anyhow::Error) {
    anstream::eprintln!("{}error{}: {error}", style::ERROR.render(), style::ERROR.render_reset());
    for cause in error.chain().skip(1) {
        anstream::eprintln!("  because: {cause}");
    }
    if let Some(help) = error.downcast_ref::<Mistake>().and_then(|mistake| mistake.help.as_deref()) {
        anstream::eprintln!("  {}next{}: {help}", style::HINT.render(), style::HINT.render_reset());
    }
}

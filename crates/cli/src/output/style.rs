//! The few styles that are used, and tables in them.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

/// Names of things.
pub(crate) const NAME: Style = Style::new().bold();
/// Headings.
pub(crate) const HEADING: Style = Style::new().bold().underline();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// What went wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What may go wrong.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What to do.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();

/// Whether output on standard output is shown in colours.
pub(crate) fn colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}

/// Rows of plain texts in aligned columns, each column in its style.
pub(crate) struct Table {
    styles: Vec<Style>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(styles: &[Style]) -> Self {
        Self { styles: styles.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.styles.len()).map(width).collect();
        for row in &self.rows {
            let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
            write!(out, " ")?;
            for (column, cell) in row.iter().enumerate().take(last + 1) {
                let style = self.styles.get(column).copied().unwrap_or_default();
                write!(out, " {}", paint(style, cell))?;
                if column < last {
                    let gap = widths[column].saturating_sub(cell.chars().count()) + 1;
                    write!(out, "{:gap$}", "")?;
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

//! Real files, real editors' patterns, a real kernel.

mod bench;
mod editors;
mod folders;
mod limits;
mod streams;

//! Tests of the check as a whole.

mod engine;
mod examples;
mod support;

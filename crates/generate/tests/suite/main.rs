//! Derived files, judged by the tools that will read them.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod alertmanager;
mod apps;
mod compose;
mod devcontainer;
mod dockerfile;
mod drift;
mod engine;
mod grafana;
mod helm;
mod images;
mod kubernetes;
mod manifests;
mod otel;
mod output;
mod pipelines;
mod prometheus;
mod prose;
mod round_trip;
mod schema;
mod systemd;
mod terraform;
mod validators;

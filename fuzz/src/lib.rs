//! What the fuzz targets call. The files are part of the tests of `seaworthy-detect` and `seaworthy-proxy` as well, so
//! that the same functions run without nightly.

pub mod harness;
pub mod proxy;

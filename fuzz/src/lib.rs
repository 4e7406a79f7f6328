//! What the fuzz targets call. The file is part of the tests of `seaworthy-detect` as well, so that the same
//! functions run without nightly.

pub mod harness;

pub use crate::error::Error;

//! What others run and is reached over HTTPS: there is nothing to provide, and its address is the app's own business.

use std::collections::BTreeMap;

use super::{Context, Kind, Prepared, Preparing, Request, Runs, Settle};

pub(super) struct External;

impl Kind for External {
    fn types(&self) -> &'static [&'static str] {
        &["https"]
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, _context: Context<'a>) -> Preparing<'a> {
        Box::pin(async {
            Ok(Prepared {
                name: request.name.clone(),
                kind: request.kind.clone(),
                attributes: BTreeMap::new(),
                target: None,
                runs: Runs::Nothing,
                port: None,
                settle: Settle::Nothing,
                warnings: Vec::new(),
            })
        })
    }
}

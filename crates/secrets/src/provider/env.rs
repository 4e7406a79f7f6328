//! The variables of the process that asks.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::{Context, Provider};
use crate::{Error, SecretName, value};

pub(super) struct Env {
    variables: BTreeMap<String, SecretString>,
}

impl Env {
    pub(super) fn open(context: &Context) -> Self {
        Self { variables: context.variables.clone() }
    }
}

impl Provider for Env {
    fn title(&self) -> String {
        "the environment of this process".to_owned()
    }

    fn get(&self, name: &SecretName) -> Result<Option<SecretString>, Error> {
        let given = self.variables.get(name.as_str()).map(ExposeSecret::expose_secret);
        given.filter(|value| !value.is_empty()).map(|value| value::from_text(value.to_owned())).transpose()
    }
}

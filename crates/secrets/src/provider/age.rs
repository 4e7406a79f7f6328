//! The age file of the repository.

use secrecy::SecretString;

use super::{Context, Provider};
use crate::document::Document;
use crate::folder::{Folder, NAME};
use crate::{Error, SecretName};

pub(super) struct Age {
    title: String,
    document: Document,
    warnings: Vec<String>,
}

impl Age {
    /// A file that is not there has no secrets, and no key is needed to know that.
    pub(super) fn open(context: &Context) -> Result<Self, Error> {
        let folder = Folder::of(&context.root);
        let title = format!("{NAME}/{}.age", context.environment);
        if !folder.file(&context.environment).exists() {
            return Ok(Self { title, document: Document::default(), warnings: Vec::new() });
        }
        let keys = context.keys.keys()?;
        let document = folder.read(&context.environment, &keys)?.unwrap_or_default();
        Ok(Self { title, document, warnings: keys.warnings })
    }
}

impl Provider for Age {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn get(&self, name: &SecretName) -> Result<Option<SecretString>, Error> {
        Ok(self.document.get(name.as_str()).cloned())
    }

    fn names(&self) -> Vec<SecretName> {
        self.document.all().into_keys().cloned().collect()
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}

//! The account of this host with an authority: made once, kept for good.

use instant_acme::{Account, AccountCredentials, NewAccount};

use super::Authority;
use super::client::{Connection, RetryAfter};
use super::order::{Failure, failure};
use crate::error::{Error, Result};
use crate::store::Folder;

/// The accounts of this host.
pub(crate) struct Accounts<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) authority: &'a Authority,
    /// What the authority said last.
    pub(crate) retry_after: RetryAfter,
}

impl Accounts<'_> {
    /// The account with the authority; the first time it makes one.
    pub(crate) async fn open(&self) -> Result<Account> {
        let authority = self.authority;
        if !authority.terms_agreed {
            return Err(Error::Terms { directory: authority.directory.clone() });
        }
        let connection = Box::new(Connection::new(authority, self.retry_after.clone())?);
        let builder = Account::builder_with_http(connection);
        let kept: Option<AccountCredentials> = self.folder.account(&authority.directory)?;
        if let Some(kept) = kept {
            return builder.from_credentials(kept).await.map_err(|error| self.error(error));
        }
        let contacts: Vec<String> = authority.contacts.iter().map(|contact| mailto(contact)).collect();
        let contact: Vec<&str> = contacts.iter().map(String::as_str).collect();
        let new =
            NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let created = builder.create(&new, authority.directory.clone(), None).await;
        let (account, credentials) = created.map_err(|error| self.error(error))?;
        self.folder.keep_account(&authority.directory, &credentials)?;
        Ok(account)
    }

    /// What an error of the library means. An account that the authority does not know is put aside, so that the next order
    /// makes another.
    pub(crate) fn error(&self, error: instant_acme::Error) -> Error {
        let directory = self.authority.directory.clone();
        match failure(error) {
            Failure::Limited(why) => Error::Limited { why, retry: self.retry_after.take() },
            Failure::NoAccount(why) => match self.folder.forget_account(&directory) {
                Ok(()) => Error::Refused { why },
                Err(error) => error,
            },
            Failure::Refused(why) => Error::Refused { why },
            Failure::Unreachable(why) => Error::Unreachable { directory, why },
        }
    }
}

fn mailto(contact: &str) -> String {
    if contact.starts_with("mailto:") { contact.to_owned() } else { format!("mailto:{contact}") }
}

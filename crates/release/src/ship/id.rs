//! What a release is called.

use seaworthy_artifact::Digest;

/// Digits of a release's id: enough for one in a million to be taken twice among twenty thousand releases.
const DIGITS: usize = 12;

/// The id of a release: the first digits of the SHA-256 of its artifact's and its configuration's digests. The same commit
/// with the same configuration is the same release, wherever it is built.
pub fn release_id(artifact: &Digest, configuration: &Digest) -> String {
    let mut id = Digest::of(&[*artifact.as_bytes(), *configuration.as_bytes()].concat()).hex();
    id.truncate(DIGITS);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_digests_decide_and_the_ledger_takes_it() {
        let (one, other) = (Digest::of(b"1"), Digest::of(b"2"));
        let id = release_id(&one, &other);
        assert_eq!(id.len(), 12);
        assert!(seaworthy_ledger::ReleaseId::parse(&id).is_ok());
        assert_eq!(id, release_id(&one, &other));
        assert!(id != release_id(&other, &one) && id != release_id(&one, &one));
    }
}

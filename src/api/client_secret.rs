//! Makes client_secrets.

use crate::secret::SecretString;

/// 64 characters of the grammar, so that each takes six random bits.
const ALPHABET: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
const LENGTH: usize = 43;

/// 43 characters, 258 bits, from the operating system's random source.
pub fn new_client_secret() -> Result<SecretString, getrandom::Error> {
    let mut bytes = vec![0; LENGTH];
    getrandom::fill(&mut bytes)?;
    // In place, so that nothing is left of what they were.
    for byte in &mut bytes {
        *byte = ALPHABET[usize::from(*byte % 64)];
    }
    Ok(String::from_utf8(bytes).unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use std::collections::HashSet;

    #[test]
    fn a_new_secret_is_within_the_grammar_and_never_the_same() {
        let secrets: Vec<_> = (0..1000).map(|_| new_client_secret().unwrap()).collect();
        for secret in &secrets {
            assert_eq!(secret.as_str().len(), LENGTH);
            assert_eq!(
                Kind::ClientSecret.complaint(&crate::json::Plain::String(secret.as_str().into())),
                None
            );
        }
        let distinct: HashSet<_> = secrets.iter().map(SecretString::as_str).collect();
        assert_eq!(distinct.len(), secrets.len());
        let used: HashSet<_> = distinct.iter().flat_map(|secret| secret.bytes()).collect();
        assert_eq!(used.len(), ALPHABET.len());
    }
}

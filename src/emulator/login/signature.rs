//! The emulator's own signatures, for access tokens and download links.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs texts with the key of one emulator.
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// A signer with that key; `None` only if the algorithm rejected the key's length, and it accepts all.
    pub(crate) fn new(key: &str) -> Option<Self> {
        Hmac::new_from_slice(key.as_bytes()).ok().map(Self)
    }

    /// The signature of `text` for one `purpose`, in URL-safe base64.
    pub(crate) fn sign(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.over(purpose, text).finalize().into_bytes())
    }

    /// Verifies the signature of `text`, in constant time.
    pub(crate) fn holds(&self, purpose: &str, text: &str, signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        self.over(purpose, text).verify_slice(&signature).is_ok()
    }

    fn over(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose.as_bytes());
        mac.update(b"\n");
        mac.update(text.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_text_and_purpose_only() {
        let signer = Signer::new("key").unwrap();
        let signature = signer.sign("link", "a");
        assert!(signer.holds("link", "a", &signature));
        assert!(!signer.holds("link", "b", &signature));
        assert!(!signer.holds("token", "a", &signature));
        assert!(!Signer::new("other").unwrap().holds("link", "a", &signature));
        assert!(!signer.holds("link", "a", ""));
    }
}

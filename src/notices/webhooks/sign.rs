//! Signatures according to Standard Webhooks: `v1,` and the HMAC-SHA256 of `id.timestamp.body`, one for each secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::ids::{Random, WebhookSecretId};
use crate::vault::Secret;

const PREFIX: &str = "whsec_";
/// Allowed size of a secret in bytes (Standard Webhooks).
const SIZES: std::ops::RangeInclusive<usize> = 24..=64;

/// The context to which a sealed secret is bound.
pub(in crate::notices) fn sealed_place(id: &WebhookSecretId) -> String {
    format!("webhook_secrets/{id}")
}

pub(in crate::notices) fn fresh_secret(random: &Random) -> Secret {
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(random.bytes::<32>())))
}

/// The key in a secret, or an error message.
pub(super) fn key(secret: &str) -> Result<Vec<u8>, &'static str> {
    let Some(body) = secret.strip_prefix(PREFIX) else {
        return Err("A signing secret starts with whsec_. Leave the field blank to have one generated.");
    };
    match STANDARD.decode(body) {
        Ok(key) if SIZES.contains(&key.len()) => Ok(key),
        Ok(_) => Err("A signing secret has 24 to 64 bytes. Leave the field blank to have one generated."),
        Err(_) => Err("After whsec_, a signing secret must be Base64. Leave the field blank to have one generated."),
    }
}

/// Signs messages with all secrets of an endpoint.
pub(in crate::notices) struct Signer(Vec<Vec<u8>>);

impl Signer {
    /// Creates a signer with these secrets, newest first; invalid ones are ignored.
    pub(in crate::notices) fn new(secrets: &[Secret]) -> Self {
        Self(secrets.iter().filter_map(|secret| key(secret.expose()).ok()).collect())
    }

    /// The value of `webhook-signature`.
    pub(in crate::notices) fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = |key: &Vec<u8>| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        };
        self.0.iter().filter_map(signed).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example from the reference implementation.
    #[test]
    fn signatures_match_the_reference_implementation() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature =
            Signer::new(&[secret]).signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn messages_are_signed_with_each_secret() {
        let random = Random::seeded(1);
        let signer = Signer::new(&[fresh_secret(&random), fresh_secret(&random)]);
        assert_eq!(signer.signature("msg_1", 1, "{}").split(' ').count(), 2);
    }

    #[test]
    fn invalid_secrets_are_refused_with_the_reason() {
        assert!(key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_ok());
        for odd in
            ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"]
        {
            assert!(key(odd).is_err(), "{odd}");
        }
    }
}

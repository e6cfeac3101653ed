//! Secrets at rest: sealed with XChaCha20-Poly1305 under a ring of keys.
//!
//! The first key of the ring seals, every key opens, so keys are rotated by putting a new one in
//! front and sealing again. What a secret belongs to (`connections/con_…/refresh`) is bound in as
//! associated data: a ciphertext that was copied to another row or column does not open there.
//!
//! A text sealed with a key that is not on the ring makes the vault read its file again, so that a key which
//! another process put there is known without a restart.
//!
//! A sealed text reads `v1.<key>.<nonce and ciphertext>`, all in letters that are safe in text
//! columns; `<key>` is the fingerprint of the key that sealed it.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::ids::Random;

const VERSION: &str = "v1";
const NONCE: usize = 24;

/// The key ring; cheap to clone. Seals with the first key, opens with any.
#[derive(Clone)]
pub struct Vault {
    ring: Arc<RwLock<Ring>>,
    file: Option<Arc<Path>>,
    random: Random,
}

/// The keys as they were read last, the sealing one first.
type Ring = Arc<Vec<Key>>;

struct Key {
    fingerprint: String,
    cipher: XChaCha20Poly1305,
}

/// A text that must not be shown, logged or compared; reads `[secret]` wherever it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// Why a ring could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The file is not there or cannot be read or made.
    #[error("the key file {path} cannot be read: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no key.
    #[error("line {line} of the key file is not a key: a key is 32 random bytes as 43 base64url characters")]
    NotAKey {
        /// Counted from 1.
        line: usize,
    },
    /// No key in it.
    #[error("the key file holds no key")]
    Empty,
}

/// Why a sealed text did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed with a key that is not on the ring.
    #[error("it was sealed with a key that is not in the key file")]
    UnknownKey,
    /// It was changed, or belongs to another row.
    #[error("it was changed since it was sealed, or belongs elsewhere")]
    Tampered,
}

impl Vault {
    /// Reads the ring of `path`; makes one with a single new key (mode 0600) when there is no file.
    pub fn from_file(path: &Path, random: &Random) -> Result<Self, RingError> {
        let failed = |source| RingError::File { path: path.to_owned(), source };
        if !path.exists() {
            make(path, random).map_err(failed)?;
        }
        let vault = Self::from_text(&fs::read_to_string(path).map_err(failed)?, random)?;
        Ok(Self { file: Some(Arc::from(path)), ..vault })
    }

    /// Reads a ring from text: a key a line, `#` begins a comment.
    pub fn from_text(text: &str, random: &Random) -> Result<Self, RingError> {
        Ok(Self { ring: Arc::new(RwLock::new(read_ring(text)?)), file: None, random: random.clone() })
    }

    fn ring(&self) -> Ring {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again; a file that cannot be read changes nothing.
    fn read_again(&self) {
        let text = self.file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        if let Some(ring) = text.and_then(|text| read_ring(&text).ok()) {
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        }
    }

    /// Seals `secret` for the place that `belongs_to` names.
    pub fn seal(&self, secret: &Secret, belongs_to: &str) -> String {
        let ring = self.ring();
        // OK because a ring without keys is refused when it is read.
        let key = &ring[0];
        let nonce: [u8; NONCE] = self.random.bytes();
        let payload = Payload { msg: secret.0.as_bytes(), aad: belongs_to.as_bytes() };
        let mut sealed = nonce.to_vec();
        // OK because the only failure of this cipher is a text of more than 256 GiB.
        sealed.extend(key.cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        format!("{VERSION}.{}.{}", key.fingerprint, URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what was sealed for the same place.
    pub fn open(&self, sealed: &str, belongs_to: &str) -> Result<Secret, OpenError> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(fingerprint), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(OpenError::Tampered);
        };
        if !self.ring().iter().any(|key| key.fingerprint == fingerprint) {
            self.read_again();
        }
        let ring = self.ring();
        let key = ring.iter().find(|key| key.fingerprint == fingerprint).ok_or(OpenError::UnknownKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| OpenError::Tampered)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>().ok_or(OpenError::Tampered)?;
        let payload = Payload { msg: ciphertext, aad: belongs_to.as_bytes() };
        let plain = key.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenError::Tampered)?;
        String::from_utf8(plain).map(Secret).map_err(|_| OpenError::Tampered)
    }

    /// Whether the first key of the ring sealed this text; if not, rotation seals it again.
    pub fn is_current(&self, sealed: &str) -> bool {
        sealed.split('.').nth(1) == Some(&self.ring()[0].fingerprint)
    }
}

fn read_ring(text: &str) -> Result<Ring, RingError> {
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let bytes = URL_SAFE_NO_PAD.decode(line).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or(RingError::NotAKey { line: index + 1 })?;
        keys.push(Key {
            fingerprint: URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..6]),
            cipher: XChaCha20Poly1305::new(&bytes.into()),
        });
    }
    if keys.is_empty() { Err(RingError::Empty) } else { Ok(Arc::new(keys)) }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({} keys)", self.ring().len())
    }
}

/// Puts a new key in front of the ring in `path`; the old ones stay, so that they still open.
pub fn add_key(path: &Path, random: &Random) -> Result<(), RingError> {
    let failed = |source| RingError::File { path: path.to_owned(), source };
    let old = fs::read_to_string(path).map_err(failed)?;
    let fresh = path.with_extension("new");
    private(&fresh)
        .and_then(|mut file| {
            writeln!(file, "{}", random.token())?;
            file.write_all(old.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&fresh, path))
        .map_err(failed)
}

fn make(path: &Path, random: &Random) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = private(path)?;
    writeln!(file, "# The first key seals, every key opens. Without this file, stored grants cannot be used.")?;
    writeln!(file, "{}", random.token())?;
    file.sync_all()
}

fn private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(keys: &[&str]) -> Vault {
        Vault::from_text(&keys.join("\n"), &Random::seeded(1)).unwrap()
    }

    #[test]
    fn a_key_that_another_process_put_on_the_ring_is_known_without_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (path, random) = (folder.path().join("keys"), Random::seeded(4));
        let running = Vault::from_file(&path, &random).unwrap();
        let before = running.seal(&Secret::new("old"), "a");
        add_key(&path, &random).unwrap();
        let sealed = Vault::from_file(&path, &random).unwrap().seal(&Secret::new("new"), "a");
        assert_eq!(running.open(&sealed, "a").unwrap().expose(), "new");
        assert_eq!(running.open(&before, "a").unwrap().expose(), "old");
        assert_eq!(running.open("v1.nokey.AAAA", "a"), Err(OpenError::UnknownKey));
    }

    fn key(seed: u64) -> String {
        Random::seeded(seed).token()
    }

    #[test]
    fn what_was_sealed_for_one_row_opens_there_only() {
        let vault = vault(&[&key(1)]);
        let sealed = vault.seal(&Secret::new("Atzr|token"), "connections/con_1/refresh");
        assert!(!sealed.contains("Atzr"));
        assert_eq!(vault.open(&sealed, "connections/con_1/refresh").unwrap().expose(), "Atzr|token");
        assert_eq!(vault.open(&sealed, "connections/con_2/refresh"), Err(OpenError::Tampered));
        assert_eq!(vault.open(&sealed, "connections/con_1/access"), Err(OpenError::Tampered));
    }

    #[test]
    fn a_changed_ciphertext_does_not_open() {
        let vault = vault(&[&key(1)]);
        let sealed = vault.seal(&Secret::new("token"), "a");
        for index in 3..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            assert!(vault.open(&String::from_utf8(bytes).unwrap(), "a").is_err(), "byte {index}");
        }
        assert!(vault.open("", "a").is_err());
    }

    #[test]
    fn old_keys_open_and_the_first_key_seals() {
        let old = vault(&[&key(1)]);
        let sealed = old.seal(&Secret::new("token"), "a");
        let ring = vault(&[&key(2), &key(1)]);
        assert_eq!(ring.open(&sealed, "a").unwrap().expose(), "token");
        assert!(!ring.is_current(&sealed));
        assert!(ring.is_current(&ring.seal(&Secret::new("token"), "a")));
        assert_eq!(vault(&[&key(2)]).open(&sealed, "a"), Err(OpenError::UnknownKey));
    }

    #[test]
    fn a_ring_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let random = Random::seeded(3);
        let sealed = Vault::from_file(&path, &random).unwrap().seal(&Secret::new("x"), "a");
        add_key(&path, &random).unwrap();
        let ring = Vault::from_file(&path, &random).unwrap();
        assert_eq!(ring.open(&sealed, "a").unwrap().expose(), "x");
        assert!(!ring.is_current(&sealed));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_wrong_key_file_is_named_by_line() {
        let error = Vault::from_text("# ring\nnonsense", &Random::seeded(1)).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(matches!(Vault::from_text("# nothing", &Random::seeded(1)), Err(RingError::Empty)));
    }
}

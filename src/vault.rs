//! Secrets at rest, encrypted with XChaCha20-Poly1305 and a ring of keys.
//!
//! The first key encrypts, every key decrypts, so a rotation puts a new key in front and encrypts everything again.
//! The owner of a secret (`connections/con_…/refresh`) is bound in as associated data: a ciphertext that was copied
//! to another row or column can't be decrypted there.
//!
//! The file is checked before each encryption and reread if it has changed; a ciphertext with an unknown key also
//! makes the vault reread it. So a key added by another process works here without a restart.
//!
//! An encrypted text reads `v1.<key>.<nonce and ciphertext>`, in characters that are safe in text columns; `<key>` is
//! the fingerprint of its key.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::ids::Random;

const VERSION: &str = "v1";
const NONCE: usize = 24;
/// The comment at the top of a key file.
const NOTE: &str = "# The first key seals, every key opens. Without this file, stored grants cannot be used.";

/// The key ring; cheap to clone. Encrypts with the first key, decrypts with any.
#[derive(Clone)]
pub struct Vault {
    read: Arc<RwLock<(Ring, Option<Stamp>)>>,
    file: Option<Arc<Path>>,
    random: Random,
}

/// The keys as last read, the encryption key first.
type Ring = Arc<Vec<Key>>;

/// Identifies a state of the file. Every change of a ring changes its length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self { modified: file.modified().ok(), length: file.len() })
    }
}

struct Key {
    fingerprint: String,
    cipher: XChaCha20Poly1305,
}

/// A text that must not be shown, logged or compared; prints as `[secret]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; only for sending it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// Why a ring couldn't be read.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The file is missing, unreadable or can't be created.
    #[error("the key file {} cannot be read ({why}); RECOMAMP_KEYS_FILE says where it is", path.display())]
    File {
        path: PathBuf,
        /// The cause; already part of the message, so not a source.
        why: std::io::Error,
    },
    /// Its content isn't a key ring.
    #[error(
        "the key file {} is not one: {fault}. Put the right file back, from where its copy is; where nothing was sealed \
         yet, remove it, and the next start makes a new one",
        path.display()
    )]
    Ring { path: PathBuf, fault: TextError },
}

/// Why a text isn't a key ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A line isn't a key.
    #[error("its line {line} is not a key, which is 32 random bytes as 43 base64url characters")]
    NotAKey {
        /// Counted from 1.
        line: usize,
    },
    #[error("it holds no key")]
    Empty,
}

/// Why decryption failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was encrypted with a key that isn't in the ring.
    #[error("it was sealed with a key that is not in the key file")]
    UnknownKey,
    /// It was changed, or belongs to another row.
    #[error("it was changed since it was sealed, or belongs elsewhere")]
    Tampered,
}

impl Vault {
    /// Reads the ring from `path`; creates one with a single new key (mode 0600) if the file is missing.
    pub fn from_file(path: &Path, random: &Random) -> Result<Self, RingError> {
        let failed = |why| RingError::File { path: path.to_owned(), why };
        if !path.exists() {
            make(path, random).map_err(failed)?;
        }
        // OK because the stamp is read first: a change in between is noticed at the next check.
        let stamp = Stamp::of(path);
        let text = fs::read_to_string(path).map_err(failed)?;
        let ring = read_ring(&text).map_err(|fault| RingError::Ring { path: path.to_owned(), fault })?;
        let (read, file) = (Arc::new(RwLock::new((ring, stamp))), Some(Arc::from(path)));
        Ok(Self { read, file, random: random.clone() })
    }

    /// Parses a ring: one key per line, `#` begins a comment.
    pub fn from_text(text: &str, random: &Random) -> Result<Self, TextError> {
        Ok(Self { read: Arc::new(RwLock::new((read_ring(text)?, None))), file: None, random: random.clone() })
    }

    fn ring(&self) -> Ring {
        Arc::clone(&self.read.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// The current ring, reread if the file has changed.
    fn newest(&self) -> Ring {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner).1;
        if self.file.as_ref().is_some_and(|file| Stamp::of(file) != read) {
            self.read_again();
        }
        self.ring()
    }

    /// Rereads the file; if that fails, the ring stays as it is.
    fn read_again(&self) {
        let Some(file) = &self.file else { return };
        let stamp = Stamp::of(file);
        if let Some(ring) = fs::read_to_string(file).ok().and_then(|text| read_ring(&text).ok()) {
            *self.read.write().unwrap_or_else(PoisonError::into_inner) = (ring, stamp);
        }
    }

    /// The names of the keys, the encryption key first. A name reveals nothing about its key.
    pub fn names(&self) -> Vec<String> {
        self.ring().iter().map(|key| key.fingerprint.clone()).collect()
    }

    /// Encrypts `secret` for the owner named by `belongs_to`.
    pub fn seal(&self, secret: &Secret, belongs_to: &str) -> String {
        let ring = self.newest();
        // OK because a ring without keys is refused when it is read.
        let key = &ring[0];
        let nonce: [u8; NONCE] = self.random.bytes();
        let payload = Payload { msg: secret.0.as_bytes(), aad: belongs_to.as_bytes() };
        let mut sealed = nonce.to_vec();
        // OK because this cipher only fails for a text of more than 256 GiB.
        sealed.extend(key.cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        format!("{VERSION}.{}.{}", key.fingerprint, URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Decrypts what was encrypted for the same owner.
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

    /// Whether the first key of the ring encrypted this text; if not, a rotation encrypts it again.
    pub fn is_current(&self, sealed: &str) -> bool {
        sealed.split('.').nth(1) == Some(&self.ring()[0].fingerprint)
    }
}

fn read_ring(text: &str) -> Result<Ring, TextError> {
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let bytes = URL_SAFE_NO_PAD.decode(line).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or(TextError::NotAKey { line: index + 1 })?;
        keys.push(Key {
            fingerprint: URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes)[..6]),
            cipher: XChaCha20Poly1305::new(&bytes.into()),
        });
    }
    if keys.is_empty() { Err(TextError::Empty) } else { Ok(Arc::new(keys)) }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({} keys)", self.ring().len())
    }
}

/// Adds a new key at the front of the ring in `path`; the old ones stay for decryption.
pub fn add_key(path: &Path, random: &Random) -> Result<(), RingError> {
    let failed = |why| RingError::File { path: path.to_owned(), why };
    let old = fs::read_to_string(path).map_err(failed)?;
    write_ring(path, &format!("{}\n{old}", random.token())).map_err(failed)
}

/// Removes all keys but the first from the ring in `path`; returns the previous text of the file.
pub fn retire_keys(path: &Path) -> Result<String, RingError> {
    let failed = |why| RingError::File { path: path.to_owned(), why };
    let old = fs::read_to_string(path).map_err(failed)?;
    let is_key = |line: &&str| !line.split('#').next().unwrap_or_default().trim().is_empty();
    let first = old
        .lines()
        .find(is_key)
        .ok_or_else(|| RingError::Ring { path: path.to_owned(), fault: TextError::Empty })?
        .to_owned();
    write_ring(path, &format!("{NOTE}\n{first}\n")).map_err(failed)?;
    Ok(old)
}

/// Writes a ring atomically: the file is the old one or the new one, never a mix.
pub fn write_ring(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = private(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

/// Locks the ring in `path`, because two processes that change it at the same time would lose a key. Locked until the value is
/// dropped; returns `None` if another process has the lock.
pub fn hold_ring(path: &Path) -> std::io::Result<Option<fs::File>> {
    let file = private(&path.with_extension("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

fn make(path: &Path, random: &Random) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let mut file = private(path)?;
    writeln!(file, "{NOTE}")?;
    writeln!(file, "{}", random.token())?;
    file.sync_all()
}

/// Creates a folder, and its parents, that only its owner can enter; an existing one is unchanged. Files in it are
/// then private, whichever program creates them.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The user id of this process, if the system has one, to explain missing permissions.
pub fn user_id() -> Option<u32> {
    // OK to ask the file system: a process's own folder belongs to its user.
    #[cfg(target_os = "linux")]
    return fs::metadata("/proc/self").ok().map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    #[cfg(not(target_os = "linux"))]
    None
}

fn private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests;

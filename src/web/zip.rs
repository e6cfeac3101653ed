//! A ZIP archive that is sent while it is written: sizes follow each file instead of preceding it.
//!
//! It is the container of workbooks, and of several files downloaded as one. Crates for archives and workbooks need
//! to seek back in their output, so the whole file would have to be on disk before its first byte is sent. The format
//! is PKWARE's APPNOTE, without its extension for more than 4 GiB, which Excel rejects.
use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Why an archive can't be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("an archive holds {limit} bytes and this one needs {found}")]
    TooLarge { found: u64, limit: u64 },
    #[error(transparent)]
    Deflate(#[from] std::io::Error),
}

/// The maximum size of a file in the archive, and of the archive.
const MOST: u64 = u32::MAX as u64;
/// Sizes follow the file (bit 3), names are in UTF-8 (bit 11).
const FLAGS: u16 = 0x0808;
const DEFLATED: u16 = 8;
/// 1980-01-01, the first date that the format supports: the same rows produce the same bytes.
const DAY: u16 = 0x21;

/// An archive being written.
pub struct Zip {
    out: Vec<u8>,
    written: u64,
    open: Option<Entry>,
    directory: Vec<u8>,
    files: u16,
}

struct Entry {
    name: String,
    offset: u32,
    deflate: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    packed: u64,
}

impl Default for Zip {
    fn default() -> Self {
        Self::new()
    }
}

impl Zip {
    pub fn new() -> Self {
        Self { out: Vec::new(), written: 0, open: None, directory: Vec::new(), files: 0 }
    }

    /// Begins a file, to which further bytes are added.
    pub fn begin(&mut self, name: impl Into<String>) -> Result<(), Error> {
        self.end()?;
        let name = name.into();
        let offset = small(self.written)?;
        let mut head = 0x0403_4b50_u32.to_le_bytes().to_vec();
        for field in [20, FLAGS, DEFLATED, 0, DAY] {
            head.extend(field.to_le_bytes());
        }
        head.extend([0; 12]);
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0; 2]);
        head.extend(name.bytes());
        self.put(&head);
        let deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        self.open = Some(Entry { name, offset, deflate, crc: Crc::new(), packed: 0 });
        Ok(())
    }

    /// Adds to the current file.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some(entry) = &mut self.open else { return Ok(()) };
        entry.crc.update(bytes);
        entry.deflate.write_all(bytes)?;
        let packed = std::mem::take(entry.deflate.get_mut());
        entry.packed += packed.len() as u64;
        self.put(&packed);
        Ok(())
    }

    /// Completes the archive.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.end()?;
        let (start, size) = (small(self.written)?, small(self.directory.len() as u64)?);
        let mut tail = std::mem::take(&mut self.directory);
        tail.extend(0x0605_4b50_u32.to_le_bytes());
        for field in [0, 0, self.files, self.files] {
            tail.extend(field.to_le_bytes());
        }
        tail.extend(size.to_le_bytes());
        tail.extend(start.to_le_bytes());
        tail.extend([0; 2]);
        self.put(&tail);
        Ok(())
    }

    /// Takes the bytes written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn put(&mut self, bytes: &[u8]) {
        self.written += bytes.len() as u64;
        self.out.extend(bytes);
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(mut entry) = self.open.take() else { return Ok(()) };
        entry.deflate.try_finish()?;
        let whole = small(entry.deflate.total_in())?;
        let rest = std::mem::take(entry.deflate.get_mut());
        let packed = small(entry.packed + rest.len() as u64)?;
        self.put(&rest);
        let sums: Vec<u8> = [entry.crc.sum(), packed, whole].iter().flat_map(|field| field.to_le_bytes()).collect();
        self.put(&[&0x0807_4b50_u32.to_le_bytes()[..], &sums].concat());
        self.directory.extend(0x0201_4b50_u32.to_le_bytes());
        for field in [20, 20, FLAGS, DEFLATED, 0, DAY] {
            self.directory.extend(field.to_le_bytes());
        }
        self.directory.extend(sums);
        self.directory.extend((entry.name.len() as u16).to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend(entry.offset.to_le_bytes());
        self.directory.extend(entry.name.bytes());
        self.files += 1;
        Ok(())
    }
}

fn small(number: u64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| Error::TooLarge { found: number, limit: MOST })
}

//! Forms with files, sent as `multipart/form-data`.
//!
//! Forms without files are accepted too, so a program can send text without wrapping it as a file. Everything is held
//! in memory, limited by the maximum body size.

use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};

use super::{Error, Fields};

/// Maximum number of files in a form.
pub const MOST_FILES: usize = 500;

/// A form with its files.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    pub fields: Fields,
    /// The chosen files, in order. An empty file input sends none.
    pub files: Vec<UploadedFile>,
}

/// An uploaded file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadedFile {
    /// Its name without folders.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl UploadedFile {
    /// The file's text: UTF-8, or UTF-16 with a byte order mark, without that mark and with normalized line ends. The
    /// error is a sentence.
    pub fn text(&self) -> Result<String, String> {
        let text = match self.bytes.as_slice() {
            [0xEF, 0xBB, 0xBF, rest @ ..] => str::from_utf8(rest).ok().map(str::to_owned),
            [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
            bytes => str::from_utf8(bytes).ok().map(str::to_owned),
        };
        let text = text.filter(|text| !text.contains('\0'));
        text.map(|text| text.replace("\r\n", "\n").replace('\r', "\n"))
            .ok_or_else(|| format!("{} is not a text file in UTF-8. Save it as UTF-8 and upload it again.", self.name))
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

/// The name without folders, which some browsers send, and without direction-changing characters.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    super::naming::plain(name).replace(char::is_control, "").chars().take(200).collect()
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        if !kind.starts_with("multipart/form-data") {
            return Ok(Self { fields: Fields::from_request(request, state).await?, files: Vec::new() });
        }
        let mut form = Multipart::from_request(request, state).await.map_err(|_| broken())?;
        let (mut fields, mut files) = (Vec::new(), Vec::new());
        while let Some(part) = form.next_field().await.map_err(refused)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(plain);
            let bytes = part.bytes().await.map_err(refused)?;
            match file {
                None => fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
                Some(name) if name.is_empty() && bytes.is_empty() => {}
                Some(name) => files.push(UploadedFile { name, bytes: bytes.to_vec() }),
            }
            if files.len() > MOST_FILES {
                return Err(Error::Invalid(format!(
                    "At most {MOST_FILES} files can be uploaded at once. Send them in parts."
                )));
            }
        }
        Ok(Self { fields: fields.into_iter().collect(), files })
    }
}

fn broken() -> Error {
    Error::Invalid("The form didn't arrive completely. Send it again.".to_owned())
}

fn refused(error: MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Error::TooLarge } else { broken() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, String> {
        UploadedFile { name: "a.sql".to_owned(), bytes: bytes.to_vec() }.text()
    }

    #[test]
    fn text_is_read_in_the_encodings_that_programs_save() {
        assert_eq!(text("ü\r\nx".as_bytes()).unwrap(), "ü\nx");
        assert_eq!(text(b"\xEF\xBB\xBFa").unwrap(), "a");
        assert_eq!(text(b"\xFF\xFEa\0\xFC\0").unwrap(), "aü");
        assert_eq!(text(b"\xFE\xFF\0a").unwrap(), "a");
        for wrong in [&b"\xFF"[..], b"a\0b", b"\xFF\xFEa", b"\xFC"] {
            assert!(text(wrong).unwrap_err().starts_with("a.sql is not a text file"));
        }
    }

    #[test]
    fn a_name_is_without_folders_and_control_characters() {
        assert_eq!(plain("C:\\temp\\..\\a\u{7}b.sql"), "ab.sql");
        assert_eq!(plain("../../etc/passwd"), "passwd");
    }
}

//! The files of guides: built into the program, or below a folder on disk.
//!
//! A folder on disk may be a git checkout that anybody can push to, so it is read with care: nothing outside of it,
//! no symbolic links, no large files, and only the file types that guides use.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, FileType, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

/// Maximum size of a file, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Maximum number of files below a folder; more are ignored.
const MOST_FILES: usize = 50_000;
/// Extensions of text files.
const TEXTS: [&str; 2] = ["md", "sql"];
/// Extensions of pictures with their content types. SVG is excluded: it can contain scripts.
const PICTURES: [(&str, &str); 6] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
];

/// Stands for a folder itself where it is refused as a whole.
pub(super) const ITSELF: &str = "";

/// Whether a file's name has this extension, in small letters.
pub(super) fn has_extension(file: &str, extension: &str) -> bool {
    Path::new(file).extension().is_some_and(|found| found == extension)
}

/// A file, or why it isn't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::guides) enum Content {
    Bytes(Cow<'static, [u8]>),
    Refused(String),
}

/// The files of one folder, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::guides) struct Folder(pub(in crate::guides) BTreeMap<String, Content>);

impl Folder {
    /// A file as text.
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        let bytes = match self.0.get(name) {
            Some(Content::Bytes(bytes)) => bytes,
            Some(Content::Refused(why)) => return Err(why.clone()),
            None => return Err(format!("There is no file {name} in this folder.")),
        };
        std::str::from_utf8(bytes).map_err(|error| {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = good.split(|byte| *byte == b'\n').count();
            format!("{name} isn't UTF-8 text: line {line} has invalid bytes. Save the file as UTF-8.")
        })
    }

    /// Whether a file is a picture that can be shown.
    pub(super) fn picture(&self, name: &str) -> Result<(), String> {
        if kind(name).is_none() {
            let known = PICTURES.map(|(ending, _)| ending).join(", ");
            return Err(format!("{name} isn't a supported picture. Use one of {known}."));
        }
        match self.0.get(name) {
            Some(Content::Bytes(_)) => Ok(()),
            Some(Content::Refused(why)) => Err(why.clone()),
            None => Err(format!("There is no file {name} in this folder.")),
        }
    }
}

/// The content type of a picture.
pub(in crate::guides) fn kind(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1;
    PICTURES.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, kind)| *kind)
}

/// All folders, by name.
pub(in crate::guides) type Folders = BTreeMap<String, Folder>;

/// The built-in files.
pub(in crate::guides) fn built_in() -> Folders {
    let mut folders = Folders::new();
    for (path, bytes) in super::built_in::FILES {
        if let Some((folder, name)) = path.split_once('/') {
            let content = Content::Bytes(Cow::Borrowed(bytes));
            folders.entry(folder.to_owned()).or_default().0.insert(name.to_owned(), content);
        }
    }
    folders
}

/// A stamp of the files on disk, without their content: equal stamps mean that nothing has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::guides) struct Stamps(BTreeMap<String, BTreeMap<String, Stamp>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    changed: Option<SystemTime>,
    is_link: bool,
}

impl Stamps {
    /// The stamp of a folder of guides.
    pub(in crate::guides) fn of(root: &Path) -> io::Result<Self> {
        let mut stamps = Self::default();
        let mut left = MOST_FILES;
        for entry in fs::read_dir(root)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if name.starts_with('.') || !(kind.is_dir() || is_linked_folder(&entry.path(), kind)) {
                continue;
            }
            if kind.is_symlink() {
                stamps.0.entry(name).or_default().insert(ITSELF.to_owned(), Stamp::of(&entry.metadata()?));
                continue;
            }
            let files = stamps.0.entry(name).or_default();
            let Ok(inside) = fs::read_dir(entry.path()) else { continue };
            for entry in inside.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let Ok(about) = fs::symlink_metadata(entry.path()) else { continue };
                if left == 0 || name.starts_with('.') || about.is_dir() || !is_read(&name) {
                    continue;
                }
                left -= 1;
                files.insert(name, Stamp::of(&about));
            }
        }
        stamps.0.retain(|_, files| !files.is_empty());
        Ok(stamps)
    }

    /// The folders in this stamp.
    pub(in crate::guides) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a folder is the same as in `other`.
    pub(in crate::guides) fn is_same(&self, other: &Self, folder: &str) -> bool {
        self.0.get(folder) == other.0.get(folder)
    }

    /// Reads the files of a folder.
    pub(in crate::guides) fn read(&self, root: &Path, folder: &str) -> Folder {
        let files = self.0.get(folder).into_iter().flatten();
        Folder(files.map(|(name, stamp)| (name.clone(), content(&root.join(folder).join(name), name, stamp))).collect())
    }
}

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self { size: about.len(), changed: about.modified().ok(), is_link: !about.is_file() }
    }
}

/// Whether an entry is a symbolic link to a folder, or to nothing: its author expects a guide there.
fn is_linked_folder(path: &Path, kind: FileType) -> bool {
    kind.is_symlink() && fs::metadata(path).map_or(true, |target| target.is_dir())
}

/// Whether guides can use such a file.
fn is_read(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    TEXTS.contains(&ending.as_str()) || kind(name).is_some()
}

fn content(path: &Path, name: &str, stamp: &Stamp) -> Content {
    if name == ITSELF {
        let why = "This folder is a symbolic link, so it may be outside the guides folder and isn't read. Copy its \
                   files here, or set RECOMAMP_GUIDES_DIR to the folder that contains the original.";
        return Content::Refused(why.to_owned());
    }
    if stamp.is_link {
        return Content::Refused(format!(
            "{name} is a symbolic link or not a regular file, so it may be outside the folder. Copy the file."
        ));
    }
    if stamp.size > MOST_BYTES {
        return Content::Refused(format!("{name} is larger than 1 MiB. Split the guide, or make the picture smaller."));
    }
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Content::Bytes(Cow::Owned(bytes)),
        Err(error) => Content::Refused(format!("{name} can't be read: {error}.")),
    }
}

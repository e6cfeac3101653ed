//! Files of a browser session: downloads and screenshots.

use std::path::{Path, PathBuf};

use super::{Browser, LOOK_EVERY, PATIENCE};

impl Browser {
    /// Follows a download link and returns the saved file.
    pub(in crate::browser) async fn download(&self, label: &str) -> Vec<u8> {
        let folder = self.folder.path().join("downloads");
        let known = saved(&folder);
        self.press(label).await;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let file = async {
            loop {
                ticks.tick().await;
                if let Some(file) = saved(&folder).into_iter().find(|file| !known.contains(file)) {
                    break file;
                }
            }
        };
        let file = tokio::time::timeout(PATIENCE, file).await.unwrap_or_else(|_| panic!("{label} saved nothing"));
        std::fs::read(file).expect("a saved file can be read")
    }

    /// Saves a screenshot as `screenshots/<name>.png` in cargo's target folder.
    pub(in crate::browser) async fn screenshot(&self, name: &str) {
        self.keep(&screenshots(), name).await;
    }

    /// Saves a screenshot as `docs/pictures/<name>.png`, for the README. Only if the file doesn't exist, so that
    /// running the tests changes nothing.
    pub(in crate::browser) async fn picture(&self, name: &str) {
        self.screenshot(name).await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
        if !folder.join(name).with_extension("png").exists() {
            self.keep(&folder, name).await;
        }
    }

    async fn keep(&self, folder: &Path, name: &str) {
        let picture = self.client.screenshot().await.expect("a page can be pictured");
        std::fs::create_dir_all(folder).expect("a folder for pictures");
        std::fs::write(folder.join(name).with_extension("png"), picture).expect("a picture can be written");
    }
}

/// The completed downloads. Chromium first creates an empty file with the final name, writes to another file, and
/// renames it at the end: an empty file isn't complete.
fn saved(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.filter_map(Result::ok);
    let files = entries.filter(|entry| entry.metadata().is_ok_and(|file| file.len() > 0)).map(|entry| entry.path());
    let hidden = |file: &Path| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    files.filter(|file| !hidden(file) && file.extension().is_none_or(|ending| ending != "crdownload")).collect()
}

fn screenshots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}

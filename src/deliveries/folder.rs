//! Files below the folder that the settings name.
//!
//! A file is written beside its final place and renamed, so that a reader never sees half of it. Each folder on the way
//! is resolved and compared with the root: neither `..` nor a link leads out of it.

use std::io;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::send::Failure;

/// Whether a relative path stays below the folder that it starts in.
pub(super) fn is_inside(path: &str) -> bool {
    !path.contains(['\\', '\0'])
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Retry(format!("Couldn't {what} {}: {error}.", path.display()))
}

/// The folder for a file, which is created where it is missing, and the file's name.
async fn place(root: &Path, relative: &str) -> Result<(PathBuf, String), Failure> {
    if !is_inside(relative) {
        return Err(Failure::GiveUp(format!("The name {relative} leads out of the folder. Change it in the rule.")));
    }
    let missing = |error: io::Error| {
        Failure::Retry(format!(
            "The folder {} of RECOMAMP_DELIVERIES_DIR can't be opened: {error}. Check whether it is mounted.",
            root.display()
        ))
    };
    let root = fs::canonicalize(root).await.map_err(missing)?;
    let mut steps: Vec<&str> = relative.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    let Some(name) = steps.pop() else {
        return Err(Failure::GiveUp("The name of the file is empty. Change it in the rule.".to_owned()));
    };
    let mut folder = root.clone();
    for step in steps {
        folder.push(step);
        match fs::create_dir(&folder).await {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed("create the folder", &folder, &error));
            }
            _ => {}
        }
        folder = fs::canonicalize(&folder).await.map_err(|error| failed("open the folder", &folder, &error))?;
        if !folder.starts_with(&root) {
            let shown = folder.display();
            return Err(Failure::GiveUp(format!(
                "A link leads out of the folder for deliveries, to {shown}. Remove it."
            )));
        }
    }
    Ok((folder, name.to_owned()))
}

/// Writes a file; returns its size. `mark` distinguishes it from others that are being written at the same time.
pub(super) async fn write<S>(root: &Path, relative: &str, mark: &str, bytes: S) -> Result<u64, Failure>
where
    S: Stream<Item = Result<Bytes, Failure>> + Unpin,
{
    let (folder, name) = place(root, relative).await?;
    let (target, scratch) = (folder.join(&name), folder.join(format!(".{mark}.part")));
    match filled(&scratch, bytes).await {
        Ok(size) => match fs::rename(&scratch, &target).await {
            Ok(()) => Ok(size),
            Err(error) => {
                remove(&scratch).await;
                Err(failed("write", &target, &error))
            }
        },
        Err(failure) => {
            remove(&scratch).await;
            Err(failure)
        }
    }
}

async fn filled<S>(scratch: &Path, mut bytes: S) -> Result<u64, Failure>
where
    S: Stream<Item = Result<Bytes, Failure>> + Unpin,
{
    let told = |error: io::Error| failed("write", scratch, &error);
    // OK to remove first: what a crash left may be there, and a link must not be followed.
    remove(scratch).await;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(scratch).await.map_err(told)?;
    let mut size = 0;
    while let Some(part) = bytes.next().await {
        let part = part?;
        size += part.len() as u64;
        file.write_all(&part).await.map_err(told)?;
    }
    file.flush().await.map_err(told)?;
    file.sync_all().await.map_err(told)?;
    Ok(size)
}

async fn remove(file: &Path) {
    // OK to ignore: it isn't there, or the next attempt overwrites it.
    let _ = fs::remove_file(file).await;
}

/// Writes a small file and removes it.
pub(super) async fn test(root: &Path, relative: &str) -> Result<(), Failure> {
    let name = format!("{}/recomamp-test", relative.trim_end_matches('/'));
    let part = futures::stream::iter([Ok(Bytes::from_static(b"recomamp"))]);
    write(root, name.trim_start_matches('/'), "recomamp-test", part).await?;
    let (folder, name) = place(root, name.trim_start_matches('/')).await?;
    let file = folder.join(name);
    fs::remove_file(&file).await.map_err(|error| failed("remove", &file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &'static str) -> futures::stream::Iter<std::array::IntoIter<Result<Bytes, Failure>, 1>> {
        futures::stream::iter([Ok(Bytes::from_static(text.as_bytes()))])
    }

    #[tokio::test]
    async fn a_file_is_written_whole_and_again_under_the_same_name() {
        let root = tempfile::tempdir().unwrap();
        for text in ["one", "two, which is longer"] {
            let size = write(root.path(), "a/b/c.csv", "dlv_1", part(text)).await.unwrap();
            assert_eq!(size, text.len() as u64);
            assert_eq!(std::fs::read_to_string(root.path().join("a/b/c.csv")).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(root.path().join("a/b")).unwrap().count(), 1, "nothing else is left");
    }

    #[tokio::test]
    async fn nothing_is_written_outside() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for path in ["../x", "a/../../x", "/etc/x", "a\\..\\x"] {
            assert!(!is_inside(path), "{path}");
            assert!(matches!(write(root.path(), path, "m", part("x")).await, Err(Failure::GiveUp(_))), "{path}");
        }
        std::os::unix::fs::symlink(other.path(), root.path().join("out")).unwrap();
        assert!(matches!(write(root.path(), "out/x", "m", part("x")).await, Err(Failure::GiveUp(_))));
        let target = other.path().join("kept");
        std::fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, root.path().join("x")).unwrap();
        write(root.path(), "x", "m", part("new")).await.unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "kept", "a link is replaced, not followed");
        assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_missing_root_is_not_created() {
        let root = tempfile::tempdir().unwrap();
        let gone = root.path().join("not mounted");
        assert!(matches!(write(&gone, "x", "m", part("x")).await, Err(Failure::Retry(_))));
        assert!(!gone.exists());
        test(root.path(), "a").await.unwrap();
    }
}

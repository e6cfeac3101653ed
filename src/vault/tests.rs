//! Encryption, decryption, and valid and invalid key files.

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

#[test]
fn a_running_vault_seals_with_a_key_that_another_process_put_in_front() {
    let folder = tempfile::tempdir().unwrap();
    let (path, random) = (folder.path().join("keys"), Random::seeded(5));
    let running = Vault::from_file(&path, &random).unwrap();
    running.seal(&Secret::new("old"), "a");
    add_key(&path, &random).unwrap();
    let sealed = running.seal(&Secret::new("new"), "a");
    let other = Vault::from_file(&path, &random).unwrap();
    assert!(other.is_current(&sealed));
    assert_eq!(other.names().len(), 2);
    let before = retire_keys(&path).unwrap();
    let left = Vault::from_file(&path, &random).unwrap();
    assert_eq!(left.names(), other.names()[..1]);
    assert_eq!(left.open(&sealed, "a").unwrap().expose(), "new");
    write_ring(&path, &before).unwrap();
    assert_eq!(Vault::from_file(&path, &random).unwrap().names(), other.names());
}

#[test]
fn one_process_at_a_time_changes_a_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let held = hold_ring(&path).unwrap();
    assert!(held.is_some());
    assert!(hold_ring(&path).unwrap().is_none());
    drop(held);
    assert!(hold_ring(&path).unwrap().is_some());
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
fn a_key_file_that_is_none_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    for text in ["# nothing\n", "nonsense"] {
        fs::write(&path, text).unwrap();
        let message = Vault::from_file(&path, &Random::seeded(1)).unwrap_err().to_string();
        assert!(message.contains(path.to_str().unwrap()) && message.contains("Put the right file back"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_its_owners_alone_and_an_old_one_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (data, inner) = (folder.path().join("data"), folder.path().join("data/inner"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    private_folder(&inner).unwrap();
    assert_eq!((mode(&data), mode(&inner)), (0o700, 0o700));
    fs::set_permissions(&data, fs::Permissions::from_mode(0o750)).unwrap();
    private_folder(&inner).unwrap();
    assert_eq!(mode(&data), 0o750);
}

#[test]
fn a_wrong_key_file_is_named_by_line() {
    let error = Vault::from_text("# ring\nnonsense", &Random::seeded(1)).unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    assert!(matches!(Vault::from_text("# nothing", &Random::seeded(1)), Err(TextError::Empty)));
}

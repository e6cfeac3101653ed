//! Validates redirect targets: only paths on this site.
//!
//! A `next` field or parameter is untrusted. Browsers treat `//host`, `/\\host` and addresses with tabs or line
//! breaks as other sites, so such text is dropped instead of repaired.

/// `next` if it is a path on this site (with its query), otherwise `/`.
pub fn local_or_home(next: &str) -> &str {
    let starts_here = next.starts_with('/') && !next.starts_with("//");
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if starts_here && plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_or_home;

    #[test]
    fn a_path_with_its_query_is_kept() {
        for next in ["/", "/queries/q?a=b&c=%20#d", "/a//b"] {
            assert_eq!(local_or_home(next), next);
        }
    }

    #[test]
    fn whatever_could_lead_elsewhere_becomes_the_first_page() {
        for next in [
            "",
            "queries",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\r\nSet-Cookie: a=b",
            " /a",
            "/\u{e9}",
        ] {
            assert_eq!(local_or_home(next), "/", "{next:?}");
        }
    }
}

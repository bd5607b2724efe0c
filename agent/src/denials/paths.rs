//! Bytes of a record → text.

/// Text up to the first NUL; `None` if there is none.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
    (!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
}

/// Address of a unix socket; an abstract one, which begins with a NUL, with `@` for each NUL.
pub(super) fn socket(bytes: &[u8]) -> Option<String> {
    let Some(name) = bytes.strip_prefix(&[0]) else {
        return text(bytes);
    };
    let end = name.iter().rposition(|b| *b != 0)? + 1;
    let name = name.get(..end).unwrap_or(name);
    Some(format!(
        "@{}",
        String::from_utf8_lossy(name).replace('\0', "@")
    ))
}

/// Components, leaf first, each ended by a NUL → `/a/b`; `/` if there are none.
///
/// `length` is how many bytes the probe had; where it had more than fit, or the last component has
/// no end, the path's beginning is missing and `…/` stands for it.
pub(super) fn leaf_first(bytes: &[u8], length: usize) -> String {
    let used = bytes.get(..length).unwrap_or(bytes);
    let mut truncated = length > bytes.len();
    let whole = match used.strip_suffix(&[0]) {
        Some(whole) => whole,
        None if used.is_empty() => return "/".to_owned(),
        None => {
            truncated = true;
            // What has no end is half a name.
            used.rsplitn(2, |b| *b == 0).nth(1).unwrap_or_default()
        }
    };
    let names: Vec<_> = whole
        .rsplit(|b| *b == 0)
        .filter(|name| !name.is_empty())
        .map(String::from_utf8_lossy)
        .collect();
    let start = if truncated { "…/" } else { "/" };
    format!("{start}{}", names.join("/"))
}

/// The first `count` paths of several, each of which ends with an empty component.
pub(super) fn several(bytes: &[u8], length: u32, count: usize) -> Vec<String> {
    let mut rest = bytes.get(..length as usize).unwrap_or(bytes);
    let mut all = Vec::new();
    while all.len() < count {
        let end = if rest.first() == Some(&0) {
            Some(0)
        } else {
            rest.windows(2)
                .position(|pair| pair == [0, 0])
                .map(|at| at + 1)
        };
        // Only the last can be too long.
        let last = all.len() + 1 == count;
        let cut = last && length as usize > bytes.len();
        let path = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
        let over = if cut { path.len() + 1 } else { 0 };
        all.push(leaf_first(path, path.len() + over));
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], length: usize, path: &str) {
        assert_eq!(leaf_first(bytes, length), path);
    }

    #[test]
    fn paths_are_turned_round() {
        check(b"", 0, "/");
        check(b"etc\0\0\0\0\0", 4, "/etc");
        check(b"b\0a\0\0\0\0", 4, "/a/b");
        check(b"docker.sock\0run\0", 16, "/run/docker.sock");
        check(b"\xff\0a\0", 4, "/a/\u{fffd}");
    }

    #[test]
    fn what_did_not_fit_is_marked() {
        check(b"c\0b\0a", 5, "…/b/c");
        check(b"c\0b\0", 9, "…/b/c");
        check(b"half", 4, "…/");
    }

    #[test]
    fn several_paths_stand_one_after_the_other() {
        let check = |bytes: &[u8], length, paths: &[&str]| {
            assert_eq!(several(bytes, length, paths.len()), paths);
        };
        check(b"etc\0\0\0b\0a\0\0\0\0", 12, &["/etc", "/", "/a/b"]);
        check(b"\0\0\0\0", 1, &["/"]);
        check(b"\0c\0b\0\0\0", 8, &["/", "…/b/c"]);
        check(b"", 0, &["/"]);
        check(b"x", 1, &[]);
    }

    #[test]
    fn abstract_sockets_begin_with_an_at() {
        let check = |bytes: &[u8]| socket(bytes);
        assert_eq!(check(b"/run/x\0\0").as_deref(), Some("/run/x"));
        assert_eq!(check(b"\0/shim/s\0").as_deref(), Some("@/shim/s"));
        assert_eq!(check(b"\0a\0b").as_deref(), Some("@a@b"));
        assert_eq!(check(b"\0\0\0"), None);
        assert_eq!(check(b""), None);
    }

    #[test]
    fn text_ends_at_the_first_nul() {
        assert_eq!(text(b"sh\0junk"), Some("sh".to_owned()));
        assert_eq!(text(b"full"), Some("full".to_owned()));
        assert_eq!(text(b"\0\0"), None);
    }
}

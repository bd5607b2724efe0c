use super::*;
use crate::containers::Info;

type Read = fn(&Reader<'_>, &str, &mut Asked) -> Result<(), ExplainError>;

/// Host path, read-only, what is below, and kind of the one mount.
fn one(read: Read, text: &str) -> Result<Option<(String, bool, Below, Kind)>, String> {
    let reader = Reader {
        engine: Engine::Docker,
        directory: Path::new("/home/me"),
    };
    let mut asked = Asked::new(Info::default());
    read(&reader, text, &mut asked).map_err(|e| e.to_string())?;
    let mount = asked.mounts.pop().map(|mount| {
        let path = mount.host_path.display().to_string();
        (path, mount.read_only, mount.below, mount.kind)
    });
    Ok(mount)
}

#[test]
fn volumes_of_the_host_are_told_from_named_ones() {
    use {Below::*, Kind::*};
    for (text, expected) in [
        ("/x", None),
        ("data:/x", None),
        ("/srv:/x", Some(("/srv", false, Taken, Bind))),
        ("/srv:/x:ro", Some(("/srv", true, TakenReadOnly, Bind))),
        ("/:/host:ro,rslave", Some(("/", true, TakenReadOnly, Bind))),
        ("./data:/x:Z", Some(("/home/me/./data", false, Taken, Bind))),
        ("..:/x", Some(("/home/me/..", false, Taken, Bind))),
        ("/srv:/x:O", Some(("/srv", false, Taken, Overlay))),
    ] {
        let expected = expected.map(|(path, ro, below, kind)| (path.to_owned(), ro, below, kind));
        assert_eq!(
            one(|reader, text, asked| reader.volume(text, asked), text),
            Ok(expected),
            "{text}"
        );
    }
    for text in ["a:b", "/a:/b:ro:x", ":/x", "a/b:/x", "/a:/b:readwrite"] {
        assert!(
            one(|reader, text, asked| reader.volume(text, asked), text).is_err(),
            "{text}"
        );
    }
}

#[test]
fn mounts_of_the_host_are_told_from_others() {
    use {Below::*, Kind::*};
    for (text, expected) in [
        (
            "type=bind,src=/srv,dst=/x",
            Some(("/srv", false, Taken, Bind)),
        ),
        (
            "type=bind,source=/srv,target=/x,readonly",
            Some(("/srv", true, TakenReadOnly, Bind)),
        ),
        (
            "type=bind,src=/s,dst=/x,ro=true,bind-recursive=disabled",
            Some(("/s", true, Left, Bind)),
        ),
        (
            "type=bind,src=/s,dst=/x,readonly=false",
            Some(("/s", false, Taken, Bind)),
        ),
        ("type=tmpfs,dst=/x", None),
        ("src=data,dst=/x", None),
        (
            "type=volume,dst=/x,volume-driver=local,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/",
            Some(("/", false, Left, Bind)),
        ),
        (
            "type=volume,dst=/x,\"volume-opt=o=rbind,ro\",volume-opt=device=/etc",
            Some(("/etc", true, Taken, Bind)),
        ),
        (
            "type=volume,dst=/x,volume-opt=type=nfs,volume-opt=o=addr=1.2.3.4,volume-opt=device=:/a",
            None,
        ),
        (
            "type=volume,dst=/x,volume-opt=type=tmpfs,volume-opt=device=tmpfs",
            None,
        ),
        (
            "type=volume,dst=/x,volume-opt=type=ext4,volume-opt=device=/dev/sdb",
            Some(("/dev/sdb", false, Left, Disk)),
        ),
        (
            "type=volume,dst=/x,volume-opt=type=overlay,\"volume-opt=o=lowerdir=/etc,upperdir=/u\"",
            Some(("/etc", false, Left, Overlay)),
        ),
    ] {
        let expected = expected.map(|(path, ro, below, kind)| (path.to_owned(), ro, below, kind));
        assert_eq!(
            one(|reader, text, asked| reader.mount(text, asked), text),
            Ok(expected),
            "{text}"
        );
    }
    for text in ["type=bind,src=/x", "type=npipe,src=a,dst=b", "\"type=bind"] {
        assert!(
            one(|reader, text, asked| reader.mount(text, asked), text).is_err(),
            "{text}"
        );
    }
}

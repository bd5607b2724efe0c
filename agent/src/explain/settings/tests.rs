use super::*;
use crate::{capabilities::names, containers::Info};

fn capabilities_of(engine: Engine, add: &[&str], drop: &[&str]) -> Vec<String> {
    let words = |names: &[&str]| {
        let word = |name: &&str| Word {
            text: (*name).to_owned(),
            at: String::new(),
        };
        names.iter().map(word).collect::<Vec<_>>()
    };
    let mut settings = Settings::new(engine);
    (settings.add, settings.drop) = (words(add), words(drop));
    let mut asked = Asked::new(Info::default());
    settings.apply(&mut asked).unwrap();
    names(asked.facts.capabilities)
}

#[test]
fn defaults_are_the_runtimes() {
    assert_eq!(capabilities_of(Engine::Docker, &[], &[]).len(), 14);
    assert_eq!(capabilities_of(Engine::Containerd, &[], &[]).len(), 14);
    let podman = capabilities_of(Engine::Podman, &[], &[]);
    assert_eq!(podman.len(), 11);
    assert!(
        !podman
            .iter()
            .any(|name| ["MKNOD", "NET_RAW", "AUDIT_WRITE"].contains(&name.as_str()))
    );
}

#[test]
fn added_and_dropped_meet_as_the_runtime_has_it() {
    use Engine::{Containerd, Docker, Podman};
    for engine in [Docker, Podman, Containerd] {
        assert_eq!(
            capabilities_of(engine, &["NET_ADMIN"], &["ALL"]),
            ["NET_ADMIN"]
        );
        assert_eq!(capabilities_of(engine, &["ALL"], &["CHOWN"]).len(), 40);
        assert_eq!(
            capabilities_of(engine, &[], &["cap_chown"]).len(),
            capabilities_of(engine, &[], &[]).len() - 1
        );
    }
    assert_eq!(capabilities_of(Docker, &["ALL"], &["ALL"]).len(), 41);
    assert_eq!(capabilities_of(Containerd, &["ALL"], &["ALL"]).len(), 0);
    assert_eq!(capabilities_of(Docker, &["CHOWN"], &["CHOWN"]).len(), 14);
    assert_eq!(
        capabilities_of(Containerd, &["CHOWN"], &["CHOWN"]).len(),
        13
    );
}

#[test]
fn users_are_read() {
    assert_eq!(User::read("0:1000", "x"), User::Root("x".into()));
    assert_eq!(User::read("root", "x"), User::Root("x".into()));
    assert_eq!(User::read("00", "x"), User::Root("x".into()));
    assert_eq!(User::read("1000:0", "x"), User::Other);
    assert_eq!(User::read("www", "x"), User::Named("www".into()));
    assert_eq!(User::read("", "x"), User::OfImage);
}

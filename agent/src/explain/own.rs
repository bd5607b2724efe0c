//! What the runtimes themselves mount: the probe's anchors, by their paths.

use std::path::Path;

use probe_common::{
    anchor::{
        ALLOW_ANY_FS, ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, BUILD_ONLY, KUBELETS, OWN_ID,
        READ_ONLY, ROOT_ONLY, ROOTLESS_ONLY,
    },
    walk::{OWN_FILES, OWN_FOLDERS, PLUGIN, WRITTEN},
};

use super::{Host, HostMount, decide::Cover, host::Piece};
use crate::{anchors, containers::Info};

/// Is it a place of the runtimes', for this container or one that it shares namespaces with?
pub fn covers(host: &Host, mount: &HostMount, piece: &Piece, info: &Info) -> Option<Cover> {
    let ids = [&info.id, &info.peers[0], &info.peers[1]];
    let places = host.runtimes().iter();
    places
        .filter_map(|(place, rule)| covers_one(host, (place, rule), (mount, piece), ids))
        .max()
}

fn covers_one(
    host: &Host,
    (place, rule): (&Path, &AnchorRule),
    (mount, piece): (&HostMount, &Piece),
    ids: [&Option<String>; 3],
) -> Option<Cover> {
    let anchor = host.resolve(place);
    let below = piece.path.strip_prefix(&anchor).ok()?;
    let has = |flag| rule.flags & flag != 0;
    let first = below.components().next();
    let first = first.and_then(|first| first.as_os_str().to_str());
    let deep_enough = below.components().count() >= rule.min_depth as usize;
    let root = mount.container_path == "/";
    let cover = Cover::by(&anchor, piece, host);
    let is_own = || {
        let is_file = || cover == Cover::Above || is_own_file(below);
        first.is_some() && ids.iter().any(|id| id.as_deref() == first) && is_file()
    };
    let fits = match cover {
        Cover::Inside => has(ALLOW_DIRECT),
        Cover::Above => has(ALLOW_MOUNTED) && (has(ALLOW_ANY_FS) || is_of(piece, rule) || root),
    };
    let covers = deep_enough
        && !has(BUILD_ONLY)
        && !has(ROOTLESS_ONLY)
        && (!has(OWN_ID) || is_own())
        && (!has(KUBELETS) || is_of_a_pod(below, cover, piece.read_only))
        && (!has(READ_ONLY) || piece.read_only)
        && (!has(ROOT_ONLY) || root)
        && fits;
    covers.then_some(cover)
}

/// Of what the kubelet keeps for pods.
fn is_of_a_pod(below: &Path, cover: Cover, read_only: bool) -> bool {
    let names = below.iter().map(|name| name.to_str().unwrap_or_default());
    let is_written = |plugin: &str| {
        let own = plugin.strip_prefix(PLUGIN);
        own.is_some_and(|own| WRITTEN.contains(&own))
    };
    match &names.collect::<Vec<_>>()[..] {
        [_, "etc-hosts"] => cover == Cover::Inside,
        [_, "volumes", "kubernetes.io~csi", _] => cover == Cover::Above,
        [_, "volumes", plugin, _, ..] => read_only || !is_written(plugin),
        [_, "containers", _, _, ..] => true,
        [_, _, _, _, ..] => cover == Cover::Above,
        _ => false,
    }
}

fn is_own_file(below: &Path) -> bool {
    let is_one_of = |path: &Path, names: &[&str]| {
        let name = path.file_name();
        name.is_some_and(|name| names.iter().any(|known| name == *known))
    };
    let folder = below.parent();
    is_one_of(below, &OWN_FILES) || folder.is_some_and(|folder| is_one_of(folder, &OWN_FOLDERS))
}

fn is_of(piece: &Piece, rule: &AnchorRule) -> bool {
    anchors::magic(&piece.fs).is_some_and(|magic| rule.fs.contains(&magic))
}

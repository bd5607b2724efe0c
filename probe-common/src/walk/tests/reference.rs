//! What `DESIGN.md` section 3 says, as slowly and plainly as it says it.

use super::super::rule_of;
use super::tree::{MQUEUE, Ns, OVERLAY, PROC, SYSFS, Tree, path_of};
use crate::{
    admission::filesystem,
    anchor::{
        ALLOW_ANY_FS, ALLOW_DIRECT, ALLOW_MOUNTED, AnchorRule, BUILD_ONLY, BUILDAHS, KUBELETS,
        OWN_ID, READ_ONLY, ROOT_ONLY, ROOTLESS_ONLY,
    },
    container::{BUILD, DeviceGrant, bit},
    file::magic::CGROUP2,
    rule::{causes, rules},
    walk::{OWN_FILES, OWN_FOLDERS},
};

#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    pub cause: u32,
    pub writable: bool,
    pub host_path: String,
    pub path: String,
}

/// One directory on the way up from a mount's root.
struct Stop {
    dir: usize,
    /// Components climbed so far, and the last of them.
    depth: u32,
    below: Option<usize>,
    /// Inside the mount's own superblock.
    inside: bool,
}

#[derive(PartialEq, Eq)]
enum Answer {
    Allows,
    Unless(u32),
    /// As if the host had not mounted it there.
    Ignores,
    Nothing,
}

/// `oldest_first`: the order in which a superblock tells its mounts.
pub fn judge(tree: &Tree, oldest_first: bool) -> Vec<Violation> {
    let mut all = Vec::new();
    for mount in tree.below(tree.root) {
        let Some((cause, by)) = violation(tree, mount, oldest_first) else {
            continue;
        };
        let sb = &tree.sbs[tree.mounts[mount].sb];
        let disk = DeviceGrant::new(tree.profile, true, sb.dev);
        let is_granted = sb.block && tree.grants.contains(&disk);
        if is_granted || !reachable(tree, mount, None) || is_let_in(tree, mount, cause) {
            continue;
        }
        let root = tree.mounts[mount].root;
        all.push(Violation {
            cause,
            writable: !is_read_only(tree, mount),
            host_path: host_path(tree, mount, by),
            path: path_of(names_up(tree, mount, root, Some(tree.task_root))),
        });
    }
    all
}

/// Does the profile not ask?
fn is_let_in(tree: &Tree, mount: usize, cause: u32) -> bool {
    let (rule, says) = (rule_of(cause), &tree.says);
    let filesystem = filesystem(tree.sbs[tree.mounts[mount].sb].magic);
    says.allow & bit(rule) != 0
        || rule == rules::KERNEL_FILESYSTEM && says.filesystems & filesystem != 0
}

/// Why a mount may not be, and the host mount that shows it.
fn violation(tree: &Tree, mount: usize, oldest_first: bool) -> Option<(u32, Option<usize>)> {
    if is_innocent(tree, mount) {
        return None;
    }
    let inside = inside(tree, mount);
    let answer = ask(tree, mount, &inside);
    if answer == Answer::Allows {
        return None;
    }
    let sb = &tree.sbs[tree.mounts[mount].sb];
    let kernel = filesystem(sb.magic) != 0;
    let mut hosts = sb.mounts.clone();
    hosts.retain(|host| tree.mounts[*host].ns == Ns::Host);
    if !oldest_first {
        hosts.reverse();
    }
    if let Some(top) = inside.last() {
        hosts.retain(|host| ask(tree, mount, &outside(tree, *host, top)) != Answer::Ignores);
    }
    if hosts.is_empty() {
        let cause = match sb.magic {
            _ if sb.block && !kernel => Some(causes::BLOCK_DEVICE),
            OVERLAY => tree.rootful.then_some(causes::UNANCHORED),
            PROC => is_unmasked(tree, mount).then_some(causes::UNMASKED),
            _ => kernel.then_some(causes::KERNEL_FILESYSTEM),
        };
        return cause.map(|cause| (cause, None));
    }
    hosts
        .into_iter()
        .find_map(
            |host| match ask(tree, mount, &outside(tree, host, inside.last()?)) {
                Answer::Allows | Answer::Ignores => None,
                Answer::Unless(cause) => Some((cause, Some(host))),
                Answer::Nothing => match answer {
                    Answer::Unless(cause) => Some((cause, Some(host))),
                    _ => Some((causes::UNANCHORED, Some(host))),
                },
            },
        )
        .map(|(cause, by)| {
            (
                if kernel {
                    causes::KERNEL_FILESYSTEM
                } else {
                    cause
                },
                by,
            )
        })
}

/// A whole `/proc` without everything that a runtime puts over it.
fn is_unmasked(tree: &Tree, mount: usize) -> bool {
    let this = &tree.mounts[mount];
    if tree.dirs[this.root].parent.is_some() {
        return false;
    }
    let over = |name: &str| {
        let here = |child: &&usize| {
            let on = tree.mounts[**child].on.map(|(_, dir)| &tree.dirs[dir]);
            on.is_some_and(|dir| dir.name == name && dir.parent == Some(this.root))
        };
        let mut children = this.children.iter().filter(here);
        let hidden = |child: &usize| tree.mounts[*child].sb != this.sb;
        let fine = |child: &usize| hidden(child) || tree.mounts[*child].read_only;
        match name {
            "kcore" | "keys" => children.any(hidden),
            _ => this.read_only || tree.sbs[this.sb].read_only || children.any(fine),
        }
    };
    let names = ["kcore", "keys", "sys", "sysrq-trigger", "irq", "bus", "fs"];
    !names.into_iter().all(over)
}

fn is_innocent(tree: &Tree, mount: usize) -> bool {
    // sysfs, cgroup, cgroup2; null, zero, full, random, urandom, tty.
    let kernel = [SYSFS, 0x27_e0eb, CGROUP2];
    let devices = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0)];
    let device = tree.dirs[tree.mounts[mount].root].device;
    let sb = &tree.sbs[tree.mounts[mount].sb];
    sb.magic == MQUEUE
        || sb.magic == CGROUP2
            && (tree.kind == BUILD || !tree.rootful)
            && tree.dirs[tree.mounts[mount].root].parent.is_some()
        || kernel.contains(&sb.magic) && is_read_only(tree, mount)
        || device.is_some_and(|device| devices.contains(&(device >> 20, device & 0xf_ffff)))
}

/// The way from the mount's root to the top of its superblock.
fn inside(tree: &Tree, mount: usize) -> Vec<Stop> {
    let mut way = vec![Stop {
        dir: tree.mounts[mount].root,
        depth: 0,
        below: None,
        inside: true,
    }];
    while let Some(last) = way.last()
        && let Some(dir) = tree.dirs[last.dir].parent
    {
        way.push(Stop {
            dir,
            depth: last.depth + 1,
            below: Some(last.dir),
            inside: true,
        });
    }
    way
}

/// The way on from where the host has mounted the superblock, to the host's `/`.
fn outside(tree: &Tree, host: usize, top: &Stop) -> Vec<Stop> {
    let mut way = Vec::new();
    let (mut mount, mut depth, mut below) = (host, top.depth, top.below);
    while let Some((parent, mountpoint)) = tree.mounts[mount].on {
        mount = parent;
        let mut dir = mountpoint;
        loop {
            way.push(Stop {
                dir,
                depth,
                below,
                inside: false,
            });
            if dir == tree.mounts[mount].root {
                break;
            }
            // Moved out of its mount: no way up.
            let Some(up) = tree.dirs[dir].parent else {
                return way;
            };
            (depth, below, dir) = (depth + 1, Some(dir), up);
        }
    }
    way
}

/// Asks every anchor on a way.
fn ask(tree: &Tree, mount: usize, way: &[Stop]) -> Answer {
    let mut answer = Answer::Nothing;
    for stop in way {
        let anchor = tree.anchors.get(&tree.id(stop.dir));
        let rules = anchor.iter().flat_map(|anchor| {
            let of_policy = anchor.of_policy(tree.profile);
            anchor.rules.into_iter().chain([of_policy])
        });
        for rule in &rules.collect::<Vec<_>>() {
            match ask_rule(tree, mount, (way, stop), rule) {
                settled @ (Answer::Allows | Answer::Ignores) => return settled,
                Answer::Unless(cause) => answer = Answer::Unless(cause),
                Answer::Nothing => {}
            }
        }
    }
    answer
}

fn ask_rule(tree: &Tree, mount: usize, (way, stop): (&[Stop], &Stop), rule: &AnchorRule) -> Answer {
    let sb = &tree.sbs[tree.mounts[mount].sb];
    let has = |flag| rule.flags & flag != 0;
    let listed = rule.fs.contains(&(sb.magic as u32));
    let kind = if stop.inside {
        has(ALLOW_DIRECT)
    } else {
        has(ALLOW_MOUNTED) && (has(ALLOW_ANY_FS) || listed)
    };
    if !kind || stop.depth < rule.min_depth {
        return Answer::Nothing;
    }
    if has(ROOT_ONLY) && mount != tree.task_root || has(BUILD_ONLY) && tree.kind != BUILD {
        return Answer::Nothing;
    }
    if has(ROOTLESS_ONLY) && tree.rootful {
        return Answer::Nothing;
    }
    if has(READ_ONLY) && !is_read_only(tree, mount) {
        return Answer::Unless(causes::NOT_READ_ONLY);
    }
    let is_own = |dir: usize| {
        tree.ids
            .iter()
            .any(|id| tree.dirs[dir].name.as_bytes() == id)
    };
    if has(OWN_ID) && !stop.below.is_some_and(is_own) {
        return Answer::Nothing;
    }
    let root = &tree.dirs[tree.mounts[mount].root];
    let folder = root.parent.map_or("", |folder| &tree.dirs[folder].name);
    let is_file = OWN_FILES.contains(&&*root.name) || OWN_FOLDERS.contains(&folder);
    if has(OWN_ID) && stop.inside && !is_file {
        return Answer::Nothing;
    }
    let is_buildahs = |dir: usize| {
        let name = &tree.dirs[dir].name;
        name.len() > "buildah".len() && name.starts_with("buildah")
    };
    if !has(OWN_ID) && has(BUILDAHS) {
        return match (stop.below.is_some_and(is_buildahs), stop.inside) {
            (true, true) => Answer::Allows,
            (true, false) => Answer::Ignores,
            _ => Answer::Nothing,
        };
    }
    if !has(OWN_ID) && has(KUBELETS) {
        return kubelets(tree, mount, (way, stop));
    }
    Answer::Allows
}

/// Below the kubelet's `pods`.
fn kubelets(tree: &Tree, mount: usize, (way, stop): (&[Stop], &Stop)) -> Answer {
    let Some(start) = way.first() else {
        return Answer::Nothing;
    };
    let mut names: Vec<&str> = Vec::new();
    let mut dir = start.dir;
    for _ in start.depth..stop.depth {
        names.insert(0, &tree.dirs[dir].name);
        dir = tree.dirs[dir].parent.unwrap_or(dir);
    }
    let written = ["configmap", "downward-api", "projected", "secret"];
    let is_written = |plugin: &str| {
        let own = plugin.strip_prefix("kubernetes.io~");
        own.is_some_and(|own| written.contains(&own))
    };
    match &names[..] {
        [_, "etc-hosts"] if stop.inside => Answer::Allows,
        _ if stop.depth < 4 => Answer::Nothing,
        [_, "volumes", "kubernetes.io~csi", _] if stop.inside => Answer::Nothing,
        [_, "volumes", plugin, ..] if is_written(plugin) && !is_read_only(tree, mount) => {
            Answer::Unless(causes::NOT_READ_ONLY)
        }
        [_, "volumes" | "containers", _, ..] => Answer::Allows,
        _ if stop.inside => Answer::Nothing,
        _ => Answer::Allows,
    }
}

/// Is there no mount over this one, or over one it hangs on, up to the task's root?
fn reachable(tree: &Tree, mount: usize, from: Option<usize>) -> bool {
    let this = &tree.mounts[mount];
    let covers = |child: &&usize| {
        Some(**child) != from
            && tree.mounts[**child].on == Some((mount, this.root))
            && tree.dirs[this.root].device.is_none()
    };
    mount == tree.task_root
        || !this.children.iter().any(|child| covers(&child))
            && this
                .on
                .is_none_or(|(parent, _)| reachable(tree, parent, Some(mount)))
}

fn host_path(tree: &Tree, mount: usize, by: Option<usize>) -> String {
    let stop_at = by.map(|by| tree.mounts[by].root);
    let way = inside(tree, mount);
    let shown = way
        .iter()
        .map(|stop| stop.dir)
        .take_while(|dir| Some(*dir) != stop_at && tree.dirs[*dir].parent.is_some());
    let names = shown.map(|dir| tree.dirs[dir].name.clone());
    let seen = by.filter(|by| way.iter().any(|stop| stop.dir == tree.mounts[*by].root));
    let above = seen.map(|by| names_up(tree, by, tree.mounts[by].root, None));
    path_of(names.chain(above.into_iter().flatten()))
}

/// Names from a directory up, over the borders of mounts, to the top or the root of a mount.
fn names_up(
    tree: &Tree,
    mount: usize,
    dir: usize,
    end: Option<usize>,
) -> Box<dyn Iterator<Item = String> + '_> {
    let this = &tree.mounts[mount];
    if dir != this.root {
        let Some(up) = tree.dirs[dir].parent else {
            return Box::new(core::iter::empty());
        };
        let name = core::iter::once(tree.dirs[dir].name.clone());
        return Box::new(name.chain(names_up(tree, mount, up, end)));
    }
    match this.on {
        Some((parent, mountpoint)) if end != Some(mount) => names_up(tree, parent, mountpoint, end),
        _ => Box::new(core::iter::empty()),
    }
}

fn is_read_only(tree: &Tree, mount: usize) -> bool {
    let this = &tree.mounts[mount];
    this.read_only || tree.sbs[this.sb].read_only
}

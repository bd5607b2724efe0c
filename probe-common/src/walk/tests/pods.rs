//! What the kubelet keeps for pods.

use super::{
    allowed,
    docker::{Docker, docker, rule},
    refused,
    tree::TMPFS,
};
use crate::{
    anchor::{ALLOW_DIRECT, ALLOW_MOUNTED, KUBELETS},
    rule::causes::{NOT_READ_ONLY, UNANCHORED},
    walk::WRITTEN,
};

const PODS: &str = "var/lib/kubelet/pods";

fn host() -> Docker {
    let mut d = docker();
    d.anchor(
        PODS,
        rule(ALLOW_DIRECT | ALLOW_MOUNTED | KUBELETS, 2, TMPFS),
    );
    d
}

#[test]
fn volumes_and_small_files() {
    for path in [
        "uid/etc-hosts",
        "uid/containers/web/1a2b3c4d",
        "uid/volumes/kubernetes.io~empty-dir/v",
        "uid/volumes/kubernetes.io~empty-dir/v/deep/below",
        "uid/volumes/kubernetes.io~secret2/v",
        "uid/volumes/kubernetes.io~csi/v/mount",
        "uid/volumes/kubernetes.io~cs1/v",
        "uid/volumes/vendor~driver/v",
    ] {
        let mut d = host();
        d.bind(&format!("{PODS}/{path}"), "x");
        allowed(&d.tree);
    }
}

/// A link in their place would lead the kubelet, which is the host's root, anywhere.
#[test]
fn nothing_that_the_kubelet_goes_by() {
    for path in [
        "uid",
        "uid/containers",
        "uid/containers/web",
        "uid/volumes",
        "uid/volumes/kubernetes.io~empty-dir",
        "uid/volumes/kubernetes.io~configmap",
        "uid/volumes/kubernetes.io~csi/v",
        "uid/volume-subpaths/v/web",
        "uid/volume-subpaths/v/web/0",
        "uid/plugins/kubernetes.io~empty-dir/v/ready",
        "etc-hosts",
    ] {
        let mut d = host();
        let path = format!("{PODS}/{path}");
        d.bind(&path, "x");
        refused(&d.tree, UNANCHORED, &format!("/{path}"), "/x");
    }
}

#[test]
fn what_the_kubelet_writes_itself_is_for_reading() {
    for plugin in WRITTEN {
        for below in ["v", "v/..data/key"] {
            let path = format!("{PODS}/uid/volumes/kubernetes.io~{plugin}/{below}");
            let mut d = host();
            let mount = d.bind(&path, "x");
            refused(&d.tree, NOT_READ_ONLY, &format!("/{path}"), "/x");
            d.tree.mounts[mount].read_only = true;
            allowed(&d.tree);
        }
    }
}

#[test]
fn the_same_in_memory() {
    for (plugin, is_written) in [
        ("kubernetes.io~secret", true),
        ("kubernetes.io~empty-dir", false),
    ] {
        let at = format!("{PODS}/uid/volumes/{plugin}/v");
        let mut d = host();
        let (_, mount) = d.shared(TMPFS, false, &at, "x");
        if is_written {
            refused(&d.tree, NOT_READ_ONLY, &format!("/{at}"), "/x");
            d.tree.mounts[mount].read_only = true;
        }
        allowed(&d.tree);
    }
}

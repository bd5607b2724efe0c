//! Where the running kernel keeps the fields the probe reads.
//!
//! Rust emits no CO-RE relocations, so the agent looks every field up in the kernel's BTF and writes
//! this struct into the probe's read-only data before it is loaded. The verifier then knows the
//! numbers as constants.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::pod::pod;

/// Declares `Layout` and, from the same table, where BTF has each field. A field may have had other
/// names in other kernels: the first that BTF has is taken.
macro_rules! layout {
    ($($field:ident: $($structure:literal . $member:literal)|+,)*) => {
        /// Byte offsets, one per field; [`ABSENT`] where this kernel has no such field.
        #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
        #[repr(C)]
        pub struct Layout {
            $($field: u64,)*
            /// 1 where a superblock's mounts are a `list_head`, 0 where they are a bare chain.
            mounts_are_list: u64,
            lockdown_xfrm_secret: u64,
            masks: u64,
        }

        /// Every field: its name, and the places to look for it, best first.
        pub const FIELDS: &[(&str, &[(&str, &str)])] =
            &[$((stringify!($field), &[$(($structure, $member)),+])),*];

        pod!(Layout, (FIELDS.len() + 3) * 8);

        impl Layout {
            /// Offsets in the order of [`FIELDS`].
            #[must_use]
            pub const fn new(
                offsets: &[u64; FIELDS.len()],
                mounts_are_list: bool,
                lockdown_xfrm_secret: u64,
                masks: u32,
            ) -> Self {
                let [$($field),*] = *offsets;
                let mounts_are_list = mounts_are_list as u64;
                let masks = masks as u64;
                Self { $($field,)* mounts_are_list, lockdown_xfrm_secret, masks }
            }

            $(
                #[inline(always)]
                #[must_use]
                pub fn $field(&self) -> u64 {
                    volatile(&self.$field)
                }
            )*

            #[inline(always)]
            #[must_use]
            pub fn mounts_are_list(&self) -> bool {
                volatile(&self.mounts_are_list) == 1
            }

            /// `LOCKDOWN_XFRM_SECRET`: the reasons for a lockdown are renumbered now and then.
            #[inline(always)]
            #[must_use]
            pub fn lockdown_xfrm_secret(&self) -> u64 {
                volatile(&self.lockdown_xfrm_secret)
            }

            /// Masks over `/proc` that are asked for, as bits of `walk::MASKS`: of what this kernel
            /// has.
            #[inline(always)]
            #[must_use]
            pub fn masks(&self) -> u32 {
                volatile(&self.masks) as u32
            }
        }
    };
}

/// The value in memory, not the initialiser: the agent rewrites these bytes after compilation.
#[inline(always)]
fn volatile(field: &u64) -> u64 {
    // SAFETY: a reference is valid for reads; volatile only keeps the compiler from folding it.
    unsafe { core::ptr::read_volatile(field) }
}

/// Offset of a field that this kernel does not have.
pub const ABSENT: u64 = u64::MAX;

layout! {
    task_fs: "task_struct"."fs",
    task_nsproxy: "task_struct"."nsproxy",
    task_cgroups: "task_struct"."cgroups",
    task_parent: "task_struct"."real_parent",
    task_pid: "task_struct"."pid",
    task_tgid: "task_struct"."tgid",
    task_comm: "task_struct"."comm",
    task_storage: "task_struct"."bpf_storage",
    task_cred: "task_struct"."cred",
    cred_user_ns: "cred"."user_ns",
    regs_syscall: "pt_regs"."orig_ax" | "pt_regs"."syscallno",
    task_active_pid: "task_struct"."thread_pid",
    task_atomic_flags: "task_struct"."atomic_flags",
    task_seccomp: "task_struct"."seccomp",
    seccomp_mode: "seccomp"."mode",
    pid_level: "pid"."level",
    cred_uid: "cred"."uid",
    cred_euid: "cred"."euid",
    cred_inheritable: "cred"."cap_inheritable",
    cred_permitted: "cred"."cap_permitted",
    cred_bounding: "cred"."cap_bset",
    task_thread: "task_struct"."thread_info",
    thread_status: "thread_info"."status",
    fs_root: "fs_struct"."root",
    fs_pwd: "fs_struct"."pwd",
    path_mnt: "path"."mnt",
    path_dentry: "path"."dentry",
    nsproxy_mnt: "nsproxy"."mnt_ns",
    nsproxy_pid: "nsproxy"."pid_ns_for_children",
    nsproxy_net: "nsproxy"."net_ns",
    nsproxy_uts: "nsproxy"."uts_ns",
    nsproxy_ipc: "nsproxy"."ipc_ns",
    nsproxy_cgroup: "nsproxy"."cgroup_ns",
    nsproxy_time: "nsproxy"."time_ns",
    mnt_ns_common: "mnt_namespace"."ns",
    pid_ns_common: "pid_namespace"."ns",
    net_ns_common: "net"."ns",
    uts_ns_common: "uts_namespace"."ns",
    ipc_ns_common: "ipc_namespace"."ns",
    cgroup_ns_common: "cgroup_namespace"."ns",
    time_ns_common: "time_namespace"."ns",
    user_ns_common: "user_namespace"."ns",
    ns_inum: "ns_common"."inum",
    mnt_ns_root: "mnt_namespace"."root",
    mount_vfs: "mount"."mnt",
    mount_parent: "mount"."mnt_parent",
    mount_mountpoint: "mount"."mnt_mountpoint",
    mount_children: "mount"."mnt_mounts",
    mount_sibling: "mount"."mnt_child",
    mount_ns: "mount"."mnt_ns",
    mount_share: "mount"."mnt_share",
    mount_group: "mount"."mnt_group_id",
    mount_next_of_sb: "mount"."mnt_instance" | "mount"."mnt_next_for_sb",
    vfsmount_root: "vfsmount"."mnt_root",
    vfsmount_sb: "vfsmount"."mnt_sb",
    vfsmount_flags: "vfsmount"."mnt_flags",
    sb_dev: "super_block"."s_dev",
    sb_magic: "super_block"."s_magic",
    sb_flags: "super_block"."s_flags",
    sb_bdev: "super_block"."s_bdev",
    bdev_number: "block_device"."bd_dev",
    sb_type: "super_block"."s_type",
    sb_mounts: "super_block"."s_mounts",
    fs_type_name: "file_system_type"."name",
    dentry_parent: "dentry"."d_parent",
    dentry_inode: "dentry"."d_inode",
    dentry_name: "dentry"."d_name",
    name_text: "qstr"."name",
    name_len: "qstr"."len",
    inode_ino: "inode"."i_ino",
    inode_mode: "inode"."i_mode",
    inode_rdev: "inode"."i_rdev",
    inode_sb: "inode"."i_sb",
    inode_private: "inode"."i_private",
    file_inode: "file"."f_inode",
    file_path: "file"."f_path",
    file_mode: "file"."f_mode",
    file_flags: "file"."f_flags",
    proc_inode: "proc_inode"."vfs_inode",
    proc_pid: "proc_inode"."pid",
    pid_tasks: "pid"."tasks",
    task_pid_links: "task_struct"."pid_links",
    socket_sock: "socket"."sk",
    sock_common: "sock"."__sk_common",
    common_net: "sock_common"."skc_net",
    sock_protocol: "sock"."sk_protocol",
    sock_cgroup: "sock"."sk_cgrp_data",
    sock_cgroup_pointer: "sock_cgroup_data"."cgroup",
    unix_path: "unix_sock"."path",
    unix_address: "unix_sock"."addr",
    address_len: "unix_address"."len",
    address_name: "unix_address"."name",
    bprm_file: "linux_binprm"."file",
    bprm_filename: "linux_binprm"."filename",
    css_set_cgroup: "css_set"."dfl_cgrp",
    cgroup_node: "cgroup"."kn",
    cgroup_root: "cgroup"."root",
    cgroup_root_hierarchy: "cgroup_root"."hierarchy_id",
    node_id: "kernfs_node"."id",
    node_name: "kernfs_node"."name",
    node_parent: "kernfs_node"."__parent" | "kernfs_node"."parent",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_land_in_the_field_of_their_name() {
        let offsets = core::array::from_fn(|i| i as u64);
        let layout = Layout::new(&offsets, true, 7, 5);
        let position = |name| {
            FIELDS
                .iter()
                .position(|(n, _)| *n == name)
                .map(|i| i as u64)
        };
        assert_eq!(Some(layout.task_fs()), position("task_fs"));
        assert_eq!(Some(layout.node_parent()), position("node_parent"));
        assert!(layout.mounts_are_list());
        assert_eq!((layout.lockdown_xfrm_secret(), layout.masks()), (7, 5));
    }
}

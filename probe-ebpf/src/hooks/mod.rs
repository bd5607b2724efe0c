//! One hook, one file, named as the kernel names it.

mod bprm_check_security;
mod bprm_committed_creds;
mod capable;
mod cgroup_mkdir;
mod cgroup_release;
mod mm_access;
mod move_mount;
mod ptrace_access_check;
mod sb_kern_mount;
mod sb_mount;
mod sb_pivotroot;
mod sb_remount;
mod sb_umount;
mod setns;
mod task_alloc;
mod task_iter;
mod task_kill;

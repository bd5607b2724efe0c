//! What a task may do: its user, capabilities and filters. What cannot be read counts as the worst.

use core::hint::black_box;

use super::{Task, layout, u32_at, u64_at};

const SECCOMP_MODE_FILTER: u32 = 2;
/// `PFA_NO_NEW_PRIVS`.
const NO_NEW_PRIVS: u64 = 1;

impl Task {
    #[inline(always)]
    fn credentials(self) -> Option<u64> {
        u64_at(self.address() + layout().task_cred())
    }

    /// What it can use, or get by executing something: permitted, inheritable and bounding set.
    #[inline(always)]
    pub fn capabilities(self, all: &mut u64) {
        let Some(cred) = self.credentials() else {
            *all = u64::MAX;
            return;
        };
        for set in [
            layout().cred_permitted(),
            layout().cred_inheritable(),
            layout().cred_bounding(),
        ] {
            *all |= u64_at(cred + set).unwrap_or(u64::MAX);
            black_box(&mut *all);
        }
    }

    /// User 0 of the host, whatever its own user namespace calls it.
    #[inline(always)]
    pub fn is_root(self) -> bool {
        let id = |at: u64| self.credentials().and_then(|cred| u32_at(cred + at));
        id(layout().cred_uid()).unwrap_or(0) == 0 || id(layout().cred_euid()).unwrap_or(0) == 0
    }

    #[inline(always)]
    pub fn has_no_new_privs(self) -> bool {
        u64_at(self.address() + layout().task_atomic_flags())
            .is_some_and(|flags| flags & NO_NEW_PRIVS != 0)
    }

    #[inline(always)]
    pub fn has_seccomp_filter(self) -> bool {
        u32_at(self.address() + layout().task_seccomp() + layout().seccomp_mode())
            .is_some_and(|mode| mode == SECCOMP_MODE_FILTER)
    }

    /// In the pid namespace of the machine's first process?
    #[inline(always)]
    pub fn is_in_first_pid_namespace(self) -> bool {
        u64_at(self.address() + layout().task_active_pid())
            .and_then(|pid| u32_at(pid + layout().pid_level()))
            .is_none_or(|level| level == 0)
    }
}

//! What a call of each program may take, what the kernel takes for counting included: a tenth and ten
//! instructions more than it took when this was written.

use super::figures::Program;

/// Letters of a program's name that the kernel keeps.
const KEPT: usize = 15;

/// For a task of the host and for a contained one; 0 where the bench has no such call.
const BUDGETS: &[(&str, u32, u32)] = &[
    ("bpf", 150, 170),
    ("bprm_check_security", 2410, 1210),
    ("bprm_committed_creds", 140, 230),
    ("capable", 170, 500),
    ("cgroup_mkdir", 0, 7230),
    ("cgroup_rmdir", 0, 850),
    ("file_fcntl", 0, 150),
    ("file_ioctl", 170, 170),
    ("file_open", 160, 480),
    ("inode_mknod", 160, 210),
    ("inum_freed", 330, 540),
    ("inum_made", 540, 640),
    ("key_alloc", 0, 180),
    ("message_ends", 0, 160),
    ("mm_access_enter", 150, 370),
    ("mm_access_leave", 140, 240),
    ("netlink_send", 0, 250),
    ("netns_enter", 0, 150),
    ("netns_leave", 0, 140),
    ("path_chmod", 0, 260),
    ("path_chown", 0, 280),
    ("path_mkdir", 0, 300),
    ("path_mknod", 820, 990),
    ("path_notify", 0, 160),
    ("path_rename", 0, 340),
    ("path_rmdir", 0, 260),
    ("path_symlink", 0, 290),
    ("path_unlink", 260, 310),
    ("ptrace_access_check", 0, 170),
    ("sb_kern_mount", 150, 210),
    ("sb_mount", 940, 1480),
    ("sb_pivotroot", 0, 380),
    ("sb_umount", 150, 170),
    ("socket_create", 150, 150),
    ("task_alloc", 150, 1600),
    ("task_free", 150, 150),
    ("fork_failed", 160, 160),
    ("task_kill", 0, 310),
    ("task_newtask", 130, 600),
    ("task_setrlimit", 0, 180),
    ("unix_stream_connect", 260, 800),
    ("utsns_enter", 150, 340),
    ("utsns_leave", 140, 240),
];

/// The whole name of a program, of which the kernel gives the beginning.
pub(super) fn whole(name: &str) -> &str {
    find(name).map_or(name, |(whole, ..)| whole)
}

/// `None` where there is no such task's call, or none was thought of.
pub(super) fn of(name: &str, task: &str) -> Option<u32> {
    let (_, host, contained) = find(name)?;
    let budget = match task {
        "host" => *host,
        "contained" => *contained,
        _ => 0,
    };
    Some(budget).filter(|budget| *budget > 0)
}

/// A line for each program that takes more than it may.
pub(super) fn exceeded(programs: &[Program]) -> Vec<String> {
    let over = programs.iter().filter_map(|found| {
        let Program { program, task, .. } = found;
        let budget = of(program, task)?;
        let takes = found.instructions;
        (takes > f64::from(budget)).then(|| {
            let name = whole(program);
            format!("{name} of a {task} task: {takes:.0} instructions, its budget is {budget}")
        })
    });
    over.collect()
}

fn find(name: &str) -> Option<&'static (&'static str, u32, u32)> {
    BUDGETS
        .iter()
        .find(|(whole, ..)| whole.get(..KEPT).unwrap_or(whole) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_more_than_its_budget_is_named() {
        let call = |program: &str, task: &str, instructions| Program {
            program: program.to_owned(),
            task: task.to_owned(),
            calls: 1,
            instructions,
        };
        let programs = [
            call("bprm_check_secu", "host", 2411.0),
            call("bprm_check_secu", "refused", 9999.0),
            call("file_open", "contained", 480.0),
            call("somebody_else", "host", 9999.0),
        ];
        let expected = "bprm_check_security of a host task: 2411 instructions, its budget is 2410";
        assert_eq!(exceeded(&programs), [expected]);
    }
}

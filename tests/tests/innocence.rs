//! What Docker's users do all day: all of it works while enforcing, and nothing of it is refused.

use anyhow::{Result, ensure};
use bulkhead_tests::{
    command,
    docker::{self, must},
    host::Host,
    stage::Stage,
};

use crate::suite::Suite;

/// A name, what is typed, and what the answer contains. `RUN` is `docker run` of a container that
/// is removed; `web` is a container that stays.
type Case = (&'static str, &'static str, &'static str);

const NEW_CONTAINERS: &[Case] = &[
    (
        "run_host_network",
        "docker run --rm --name innocence-lenient-a --network host busybox echo hello",
        "hello",
    ),
    (
        "run_on_a_terminal_with_init",
        "script -qec 'RUN -it --init busybox tty' /dev/null",
        "/dev/pts/",
    ),
    (
        "run_user_read_only_workdir_limits",
        "RUN --user 1000:1000 --read-only -w /srv/here --hostname nina -m 64m --cpus 0.5 \
         --pids-limit 50 busybox sh -c 'touch /x || echo $(id -u) $(hostname) $PWD'",
        "1000 nina /srv/here",
    ),
    (
        "run_privileged_host_pid",
        "RUN --name innocence-lenient-b --privileged --pid host busybox echo hello",
        "hello",
    ),
    (
        "named_volume_keeps_its_data",
        "RUN -v data:/d busybox sh -c 'echo kept > /d/x'; RUN -v data:/d:ro busybox cat /d/x",
        "kept",
    ),
    (
        "tmpfs_and_anonymous_volume",
        "docker volume create --opt type=tmpfs --opt device=tmpfs ram; \
         RUN -v ram:/r -v /d --tmpfs /t --mount type=tmpfs,dst=/u busybox sh -c \
         'grep -c \"^tmpfs /[rtu] tmpfs\" /proc/mounts; echo anonymous > /d/x; cat /d/x'",
        "3\nanonymous",
    ),
    (
        "build",
        "printf 'FROM busybox\\nRun echo built > /proof\\nWORKDIR /w\\n' | \
         DOCKER_BUILDKIT=0 docker build --network none -t built -; RUN built cat /proof",
        "built",
    ),
    (
        "create_start_commit",
        "docker create --name innocence-c --network none busybox touch /x; docker start -a innocence-c; \
         docker commit innocence-c kept; RUN kept ls /x",
        "/x",
    ),
];

const ON_A_RUNNING_ONE: &[Case] = &[
    (
        "exec_on_a_terminal",
        "script -qec 'docker exec -it web tty' /dev/null",
        "/dev/pts/",
    ),
    (
        "exec_user_workdir",
        "docker exec --user 1000 -w /tmp web sh -c 'id -u; pwd'",
        "1000\n/tmp",
    ),
    (
        "cp_both_ways",
        "echo copied > /tmp/in; docker cp /tmp/in web:/root/x; docker cp web:/root/x /tmp/out; \
         cat /tmp/out",
        "copied",
    ),
    ("logs", "docker logs web", "started"),
    (
        "stats",
        "docker stats --no-stream --format '{{.Name}}' web",
        "web",
    ),
    ("top", "docker top web", "sleep"),
    ("diff", "docker diff web", "/note"),
    (
        "pause_unpause",
        "docker pause web; docker unpause web; docker exec web echo back",
        "back",
    ),
    (
        "namespaces_of_another",
        "docker run --rm --network container:web --pid container:web --ipc container:web \
         busybox sh -c 'kill -0 1 && cat /dev/shm/note'",
        "shared",
    ),
    (
        "kill_with_a_signal",
        "docker kill -s USR1 web; docker exec web sh -c '. /wait'",
        "got-usr1",
    ),
    ("update", "docker update --pids-limit 100 web", "web"),
    (
        "restart",
        "docker restart -t 1 web; docker exec web echo back",
        "back",
    ),
    (
        "stop_and_start",
        "docker stop -t 1 web; docker start web; docker exec web echo back",
        "back",
    ),
];

const ON_THE_HOST: &[Case] = &[
    (
        "host_unshare_chroot",
        "unshare -m chroot / echo hello",
        "hello",
    ),
    (
        "host_mount_umount",
        "mkdir -p /tmp/hm; mount -t tmpfs none /tmp/hm; mount -o remount,ro /tmp/hm; \
         umount /tmp/hm; echo done",
        "done",
    ),
    (
        "service_with_private_mounts",
        "unshare -m --propagation slave sh -ec 'mount -t tmpfs none /srv; mount --bind /etc /mnt; \
         mount -o remount,bind,ro /mnt; echo served'",
        "served",
    ),
    (
        "host_enters_a_container",
        "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -m -p cat /proc/1/comm",
        "sh",
    ),
];

/// Shared memory, a log line, and a signal that is answered.
const WEB: &str = "docker run -d --name web --network none --ipc shareable busybox sh -c '\
    trap \"echo got-usr1 > /usr1\" USR1; \
    echo \"until cat /usr1 2>/dev/null; do usleep 50000; done\" > /wait; \
    echo shared > /dev/shm/note; echo > /note; echo started; while :; do sleep 1; done'";

pub(crate) fn register(suite: &mut Suite) {
    for case in NEW_CONTAINERS {
        suite.innocent(case.0, move |_, _| check(case));
    }
    for case in ON_A_RUNNING_ONE.iter().chain(ON_THE_HOST) {
        suite.innocent(case.0, move |_, stage| {
            stage.once("web", || typed(WEB).map(drop))?;
            check(case)
        });
    }
    suite.innocent("restart_policy", restart_policy);
    suite.innocent("health_check", health_check);
}

fn check((_, line, answer): &Case) -> Result<()> {
    let said = typed(line)?;
    ensure!(said.contains(answer), "{line}: no {answer} in {said}");
    Ok(())
}

fn typed(line: &str) -> Result<String> {
    let line = line.replace("RUN", "docker run --rm --network none");
    let line = line
        .replace(" web", " innocence-web")
        .replace(":web", ":innocence-web");
    command::must(&["sh", "-ec", &line])
}

fn restart_policy(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let name = stage.named("restarts");
    docker::events_of(&name, "die", 3, || {
        let run = [
            "run",
            "-d",
            "--name",
            &name,
            "--network",
            "none",
            "--restart",
            "on-failure:2",
        ];
        must(&[&run[..], &["busybox", "false"]].concat())?;
        Ok(())
    })
}

fn health_check(_: &mut Host, stage: &mut Stage) -> Result<()> {
    let name = stage.named("healthy");
    docker::events_of(&name, "health_status: healthy", 1, || {
        let run = [
            "run",
            "-d",
            "--name",
            &name,
            "--network",
            "none",
            "--health-cmd",
            "true",
        ];
        let every = ["--health-interval", "1s", "busybox", "sleep", "600"];
        must(&[&run[..], &every].concat())?;
        Ok(())
    })
}

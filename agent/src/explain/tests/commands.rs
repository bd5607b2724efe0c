//! Command lines, each with what is refused of it.

use super::*;

#[test]
fn baseline_lets_the_usual_in() {
    for line in [
        "docker run nginx",
        "sudo -E docker -H unix:///x --context=c container run -dit --rm -p 80:80 -e A=B nginx sh -c x",
        "DOCKER_HOST=x sudo -u me docker create --name=web -v data:/data --tmpfs /run nginx",
        "docker run --mount type=tmpfs,dst=/x --device /dev/fuse --user 0 nginx",
        "docker run --security-opt seccomp=unconfined --cgroupns host --uts=host nginx",
        "docker run --cap-drop ALL --cap-add CHOWN nginx",
        "docker run --privileged=false nginx",
        "docker run -v /dev/null:/x -v /sys/fs/cgroup:/sys/fs/cgroup:ro nginx",
        "docker run nginx --privileged -v /:/x",
        "podman run -v /usr/share/zoneinfo:/zone:ro alpine",
        "podman --log-level debug run --systemd=true --userns auto --cap-add ALL alpine",
        "/usr/bin/podman run --rm docker://alpine /bin/sh",
        "docker exec -it web sh",
    ] {
        check(line, &[]);
    }
}

#[test]
fn what_reaches_the_host_is_refused_and_said_where() {
    let path = |path: &str, at: &str| format!("host-path: {path} | {at}");
    let disk = "--mount type=volume,dst=/x,volume-opt=type=ext4,volume-opt=device=/dev/sdb";
    for (options, expected) in [
        (
            "-v /:/x",
            &[
                path("/ at /x, writable", "-v /:/x").as_str(),
                "kernel-filesystem: sysfs | -v /:/x",
                "kernel-filesystem: cgroup2 | -v /:/x",
                "kernel-filesystem: debugfs | -v /:/x",
                "proc-mount: a /proc without masks | -v /:/x",
            ][..],
        ),
        (
            "-v ./data:/x",
            &[&path("/home/me/data at /x, writable", "-v ./data:/x")],
        ),
        (
            "-v /sys:/sys:ro",
            &["kernel-filesystem: debugfs | -v /sys:/sys:ro"],
        ),
        (
            "-v /var/run/docker.sock:/s",
            &[&path(
                "/var/run/docker.sock at /s, writable",
                "-v /var/run/docker.sock:/s",
            )],
        ),
        (
            disk,
            &[&format!("block-device: /dev/sdb at /x, writable | {disk}")],
        ),
        (
            "--cap-add SYS_ADMIN --cap-add=net_admin",
            &[
                "capabilities: NET_ADMIN | --cap-add net_admin",
                "capabilities: SYS_ADMIN | --cap-add SYS_ADMIN",
            ],
        ),
        (
            "--pid=host --network host",
            &[
                "host-namespace: pid | --pid host",
                "host-namespace: net | --network host",
            ],
        ),
        (
            "--ipc host",
            &[
                &path("/dev/shm at /dev/shm, writable", "--ipc host"),
                "host-namespace: ipc | --ipc host",
            ],
        ),
        (
            "--security-opt systempaths=unconfined",
            &["proc-mount: a /proc without masks | --security-opt systempaths=unconfined"],
        ),
        (
            "--security-opt writable-cgroups=true",
            &["kernel-filesystem: cgroup2 | --security-opt writable-cgroups=true"],
        ),
    ] {
        check(&format!("docker run {options} nginx"), expected);
    }
}

#[test]
fn privileged_is_all_of_it() {
    for engine in ["docker", "podman"] {
        let answer = explain(&format!("{engine} run --privileged x"), "");
        let rules: Vec<_> = answer
            .refusals
            .iter()
            .map(|refusal| refusal.rule.clone())
            .collect();
        let expected = [
            "capabilities",
            "kernel-filesystem",
            "kernel-filesystem",
            "proc-mount",
        ];
        assert_eq!(rules, expected);
        assert!(
            answer
                .refusals
                .iter()
                .all(|refusal| refusal.at == "--privileged")
        );
    }
    let [refusal] = &explain("docker exec --privileged web sh", "").refusals[..] else {
        panic!()
    };
    assert_eq!(
        (refusal.rule.as_str(), refusal.at.as_str()),
        ("capabilities", "--privileged")
    );
}

#[test]
fn podman_has_its_own_ways() {
    for (options, rest, expected) in [
        (
            "--cap-add SYS_ADMIN,CHOWN",
            "x",
            "capabilities: SYS_ADMIN | --cap-add SYS_ADMIN",
        ),
        (
            "--systemd always",
            "x",
            "kernel-filesystem: cgroup2 | --systemd always",
        ),
        (
            "",
            "x /sbin/init",
            "kernel-filesystem: cgroup2 | /sbin/init, which podman takes for systemd",
        ),
        (
            "--security-opt unmask=ALL",
            "x",
            "proc-mount: a /proc without masks | --security-opt unmask=ALL",
        ),
        (
            "--security-opt unmask=/proc/sys",
            "x",
            "proc-mount: a /proc without masks | --security-opt unmask=/proc/sys",
        ),
        (
            "--rootfs",
            "/srv/backup sh",
            "host-path: /srv/backup at /, writable | --rootfs /srv/backup",
        ),
        (
            "-v /sys:/sys:ro",
            "x",
            "kernel-filesystem: cgroup2 | -v /sys:/sys:ro",
        ),
    ] {
        let answer = explain(&format!("podman run {options} {rest}"), "");
        assert_eq!(
            refusals(&answer).first().map(String::as_str),
            Some(expected),
            "{options}"
        );
    }
    check("podman run --security-opt unmask=/proc/acpi alpine sh", &[]);
    check(
        "podman run -v /srv/backup:/x:O alpine sh",
        &["host-path: /srv/backup at /x, writable | -v /srv/backup:/x:O"],
    );
}

#[test]
fn the_last_of_several_counts() {
    for options in [
        "--pid host --pid container:x --ipc=host --ipc private --privileged --privileged=false",
        "--security-opt seccomp=unconfined --security-opt seccomp=/x.json --uts host --userns host",
    ] {
        check(&format!("docker run {options} nginx"), &[]);
    }
    check(
        "docker run --network host --network other nginx",
        &["host-namespace: net | --network host"],
    );
    check(
        "podman run --userns auto --userns host --cap-drop ALL alpine sh",
        &[],
    );
}

#[test]
fn what_is_not_understood_is_an_error_that_names_it() {
    let (_root, host) = host();
    for (line, error) in [
        ("", "there is no command after --"),
        (
            "docker ps",
            "\"docker ps\" is not understood, only docker and podman run, create and exec are",
        ),
        (
            "nerdctl run x",
            "\"nerdctl\" is not understood, only docker and podman run, create and exec are",
        ),
        ("docker run", "docker run names no image"),
        (
            "docker run --no-such x",
            "docker run has no option --no-such",
        ),
        ("docker --no-such run x", "docker has no option --no-such"),
        (
            "docker run --systemd always x",
            "docker run has no option --systemd",
        ),
        (
            "docker run --cap-add SYS_ADMN x",
            "--cap-add SYS_ADMN: there is no capability \"SYS_ADMN\"",
        ),
        (
            "docker run --cap-add A,B x",
            "--cap-add A,B: there is no capability \"A,B\"",
        ),
        (
            "docker run --security-opt secomp=unconfined x",
            "there is no --security-opt secomp",
        ),
        (
            "docker run --userns private x",
            "--userns private: there is no such mode",
        ),
        (
            "docker run --pid=hots x",
            "--pid hots: there is no such mode: `host`, `private` or `container:NAME`",
        ),
        ("docker exec --user 0", "docker exec names no container"),
    ] {
        let found = command(&words(line), Path::new("/"), &host).unwrap_err();
        assert_eq!(found.to_string(), error, "{line}");
    }
}

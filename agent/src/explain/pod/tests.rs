use super::*;
use crate::explain::{
    Answer, answer,
    tests::{host, policy},
};

fn explain(text: &str, written: &str) -> Vec<Answer> {
    let (_root, host) = host();
    let policy = policy(written, &host);
    let asked = parse(text).unwrap();
    asked
        .into_iter()
        .map(|asked| answer(&policy, asked, &host))
        .collect()
}

fn refusals(answer: &Answer) -> Vec<String> {
    let all = answer.refusals.iter();
    all.map(|refusal| format!("{}: {} | {}", refusal.rule, refusal.asked, refusal.at))
        .collect()
}

const DAEMONS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: nothing}
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: exporter
  namespace: monitoring
spec:
  template:
    spec:
      hostPID: yes
      hostNetwork: true
      initContainers:
      - name: setup
        image: busybox
        securityContext:
          privileged: true
      containers:
      - name: exporter
        image: quay.io/exporter:v1
        securityContext:
          runAsUser: 65534
          capabilities:
            add: [SYS_TIME, NET_BIND_SERVICE]
            drop: [ALL]
        volumeMounts:
        - {name: root, mountPath: /host, readOnly: true}
        - {name: log, mountPath: /log, subPath: deep}
        - {name: scratch, mountPath: /tmp}
      volumes:
      - name: root
        hostPath: {path: /}
      - name: log
        hostPath:
          path: /var/log
      - name: scratch
        emptyDir: {}
";

#[test]
fn every_container_of_a_template_is_explained() {
    let answers = explain(DAEMONS, "");
    let [setup, exporter] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(
        setup.container.as_deref(),
        Some("spec.template.spec.initContainers[0] setup")
    );
    assert_eq!(
        exporter.name.as_deref(),
        Some("monitoring/exporter-x/exporter")
    );
    let privileged = "spec.template.spec.initContainers[0].securityContext.privileged (line 19)";
    assert!(refusals(setup).contains(&format!("proc-mount: a /proc without masks | {privileged}")));
    let here = "spec.template.spec.containers[0]";
    let root = format!("{here}.volumeMounts[0] (line 29)");
    assert_eq!(
        refusals(exporter),
        [
            format!("host-path: / at /host, read-only | {root}"),
            format!(
                "host-path: /var/log/deep at /log, writable | {here}.volumeMounts[1] (line 30)"
            ),
            format!(
                "capabilities: SYS_TIME | {here}.securityContext.capabilities.add[0] (line 26)"
            ),
            "host-namespace: pid | spec.template.spec.hostPID (line 13)".to_owned(),
            "host-namespace: net | spec.template.spec.hostNetwork (line 14)".to_owned(),
            format!("kernel-filesystem: sysfs | {root}"),
            format!("kernel-filesystem: cgroup2 | {root}"),
            format!("kernel-filesystem: debugfs | {root}"),
            format!("proc-mount: a /proc without masks | {root}"),
        ],
        "/sys is mounted below /, and not read-only with it"
    );
}

#[test]
fn the_policy_sees_what_containerd_writes_down() {
    let text = "[[profile]]\nname = \"m\"\n[[assign]]\nname = \"monitoring/*/exporter\"\nprofile = \"m\"\n\
                [[assign]]\nnamespace = \"monitoring\"\nprofile = \"baseline\"";
    let answers = explain(DAEMONS, text);
    let chosen: Vec<_> = answers.iter().map(|answer| answer.chosen.assign).collect();
    assert_eq!(chosen, [Some(2), Some(1)]);
}

#[test]
fn the_pods_context_counts_where_the_container_says_nothing() {
    let text = "\
kind: List
items:
- kind: CronJob
  metadata: {name: j}
  spec: {jobTemplate: {spec: {template: {spec: &pod {
    securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
    containers: [{name: a}, {name: b, securityContext: {seccompProfile: {type: Unconfined}, runAsUser: 0, allowPrivilegeEscalation: false, procMount: Unmasked}}]
  }}}}}
- kind: Pod
  metadata: {name: p}
  spec: {<<: *pod, hostUsers: false, hostIPC: true, containers: [{name: c, securityContext: {privileged: true}}]}
";
    let asked = parse(text).unwrap();
    let [a, b, c] = &asked[..] else { panic!() };
    use probe_common::{container::bit, rule::rules};
    assert_eq!(a.facts.broken, bit(rules::NO_NEW_PRIVS));
    let broken = [rules::SECCOMP, rules::ROOT_USER, rules::PROC_MOUNT];
    assert_eq!(
        b.facts.broken,
        broken.into_iter().fold(0, |all, rule| all | bit(rule))
    );
    assert_eq!(c.facts.capabilities, 0, "it has its own users");
    assert_eq!(c.facts.namespaces & 1 << 7, 0);
    assert_eq!(c.mounts[0].host_path, Path::new("/dev/shm"));
    assert_eq!(c.title.as_deref(), Some("spec.containers[0] c"));
}

#[test]
fn json_is_yaml_too() {
    let asked =
        parse("{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"x\",\"image\":null}]}}");
    let asked = asked.unwrap();
    assert_eq!(asked[0].info.name.as_deref(), Some("default//x"));
    assert_eq!(asked[0].info.image, None);
}

#[test]
fn what_is_no_pod_says_so() {
    for (text, error) in [
        (
            "kind: Service",
            "there is no Pod, and nothing that makes Pods",
        ),
        ("", "there is no Pod, and nothing that makes Pods"),
        (
            "a: b",
            "line 1: there is no kind, so it is no manifest of Kubernetes'",
        ),
        (
            "- a",
            "line 1: there is no kind, so it is no manifest of Kubernetes'",
        ),
        (
            "kind: Pod\nspec:\n  hostPid: true\n  hostname: x",
            "line 3: unknown key hostPid, did you mean hostPID?",
        ),
        (
            "kind: Pod\nspec: {containers: [{name: x, securityContext: {runAsUsr: 1, runAsGroup: 1}}]}",
            "line 2: unknown key runAsUsr, did you mean runAsUser?",
        ),
        (
            "kind: Deployment\nspec: {}",
            "line 1: the Deployment has no spec.template.spec",
        ),
        ("kind: Pod\nspec:\n", "line 1: the Pod has no spec"),
        (
            "kind: Pod\nspec: {containers: [{name: x, securityContext: {capabilities: {add: [ADMIN]}}}]}",
            "spec.containers[0].securityContext.capabilities.add[0] (line 2): there is no capability \"ADMIN\"",
        ),
    ] {
        assert_eq!(parse(text).unwrap_err(), error, "{text}");
    }
}

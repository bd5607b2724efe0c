#!/bin/sh
# In a machine that systemd started: the package is installed, attacked, rebooted, upgraded, removed.
# A reboot starts this again; /var/stage says how far it was.
id=$(printf '%064x' 7)
sneak=/var/lib/sneak
stage=$(cat /var/stage 2> /dev/null || echo install)
# What other commands have in this machine.
rm -f /usr/local/bin/bulkhead

step() {
	echo "  $stage: $*"
}

die() {
	echo "FAILED: $stage: $*"
	journalctl --no-pager -u bulkhead -n 30
	exit 1
}

# Waits until a command is content.
until_() {
	for _ in $(seq 300); do
		"$@" > /dev/null 2>&1 && return
		sleep 0.2
	done
	die "in vain: $*"
}

is() {
	bulkhead status | head -n 1 | grep -q "^$1"
}

# docker run, which works or is refused.
works() {
	docker run --rm --network=none "$@" > /tmp/said 2>&1 || die "refused: docker run $*: $(cat /tmp/said)"
}

refused() {
	! docker run --rm --network=none "$@" > /tmp/said 2>&1 || die "let in: docker run $*"
	grep -q 'operation not permitted' /tmp/said || die "refused for another reason: $(cat /tmp/said)"
}

in_journal() {
	journalctl --no-pager -q -t bulkhead "CONTAINER_NAME=$1" | grep -q host-path
}

was_restarted() {
	[ "$(systemctl show -P NRestarts bulkhead)" = 1 ]
}

# The container that was there first is refused what it does.
is_shut() {
	[ "$(tail -n 1 $sneak/rootfs/log)" = shut ]
}

# A container that no daemon knows of and that boot starts before the agent: it mounts, again and again.
prepare_sneak() {
	mkdir -p $sneak/rootfs
	tar -xf /opt/images/busybox.tar -C $sneak/rootfs
	cd $sneak || exit 1
	crun spec
	sed -i -e 's|"sh"|"sh", "/try"|; s|"terminal": true|"terminal": false|; s|"readonly": true|"readonly": false|' \
		-e 's|"CAP_KILL"|"CAP_KILL", "CAP_SYS_ADMIN"|' config.json
	sed -i 's|"linux": {|"linux": { "cgroupsPath": "/docker/'"$id"'",|' config.json
	cat > rootfs/try <<- 'EOF'
		while sleep 0.2; do
			if mount -t tmpfs x /mnt 2> /dev/null; then
				umount /mnt
				echo open
			else
				echo shut
			fi
		done > /log
	EOF
	cat > /etc/systemd/system/sneak.service <<- EOF
		[Unit]
		Before=bulkhead.service
		[Service]
		Type=exec
		ExecStartPre=-/usr/bin/crun --cgroup-manager=cgroupfs delete --force $id
		ExecStart=/usr/bin/crun --cgroup-manager=cgroupfs run --bundle $sneak $id
		ExecStartPost=/bin/sh -c 'until grep -q open $sneak/rootfs/log; do sleep 0.1; done'
		KillMode=mixed
		TimeoutStopSec=2
		[Install]
		WantedBy=multi-user.target
	EOF
	systemctl daemon-reload
	systemctl enable --quiet sneak
}

install() {
	step 'a container with the host in it runs already, and comes again with each boot'
	docker run -d --name early --restart=always --network=none --stop-signal=KILL -v /:/host busybox \
		sleep 100000 > /dev/null || die 'no container'
	prepare_sneak
	step 'dpkg -i: running, in audit mode, and says how to enforce'
	dpkg -i /share/first.deb > /tmp/said 2>&1 || die "dpkg: $(cat /tmp/said)"
	grep -q 'refuses nothing yet' /tmp/said || die "no advice: $(cat /tmp/said)"
	is auditing || die 'not auditing'
	systemctl is-enabled --quiet bulkhead || die 'not enabled'
	bulkhead check > /dev/null || die 'its own policy is wrong'
	score=$(systemd-analyze security --no-pager bulkhead | sed -n 's/.*bulkhead.service: \([0-9.]*\).*/\1/p')
	echo "  systemd-analyze security: $score"
	[ "$(echo "$score" | tr -d .)" -le 20 ] || die 'the unit is less locked down than 2.0'
	works --name seen -v /:/x busybox true
	until_ in_journal seen
	bulkhead tail -n all --no-follow -o json --rule host-path | grep -q '"verdict":"audited"' ||
		die 'the host in a container is not reported'

	step 'enforcing, with host paths that the unit itself does not see'
	mkdir -p /tmp/let/in /home/let/in /etc/bulkhead/policy.d
	cat > /etc/bulkhead/policy.d/let.toml <<- 'EOF'
		[[profile]]
		name = "let"
		host_paths = [
		    { path = "/tmp/let", access = "rw" }, { path = "/home/let", access = "ro" },
		    { path = "/usr/lib/modules", access = "ro" }, { path = "/dev/shm", access = "rw" },
		]
		[[assign]]
		name = "let-*"
		profile = "let"
	EOF
	sed -i 's/^mode = "audit"/mode = "enforce"/' /etc/bulkhead/policy.toml
	systemctl reload bulkhead || die 'no reload'
	is enforcing || die 'not enforcing'
	works busybox true
	works --name let-a -v /tmp/let/in:/a -v /home/let/in:/b:ro -v /usr/lib/modules:/c:ro \
		-v /dev/shm:/d busybox touch /a/x /d/x
	[ -e /tmp/let/in/x ] || die 'another /tmp than the host has'
	refused -v /tmp/let/in:/a busybox true
	refused -v /:/x busybox true
	refused --privileged busybox true
	docker exec early true 2> /dev/null && die 'the early container is not known'

	step 'an agent that hangs is started again'
	mkdir -p /etc/systemd/system/bulkhead.service.d
	printf '[Service]\nWatchdogSec=5\n' > /etc/systemd/system/bulkhead.service.d/soon.conf
	systemctl daemon-reload
	systemctl restart bulkhead
	kill -STOP "$(systemctl show -P MainPID bulkhead)"
	until_ was_restarted
	until_ is enforcing
	rm /etc/systemd/system/bulkhead.service.d/soon.conf
	systemctl daemon-reload

	step 'reboot'
	# Its /tmp/let is gone then, and a host path that is not there keeps the agent from starting.
	rm /etc/bulkhead/policy.d/let.toml
	echo boot > /var/stage
	systemctl reboot
	exec sleep 1000
}

boot() {
	step 'enforcing without anybody having started it'
	until_ is enforcing
	until_ docker info
	[ "$(systemctl show -P ActiveEnterTimestampMonotonic bulkhead)" -lt \
		"$(systemctl show -P ActiveEnterTimestampMonotonic docker)" ] || die 'Docker was there first'
	# What Docker tries to start again and again counts as running for it.
	! docker exec early true 2> /dev/null || die 'the host is in a container that boot started'
	echo "  Docker says: $(docker inspect -f '{{.State.Status}} {{.State.Error}}' early)"
	step 'what was there first is contained now'
	[ "$(head -n 1 $sneak/rootfs/log)" = open ] || die 'it was never there first'
	until_ is_shut
	bulkhead tail -n all --no-follow -o json --container "$id" | grep -q '"rule":"mount"' ||
		die 'what it does is not reported'
	bulkhead ps | grep -q "$(echo "$id" | cut -c 1-12)" || die 'it is not listed'

	step 'upgraded: another agent, the policy kept'
	before=$(systemctl show -P MainPID bulkhead)
	: > $sneak/rootfs/log
	dpkg -i /share/second.deb > /tmp/said 2>&1 || die "dpkg: $(cat /tmp/said)"
	is enforcing || die 'not enforcing'
	[ "$(systemctl show -P MainPID bulkhead)" != "$before" ] || die 'the same agent'
	until_ is_shut
	gaps=$(grep -c open $sneak/rootfs/log)
	echo "  attacks that worked meanwhile: $gaps"
	# Where the programs are pinned, nothing works at any moment.
	[ ! -d /sys/fs/bpf/bulkhead ] || [ "$gaps" = 0 ] || die 'a gap while upgrading'
	refused -v /:/x busybox true

	step 'removed: nothing is refused, the policy stays until it is purged'
	dpkg -r bulkhead > /tmp/said 2>&1 || die "dpkg: $(cat /tmp/said)"
	works --privileged -v /:/x busybox mount -t tmpfs x /mnt
	! pgrep -x bulkhead > /dev/null || die 'it still runs'
	[ ! -d /sys/fs/bpf/bulkhead ] || die 'pins were left'
	[ -e /etc/bulkhead/policy.toml ] || die 'the policy is gone'
	step 'installed again: it runs, with the policy that was kept'
	dpkg -i /share/second.deb > /tmp/said 2>&1 || die "dpkg: $(cat /tmp/said)"
	is enforcing || die 'not enforcing'
	refused -v /:/x busybox true
	step 'purged: nothing is left'
	dpkg -P bulkhead > /tmp/said 2>&1 || die "dpkg: $(cat /tmp/said)"
	! ls -d /etc/bulkhead /var/log/bulkhead /usr/sbin/bulkhead 2> /dev/null || die 'something was left'
	container
	echo 'installed, rebooted, upgraded, removed, and run from a container'
}

# As packaging/kubernetes/bulkhead.yaml has it.
container() {
	step 'the agent from a container'
	mkdir -p /srv/policy
	cat > /srv/policy/policy.toml <<- 'EOF'
		mode = "enforce"
		[[profile]]
		name = "agent"
		extends = "privileged"
		host_paths = [{ path = "/srv/policy", access = "ro" }]
		[[assign]]
		name = "agent"
		profile = "agent"
	EOF
	docker build -q -f /share/Containerfile -t bulkhead:test /share > /tmp/said 2>&1 || die "$(cat /tmp/said)"
	docker run -d --name agent --pid=host --network=none --read-only --security-opt=apparmor=unconfined \
		--cap-drop=ALL --cap-add=SYS_ADMIN --cap-add=SYS_CHROOT --cap-add=SYS_PTRACE \
		--cap-add=DAC_OVERRIDE -v /srv/policy:/etc/bulkhead:ro \
		bulkhead:test run --from-container --no-pin --policy=/etc/bulkhead/policy.toml \
		> /tmp/said 2>&1 || die "$(cat /tmp/said)"
	within enforcing
	refused -v /:/x busybox true
	works busybox true
	step 'its policy is read again from its own volume'
	sed -i 's/enforce/audit/' /srv/policy/policy.toml
	ask reload > /tmp/said 2>&1 || die "no reload: $(cat /tmp/said)"
	within auditing
	works -v /:/x busybox true
	step 'it ends with its container, and comes again'
	sed -i 's/audit/enforce/' /srv/policy/policy.toml
	docker stop agent > /dev/null
	works -v /:/x busybox true
	docker start agent > /dev/null
	within enforcing
	refused -v /:/x busybox true
}

# The agent has left its container, and so does who is sent after it: what is there is the host's.
ask() {
	docker exec agent sh -c '"/proc/$(cat /run/bulkhead/lock)/exe" "$@"' sh "$@"
}

# Waits until the agent in the container is so.
within() {
	for _ in $(seq 60); do
		ask status 2> /dev/null | grep -q "^$1" && return
		sleep 0.5
	done
	docker logs agent 2>&1 | tail -n 20
	die "the agent in the container is not $1: $(ask status 2>&1)"
}

$stage

#!/bin/sh
# The machine's first program in its real root: mounts, services, then the command or a shell. Where
# systemd is the first, this is its last service.
# Serial ports: ttyS0 has the kernel's log, ttyS1 the command's output, ttyS2 the machine's status.
. /run/vm/settings
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8 TERM="$term"
cd /root

say() {
	echo "$*" > /dev/ttyS2
}

off() {
	say "$*"
	echo o > /proc/sysrq-trigger
	sleep 60
}

mount_all() {
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs shm /dev/shm
	mount -t tmpfs -o mode=1777 tmp /tmp
	mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
	mount -t bpf -o mode=700 bpf /sys/fs/bpf
	mount -t securityfs securityfs /sys/kernel/security
	mount -t tracefs tracefs /sys/kernel/tracing
	ln -s /proc/self/fd /dev/fd
	hostname bulkhead-vm
	ip link set lo up
}

start_docker() {
	modprobe overlay
	mkdir -p /var/log
	containerd > /var/log/containerd.log 2>&1 &
	# No network for containers: setting it up takes an emulated processor longer than all the rest.
	# crun is there for `docker run --runtime crun`: three times as fast as runc here.
	dockerd --containerd=/run/containerd/containerd.sock --storage-driver=overlay2 \
		--add-runtime=crun=/usr/bin/crun \
		--bridge=none --iptables=false --ip6tables=false > /var/log/dockerd.log 2>&1 &
	dockerd=$!
	while [ ! -S /run/docker.sock ]; do
		kill -0 $dockerd 2> /dev/null || no_docker
		sleep 0.1
	done
	import_busybox
}

import_busybox() {
	# This waits for an answer, so dockerd is ready once it is done.
	docker import /opt/images/busybox.tar busybox:latest > /dev/null || no_docker
}

no_docker() {
	[ "$root" != systemd ] || journalctl --no-pager -n 50 > /dev/ttyS0
	tail -n 20 /var/log/containerd.log /var/log/dockerd.log > /dev/ttyS0
	off 'unable dockerd did not come up'
}

run_command() {
	stty -F /dev/ttyS1 raw -echo
	mkfifo /run/vm/out
	(
		cat /run/vm/out > /dev/ttyS1
		: > /run/vm/drained
	) &
	say started
	sh /run/vm/command < /dev/null > /run/vm/out 2>&1
	status=$?
	# What the command left running may hold the pipe open: wait for its last bytes, not for it.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -e /run/vm/drained ] && break
		sleep 0.1
	done
	off "exit $status"
}

# On the terminal: the command, if there is one, and then a shell. The command's status counts.
run_terminal() {
	# A terminal that nobody has open forgets its size.
	exec 3<> /dev/ttyS1
	stty -F /dev/ttyS1 sane rows "$rows" cols "$columns"
	say started
	# One session for both: the end of a session's leader hangs its terminal up.
	setsid -c sh -c '
		if [ -e /run/vm/command ]; then
			trap : INT
			sh /run/vm/command
			echo $? > /run/vm/status
		fi
		exec "$0" -l
	' "$(command -v bash || echo sh)" <&3 >&3 2>&1
	status=$?
	[ ! -e /run/vm/status ] || read -r status < /run/vm/status
	off "exit $status"
}

case $root in
minimal)
	mount_all
	;;
docker)
	mount_all
	start_docker
	;;
systemd)
	import_busybox
	;;
esac
[ "$terminal" != yes ] || run_terminal
run_command

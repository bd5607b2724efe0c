#!/bin/sh
# Starts the agent, and in a privileged container with the host's processes and network either the
# command in the arguments, whose exit status is this script's, or a shell on the terminal.

# This profile admits everything; what a container does is contained all the same.
echo 'default = "privileged"' > /tmp/policy.toml
bulkhead run --policy /tmp/policy.toml > /tmp/bulkhead.out 2> /tmp/bulkhead.err &
agent=$!
for _ in $(seq 600); do
	bulkhead status > /tmp/status 2>&1 && ready=yes && break
	kill -0 $agent 2> /dev/null || break
	sleep 0.2
done
if [ -z "$ready" ]; then
	cat /tmp/bulkhead.err /tmp/status
	exit 1
fi

container='docker run --rm --privileged --pid=host --network=host --name breaker'
if [ $# -gt 0 ]; then
	$container busybox "$@"
	status=$?
	bulkhead tail -o compact --no-follow -n all
	exit $status
fi

head -n 1 /tmp/status
cat << 'END'
You are root in a container, with --privileged --pid=host --network=host.
Bulkhead runs on the host. Get out: read a file of the host, run a program
on it, write a setting of its kernel. Process 1 is the host's. To begin with:

  cat /proc/1/environ
  ls /proc/1/root/
  nsenter -t 1 -m sh
  mount -t ext4 /dev/nvme0n1 /mnt
  head -c 512 /dev/nvme0n1
  mknod /tmp/d b 259 0
  echo '|/bin/sh' > /proc/sys/kernel/core_pattern
  echo b > /proc/sysrq-trigger
  echo never > /sys/kernel/mm/transparent_hugepage/enabled
  kill -9 1
  reboot -f

`exit` shows what was refused, and ends the machine.
END
# The keyboard is the terminal's, so the container gets it.
$container -it busybox sh
status=$?
bulkhead tail -o compact --no-follow -n all
echo "exit $status" > /dev/ttyS2
echo o > /proc/sysrq-trigger
sleep 60

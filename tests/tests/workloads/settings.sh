# Settings that make the runtime write where a container may not: sysctls, limits, devices, groups.
modprobe -q fuse || test -c /dev/fuse
docker run --rm --network none --sysctl net.ipv4.ip_default_ttl=42 --sysctl kernel.shmmax=123456 \
	--ulimit nofile=99 --shm-size 8m --device /dev/fuse --group-add 42 --oom-score-adj 500 \
	--cgroup-parent innocence-parent --security-opt no-new-privileges --cap-drop ALL busybox \
	sh -euc 'test $(cat /proc/sys/net/ipv4/ip_default_ttl) = 42
		test $(cat /proc/sys/kernel/shmmax) = 123456
		test $(ulimit -n) = 99
		test $(cat /proc/self/oom_score_adj) = 500
		test -c /dev/fuse
		grep -q "shm tmpfs.*size=8192k" /proc/mounts'
# A privileged container sets what is its own, and renices what is its own.
docker run --rm --name innocence-lenient-c --network none --privileged debian \
	sh -euc 'echo 43 > /proc/sys/net/ipv4/ip_default_ttl
		hostname renamed
		echo 600 > /proc/self/oom_score_adj
		mkdir /sys/fs/cgroup/inner
		echo $$ > /sys/fs/cgroup/inner/cgroup.procs
		renice -n 5 -p $$
		ip addr add 127.0.0.2/8 dev lo
		mknod /dev/nothing c 1 3; echo > /dev/nothing
		unshare -n true
		echo all' | grep -qx all

# Services as systemd starts them, by a systemd that is the first process of a pid namespace.
mkdir -p /tmp/units /tmp/done /sys/fs/cgroup/services
chmod 777 /tmp/done
unit() {
	name=$1
	shift
	printf '%s\n' '[Unit]' 'DefaultDependencies=no' "Before=enforce.service" '[Service]' 'Type=oneshot' 'RemainAfterExit=yes' "$@" \
		> "/tmp/units/$name.service"
}
unit private 'PrivateTmp=yes' 'PrivateDevices=yes' 'ProtectSystem=strict' 'ProtectHome=yes' 'ProtectKernelTunables=yes' \
	'ReadWritePaths=/var/tmp' "ExecStart=/bin/sh -c 'test ! -e /tmp/done && ! touch /etc/x && test ! -e /dev/nvme0'"
unit dynamic 'DynamicUser=yes' 'StateDirectory=enforce' "ExecStart=/bin/sh -c 'test \$(id -u) -gt 60000 && touch \$STATE_DIRECTORY/x'"
unit rooted 'RootDirectory=/var/lib/machines/rooted' 'MountAPIVFS=yes' 'BindReadOnlyPaths=/etc' \
	"ExecStart=/bin/sh -c 'test ! -e /usr/bin/apt && test -e /etc/debian_version'"
printf '%s\n' '[Unit]' 'DefaultDependencies=no' 'Requires=private.service dynamic.service rooted.service' \
	'After=private.service dynamic.service rooted.service' 'SuccessAction=exit-force' 'FailureAction=exit-force' \
	'[Service]' 'Type=oneshot' 'ExecStart=/bin/sh -c "echo served > /dev/shm/enforce"' > /tmp/units/enforce.service
printf '%s\n' '[Unit]' 'DefaultDependencies=no' 'OnFailure=gone.service' 'Requires=enforce.service' > /tmp/units/enforce.target
mkdir -p /var/lib/machines/rooted
tar -C /var/lib/machines/rooted -xf /opt/images/busybox.tar
cp -r /tmp/units /root/units
sh -euc 'echo $$ > /sys/fs/cgroup/services/cgroup.procs
	exec timeout 60 unshare -pmfC --kill-child sh -euc "mount -t proc proc /proc
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		mount -t tmpfs none /run
		mkdir /run/systemd /run/systemd/system
		cp /root/units/* /run/systemd/system
		exec env container=none /lib/systemd/systemd --system --unit=enforce.target --log-target=console --log-level=info --show-status=no"' || true
grep -qx served /dev/shm/enforce

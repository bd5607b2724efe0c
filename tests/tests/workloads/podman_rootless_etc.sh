# The host's files in a user's own container.
echo $$ > /sys/fs/cgroup/user.slice/nina/cgroup.procs
cd /home/nina
su nina -c 'XDG_RUNTIME_DIR=/run/user/$(id -u) podman run --rm --network none -v /etc:/x busybox cat /x/hostname'

# A user's own containers: other places on disk, a user namespace, a network by pasta.
id nina 2> /dev/null || useradd -m -s /bin/sh nina
mkdir -p /run/user/1000 /sys/fs/cgroup/user.slice/nina
chown nina /run/user/$(id -u nina) /sys/fs/cgroup/user.slice/nina /sys/fs/cgroup/user.slice/nina/cgroup.procs
echo $$ > /sys/fs/cgroup/user.slice/nina/cgroup.procs
modprobe tun
chmod 666 /dev/net/tun
cd /home/nina
su nina -c 'XDG_RUNTIME_DIR=/run/user/$(id -u) sh -eux' << 'NINA'
podman image exists busybox || podman import -q /opt/images/busybox.tar busybox
podman run --rm --network none -v mine:/d busybox sh -c 'echo kept > /d/x; id -u; cat /d/x' | tr '\n' ' ' | grep -qx '0 kept '
podman run --rm --network pasta --user 5 busybox sh -c 'ip addr show; id -u' | tail -n 1 | grep -qx 5
mkdir -p build
printf 'FROM localhost/busybox\nRUN --mount=type=cache,target=/c echo cached > /c/x && cp /c/x /cached\n' > build/Dockerfile
podman build -q --pull=never --network none --layers=false -t mine build
podman run --rm --network none mine cat /cached | grep -qx cached
podman unshare cat /proc/self/uid_map | grep -q 100000
NINA

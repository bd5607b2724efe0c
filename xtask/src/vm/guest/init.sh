#!/bin/busybox sh
# The machine's first program: finds the disks, then hands over to start.sh in the real root.
export PATH=/bin

b=/bin/busybox
$b mkdir -p /proc /sys /dev /new
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
$b --install -s /bin
. /vm/settings

unable() {
	echo "unable $*" > /dev/ttyS2
	echo "$*" > /dev/ttyS0
	echo o > /proc/sysrq-trigger
	sleep 60
}

# Disks go by their serial number: which of them is nvme0 is chance.
disk() {
	for _ in $(seq 400); do
		for nvme in /sys/class/nvme/nvme*; do
			name=/dev/${nvme##*/}n1
			read -r serial 2> /dev/null < "$nvme/serial" || continue
			if [ "$serial" = "$1" ] && [ -b "$name" ]; then
				echo "$name"
				return
			fi
		done
		usleep 25000
	done
	unable "there is no disk named $1"
}

case $root in
docker | systemd)
	mount -t ext4 -o noatime "$(disk root)" /new || unable 'the root disk cannot be mounted'
	;;
minimal)
	mount -t tmpfs -o mode=755 root /new
	mkdir -p /new/dev /new/etc /new/proc /new/root /new/run /new/sys /new/tmp /new/usr/lib \
		/new/usr/local/bin /new/var /new/mnt
	cp -a /bin /new/bin
	ln -s bin /new/sbin
	ln -s usr/lib /new/lib
	echo 'root:x:0:0:root:/root:/bin/sh' > /new/etc/passwd
	echo 'root:x:0:' > /new/etc/group
	;;
esac

mkdir -p /new/share /new/usr/lib/modules
mount -t ext4 -o ro "$(disk modules)" /new/usr/lib/modules || unable 'the modules cannot be mounted'
mount -t tmpfs -o mode=755 run /new/run
mount -t tmpfs share /new/share
cp -a /vm/share/. /new/share
mv /vm/bulkhead /new/usr/local/bin/bulkhead
rm -r /vm/share
mv /vm /new/run/vm

for dir in proc sys dev; do
	mount --move /$dir /new/$dir
done
[ "$root" = systemd ] || exec switch_root /new /run/vm/start

# As start.sh has them: no network for containers, and crun beside runc.
units=/new/run/systemd/system
mkdir -p $units/multi-user.target.wants $units/docker.service.d
mv /new/run/vm/vm.service $units
ln -s ../vm.service $units/multi-user.target.wants/vm.service
cat > $units/docker.service.d/vm.conf << 'EOF'
[Service]
Environment="DOCKER_OPTS=--storage-driver=overlay2 --add-runtime=crun=/usr/bin/crun --bridge=none --iptables=false --ip6tables=false"
EOF
exec switch_root /new /usr/lib/systemd/systemd

#!/bin/sh
# Turns a stock Debian or Ubuntu into a host for developing Bulkhead.
#
#   provision.sh [USER]    all of it, as root; the toolchain is for USER. May be run again.
#   provision.sh packages  names what is installed, a line each
#   provision.sh images    packs an image for containers out of the system's own files
#
# `cargo xtask setup` makes the disk of the virtual machines with `packages` and `images`, so these
# are tried by every test.
set -eu

packages() {
	cat <<- 'EOF'
		bubblewrap
		buildah
		busybox-static
		catatonit
		containerd
		crun
		docker-buildx
		docker-cli
		docker-compose
		docker.io
		e2fsprogs
		gdb
		iproute2
		iptables
		kmod
		netavark
		nftables
		nginx-light
		openjdk-21-jre-headless
		passt
		podman
		postgresql
		procps
		python3-minimal
		redis-server
		runc
		slirp4netns
		socat
		strace
		systemd
		systemd-container
		uidmap
		util-linux
	EOF
}

# What only a host for developing needs: to fetch and build, and to have virtual machines of its own.
tools() {
	echo build-essential ca-certificates curl git gnupg
	echo libpolly-22-dev libxml2-dev libzstd-dev llvm-22-dev pkg-config zlib1g-dev
}

# Packs busybox into /opt/images/busybox.tar, for `docker import`.
images() {
	tree=$(mktemp -d)
	cd "$tree"
	mkdir -p bin dev etc home mnt opt proc root run sbin sys tmp usr/bin usr/sbin var/log
	chmod 1777 tmp
	cp "$(command -v busybox)" bin/busybox
	for applet in $(busybox --list-full); do
		[ -e "$applet" ] || ln -s /bin/busybox "$applet"
	done
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/:/bin/false' > etc/passwd
	printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' > etc/group
	mkdir -p /opt/images
	tar -cf /opt/images/busybox.tar .
	cd /
	rm -rf "$tree"
}

say() {
	echo "provision: $*"
}

# Installs those that this distribution has: releases differ in how they cut up Docker.
install() {
	there='' missing=''
	for name in "$@"; do
		if apt-cache show "$name" > /dev/null 2>&1; then
			there="$there $name"
		else
			missing="$missing $name"
		fi
	done
	[ -z "$missing" ] || say "not in this distribution, left out:$missing"
	# shellcheck disable=SC2086 # names of packages
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $there
}

# Rust 1.95 carries LLVM 22. Debian 12 has it in its security archive; others get it from LLVM's own.
llvm_source() {
	! apt-cache show llvm-22-dev > /dev/null 2>&1 || return 0
	. /etc/os-release
	say "llvm-22-dev is not in $PRETTY_NAME: adding apt.llvm.org"
	curl -fsSL https://apt.llvm.org/llvm-snapshot.gpg.key | gpg --dearmor > /usr/share/keyrings/llvm.gpg
	echo "deb [signed-by=/usr/share/keyrings/llvm.gpg] https://apt.llvm.org/$VERSION_CODENAME/ llvm-toolchain-$VERSION_CODENAME-22 main" \
		> /etc/apt/sources.list.d/llvm.list
	apt-get update
}

# `bpf` among the security modules, from the next boot on.
lsm() {
	modules=$(cat /sys/kernel/security/lsm)
	case ,$modules, in
	*,bpf,*)
		say "bpf is among the security modules: $modules"
		return
		;;
	esac
	mkdir -p /etc/default/grub.d
	echo "GRUB_CMDLINE_LINUX=\"\$GRUB_CMDLINE_LINUX lsm=$modules,bpf\"" > /etc/default/grub.d/bulkhead.cfg
	update-grub
	say 'bpf is among the security modules after a reboot'
}

toolchain() {
	user=$1
	# The version is in rust-toolchain.toml, which rustup reads by itself.
	su - "$user" -c '[ -x ~/.cargo/bin/rustup ] ||
		curl -fsSL https://sh.rustup.rs | sh -s -- -y --default-toolchain none'
	usermod -aG docker "$user"
}

all() {
	[ "$(id -u)" = 0 ] || { say 'must be root'; exit 1; }
	user=${1:-${SUDO_USER:-root}}
	apt-get update
	install ca-certificates curl gnupg
	llvm_source
	# shellcheck disable=SC2046 # names of packages
	install $(packages) $(tools)
	images
	systemctl enable --now docker
	docker import /opt/images/busybox.tar busybox
	toolchain "$user"
	lsm
	say "done: as $user, in the checkout, \`cargo xtask build\`"
}

case ${1-} in
packages | images) "$1" ;;
*) all "$@" ;;
esac

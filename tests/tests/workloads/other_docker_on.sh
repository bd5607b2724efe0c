# Another dockerd in the place of the first. Containers outlive that: they are containerd's.
mkdir -p /etc/docker
echo "$daemon" > /etc/docker/daemon.json
setsid dockerd --containerd=/run/containerd/containerd.sock --add-runtime=crun=/usr/bin/crun \
	--bridge=none --iptables=false --ip6tables=false > /var/log/dockerd-2.log 2>&1 < /dev/null &
until docker version > /dev/null 2>&1; do kill -0 $!; sleep 0.1; done
is_so
docker import /opt/images/busybox.tar busybox

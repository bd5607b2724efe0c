# A Docker of its own in a container, from the host's programs; what the image docker:dind does.
root=$(mktemp -d)
for program in dockerd docker docker-proxy containerd containerd-shim-runc-v2 runc; do
	path=$(command -v $program)
	for file in $path $(ldd $path | grep -o '/[^ ]*'); do
		folder=$root$(realpath $(dirname $file))
		mkdir -p $folder
		cp -Ln $file $folder/
	done
done
cat > $root/usr/bin/dind << 'END'
#!/bin/sh -e
mount -t securityfs none /sys/kernel/security
mount -t tmpfs none /tmp
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	mkdir -p /sys/fs/cgroup/init
	xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs || :
	sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi
exec dockerd --bridge=none --iptables=false --ip6tables=false
END
chmod +x $root/usr/bin/dind
docker create --name policy-programs debian true
tar -C $root -c . | docker cp - policy-programs:/
docker commit policy-programs registry.example/ci/dind
docker rm policy-programs
rm -r $root

docker run -d --privileged --network none --name policy-dind -v /var/lib/docker registry.example/ci/dind dind
until docker exec policy-dind docker version; do
	docker inspect -f '{{.State.Running}}' policy-dind | grep -qx true || { docker logs policy-dind; exit 1; }
	sleep 1
done
docker exec -i policy-dind docker import - busybox < /opt/images/busybox.tar
docker exec policy-dind docker run --rm --network none busybox echo inner | grep -qx inner
docker exec policy-dind docker run --rm --network none -v /etc/hostname:/x busybox cat /x > /dev/null
docker exec -i policy-dind docker build -q --network none -t made - << 'END'
FROM busybox
RUN echo made > /made
END
docker exec policy-dind docker run --rm --network none made cat /made | grep -qx made
# The host stays out of reach.
docker exec policy-dind sh -c 'echo x > /proc/sys/kernel/core_pattern' && exit 1
docker rm -f -v policy-dind
# Not even this image has a host path as a volume.
docker run --rm --privileged --network none -v /etc:/x registry.example/ci/dind true && exit 1

# Only this image may.
docker tag busybox registry.example/ci/other
docker run --rm --privileged --network none registry.example/ci/other true && exit 1
docker rmi registry.example/ci/other registry.example/ci/dind

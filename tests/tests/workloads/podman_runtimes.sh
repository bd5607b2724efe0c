# Both runtimes under podman; the one that is slower here, no more than begun, entered and ended.
for runtime in runc crun; do
	podman --runtime $runtime run -d --name innocence-$runtime --network none --init -v innocence-both:/d \
		--health-cmd 'test -e /d/x' --health-interval disable busybox sh -c 'echo begun; sleep 600'
	podman exec -w /d innocence-$runtime sh -c 'echo kept > x; cat /d/x' | grep -qx kept
done
podman healthcheck run innocence-crun
echo copied > /tmp/in
podman cp /tmp/in innocence-crun:/d/y
podman cp innocence-crun:/d/y - | tar -xO | grep -qx copied
script -qec 'podman exec -it innocence-crun tty' /dev/null | grep -q /dev/pts/
podman logs innocence-crun | grep -qx begun
podman rm -f -t 1 innocence-runc innocence-crun
podman volume rm innocence-both

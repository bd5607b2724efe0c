# Both runtimes under podman; the one that is slower here, no more than begun, entered and ended.
for runtime in runc crun; do
	podman --runtime $runtime run -d --name enforce-$runtime --network none --init -v enforce-both:/d \
		--health-cmd 'test -e /d/x' --health-interval disable busybox sh -c 'echo begun; sleep 600'
	podman exec -w /d enforce-$runtime sh -c 'echo kept > x; cat /d/x' | grep -qx kept
done
podman healthcheck run enforce-crun
echo copied > /tmp/in
podman cp /tmp/in enforce-crun:/d/y
podman cp enforce-crun:/d/y - | tar -xO | grep -qx copied
script -qec 'podman exec -it enforce-crun tty' /dev/null | grep -q /dev/pts/
podman logs enforce-crun | grep -qx begun
podman rm -f -t 1 enforce-runc enforce-crun
podman volume rm enforce-both

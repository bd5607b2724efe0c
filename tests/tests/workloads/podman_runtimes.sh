# Both runtimes under podman: a terminal, exec, copies, health, logs, stop.
for runtime in crun runc; do
	name=enforce-$runtime
	podman --runtime $runtime run -d --name $name --network none --init -v $name:/d \
		--health-cmd 'test -e /d/x' --health-interval disable busybox sh -c 'echo begun; sleep 600'
	podman exec -w /d $name sh -c 'echo kept > x; cat /d/x' | grep -qx kept
	podman healthcheck run $name
	echo copied > /tmp/in; podman cp /tmp/in $name:/d/y; podman cp $name:/d/y - | tar -xO | grep -qx copied
	script -qec "podman exec -it $name tty" /dev/null | grep -q /dev/pts/
	podman logs $name | grep -qx begun
	podman rm -f -t 1 $name
	podman volume rm $name
done

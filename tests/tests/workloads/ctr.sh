# containerd by its own tool: from an image, then a second process in it.
docker save busybox | ctr image import -
ctr run -d docker.io/library/busybox:latest enforce-ctr sleep 600
ctr task exec --exec-id one enforce-ctr sh -c 'echo hello > /x; cat /x' | grep -qx hello
ctr task kill -s KILL enforce-ctr
until ctr task rm enforce-ctr 2> /dev/null; do sleep 0.1; done
ctr container rm enforce-ctr
ctr run --rm --null-io docker.io/library/busybox:latest enforce-ctr-2 true

# containerd by its own tool: from an image, then a second process in it.
docker save busybox | ctr image import -
ctr run -d docker.io/library/busybox:latest innocence-ctr sleep 600
ctr task exec --exec-id one innocence-ctr sh -c 'echo hello > /x; cat /x' | grep -qx hello
ctr task kill -s KILL innocence-ctr
until ctr task rm innocence-ctr 2> /dev/null; do sleep 0.1; done
ctr container rm innocence-ctr
ctr run --rm --null-io docker.io/library/busybox:latest innocence-ctr-2 true

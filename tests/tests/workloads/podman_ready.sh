podman image exists busybox || podman import -q /opt/images/busybox.tar busybox

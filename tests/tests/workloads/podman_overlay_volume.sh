# A volume whose changes are thrown away.
podman run --rm --network none -v enforce-under:/d busybox sh -c 'echo kept > /d/x'
podman run --rm --network none -v enforce-under:/d:O busybox sh -c 'echo lost > /d/x; cat /d/x' | grep -qx lost
podman run --rm --network none -v enforce-under:/d:ro busybox cat /d/x | grep -qx kept
podman volume rm enforce-under

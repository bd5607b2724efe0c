# A pod of two, and a container in the namespaces of another.
podman pod create --name innocence-pod --network none --share net,ipc,uts
podman run -d --name innocence-in-pod --pod innocence-pod busybox sh -c 'echo shared > /dev/shm/x; sleep 600'
podman exec innocence-in-pod sh -c 'until [ -s /dev/shm/x ]; do sleep 0.1; done'
podman run --rm --pod innocence-pod busybox cat /dev/shm/x | grep -qx shared
podman pod rm -f -t 1 innocence-pod
podman run -d --name innocence-peer --network none busybox sleep 600
podman run --rm --network container:innocence-peer --ipc container:innocence-peer busybox echo beside | grep -qx beside
podman rm -f -t 1 innocence-peer

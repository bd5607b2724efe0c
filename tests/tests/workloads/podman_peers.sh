# A pod of two, and a container in the namespaces of another.
podman pod create --name enforce-pod --network none --share net,ipc,uts
podman run -d --name enforce-in-pod --pod enforce-pod busybox sh -c 'echo shared > /dev/shm/x; sleep 600'
podman exec enforce-in-pod sh -c 'until [ -s /dev/shm/x ]; do sleep 0.1; done'
podman run --rm --pod enforce-pod busybox cat /dev/shm/x | grep -qx shared
podman pod rm -f -t 1 enforce-pod
podman run -d --name enforce-peer --network none busybox sleep 600
podman run --rm --network container:enforce-peer --ipc container:enforce-peer busybox echo beside | grep -qx beside
podman rm -f -t 1 enforce-peer

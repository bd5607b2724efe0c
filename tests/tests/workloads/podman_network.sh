# A bridge of podman's own, and a kube-like pair talking over it.
podman network create innocence-bridge
podman run -d --name innocence-listens --network innocence-bridge busybox sh -c 'echo heard > /x; nc -l -p 80 < /x'
address=$(podman inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' innocence-listens)
podman run --rm --network innocence-bridge busybox sh -c "until nc $address 80 < /dev/null; do sleep 0.1; done" | grep -qx heard
podman rm -f -t 1 innocence-listens
podman network rm innocence-bridge

# The same as everywhere: volumes, exec, copies, an init, a build, and the namespaces of another.
docker run -d --name innocence-other --init --network none --ipc shareable -v innocence-other:/d busybox sleep 600
docker exec innocence-other sh -c 'echo kept > /d/x; cat /d/x' | grep -qx kept
docker run --rm --network container:innocence-other --ipc container:innocence-other --runtime crun busybox \
	sh -c 'cat /etc/hosts > /dev/shm/x; echo beside' | grep -qx beside
docker cp innocence-other:/d/x - | tar -xO x | grep -qx kept
printf 'FROM busybox\nRUN echo made > /made\n' \
	| docker build -q --network none -t innocence-other -
docker run --rm --network none innocence-other cat /made | grep -qx made
if docker info -f '{{.SecurityOptions}}' | grep -q name=userns; then
	# On the host it is worth nothing.
	docker run --rm --network none --cap-add SYS_ADMIN busybox true
fi
docker rm -f -v innocence-other
docker volume rm innocence-other

# The same as everywhere: volumes, exec, copies, an init, a build, and the namespaces of another.
docker run -d --name innocence-stored --init --network none --ipc shareable -v innocence-stored:/d busybox sleep 600
docker exec innocence-stored sh -c 'echo kept > /d/x; cat /d/x' | grep -qx kept
docker run --rm --network container:innocence-stored --ipc container:innocence-stored --runtime crun busybox \
	sh -c 'cat /etc/hosts > /dev/shm/x; echo beside' | grep -qx beside
docker cp innocence-stored:/d/x - | tar -xO x | grep -qx kept
printf 'FROM busybox\nRUN echo made > /made\n' \
	| docker build -q --network none -t innocence-stored -
docker run --rm --network none innocence-stored cat /made | grep -qx made
docker rm -f -v innocence-stored
docker volume rm innocence-stored

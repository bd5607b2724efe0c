# The same as everywhere: volumes, exec, copies, an init, a build, and the namespaces of another.
docker run -d --name enforce-stored --init --network none --ipc shareable -v enforce-stored:/d busybox sleep 600
docker exec enforce-stored sh -c 'echo kept > /d/x; cat /d/x' | grep -qx kept
docker run --rm --network container:enforce-stored --ipc container:enforce-stored --runtime crun busybox \
	sh -c 'cat /etc/hosts > /dev/shm/x; echo beside' | grep -qx beside
docker cp enforce-stored:/d/x - | tar -xO x | grep -qx kept
printf 'FROM busybox\nRUN echo made > /made\n' \
	| docker build -q --network none -t enforce-stored -
docker run --rm --network none enforce-stored cat /made | grep -qx made
docker rm -f -v enforce-stored
docker volume rm enforce-stored

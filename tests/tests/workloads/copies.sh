# docker cp of files, directories and archives, both ways, to running and created containers.
mkdir -p /tmp/cp/in/deep
echo copied > /tmp/cp/in/deep/x
docker run -d --runtime crun --name enforce-copies --network none -v enforce-copies:/v busybox sleep 600
docker cp /tmp/cp/in enforce-copies:/v/
docker exec enforce-copies cat /v/in/deep/x | grep -qx copied
docker cp enforce-copies:/v/in /tmp/cp/out
diff -r /tmp/cp/in /tmp/cp/out
tar -C /tmp/cp/in -c deep | docker cp - enforce-copies:/root
docker cp enforce-copies:/root/deep - | tar -xO deep/x | grep -qx copied
docker create --name enforce-copies-2 --network none busybox cat /note
docker cp /tmp/cp/in/deep/x enforce-copies-2:/note
docker start -a enforce-copies-2 | grep -qx copied
docker rm -f enforce-copies enforce-copies-2
docker volume rm enforce-copies

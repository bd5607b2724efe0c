# docker cp of files, directories and archives, both ways, to running and created containers.
mkdir -p /tmp/cp/in/deep
echo copied > /tmp/cp/in/deep/x
docker run -d --runtime crun --name innocence-copies --network none -v innocence-copies:/v busybox sleep 600
docker cp /tmp/cp/in innocence-copies:/v/
docker exec innocence-copies cat /v/in/deep/x | grep -qx copied
docker cp innocence-copies:/v/in /tmp/cp/out
diff -r /tmp/cp/in /tmp/cp/out
tar -C /tmp/cp/in -c deep | docker cp - innocence-copies:/root
docker cp innocence-copies:/root/deep - | tar -xO deep/x | grep -qx copied
docker create --name innocence-copies-2 --network none busybox cat /note
docker cp /tmp/cp/in/deep/x innocence-copies-2:/note
docker start -a innocence-copies-2 | grep -qx copied
docker rm -f innocence-copies innocence-copies-2
docker volume rm innocence-copies

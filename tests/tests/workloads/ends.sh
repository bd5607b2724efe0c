# How containers end: by their own stop signal, killed, out of memory; and where their logs go.
trap='trap "echo stopped; exit 5" USR1; echo ready; while :; do read -t 1 x < /f || :; done'
for driver in json-file local; do
	docker run -d --runtime crun --name enforce-stop-$driver --network none --log-driver $driver \
		--stop-signal USR1 busybox sh -c "mkfifo /f; exec 3<> /f; $trap"
	until docker logs enforce-stop-$driver | grep -q ready; do sleep 0.1; done
	docker stop enforce-stop-$driver
	docker logs enforce-stop-$driver | grep -qx stopped
	test "$(docker inspect -f '{{.State.ExitCode}}' enforce-stop-$driver)" = 5
done
docker run -d --runtime crun --name enforce-killed --network none --log-driver none busybox sleep 600
docker kill enforce-killed
test "$(docker wait enforce-killed)" = 137
docker run --name enforce-oom --network none -m 64m --memory-swap 64m busybox tail /dev/zero || true
test "$(docker inspect -f '{{.State.OOMKilled}}' enforce-oom)" = true
docker rm -f enforce-stop-json-file enforce-stop-local enforce-killed enforce-oom

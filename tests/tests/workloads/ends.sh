# How containers end: by their own stop signal, killed, out of memory; and where their logs go.
trap='trap "echo stopped; exit 5" USR1; echo ready; while :; do read -t 1 x < /f || :; done'
for driver in json-file local; do
	docker run -d --runtime crun --name innocence-stop-$driver --network none --log-driver $driver \
		--stop-signal USR1 busybox sh -c "mkfifo /f; exec 3<> /f; $trap"
	until docker logs innocence-stop-$driver | grep -q ready; do sleep 0.1; done
	docker stop innocence-stop-$driver
	docker logs innocence-stop-$driver | grep -qx stopped
	test "$(docker inspect -f '{{.State.ExitCode}}' innocence-stop-$driver)" = 5
done
docker run -d --runtime crun --name innocence-killed --network none --log-driver none busybox sleep 600
docker kill innocence-killed
test "$(docker wait innocence-killed)" = 137
docker run --name innocence-oom --network none -m 64m --memory-swap 64m busybox tail /dev/zero || true
test "$(docker inspect -f '{{.State.OOMKilled}}' innocence-oom)" = true
docker rm -f innocence-stop-json-file innocence-stop-local innocence-killed innocence-oom

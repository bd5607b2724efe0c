# Containers start while the host mounts and unmounts all the time.
mkdir -p /tmp/churn/a /tmp/churn/b
touch /tmp/churning
{
	while [ -e /tmp/churning ]; do
		mount -t tmpfs none /tmp/churn/a
		mkdir /tmp/churn/a/x
		mount --bind /tmp/churn/a/x /tmp/churn/b
		mount --make-shared /tmp/churn/b
		umount /tmp/churn/b
		umount /tmp/churn/a
		echo >> /tmp/churned
	done
} &
for _ in 1 2 3; do
	docker run --rm --network none -v innocence-churn:/d busybox sh -c 'cat /proc/self/mountinfo > /d/x; echo ran' | grep -qx ran
done
rm /tmp/churning
wait
test "$(wc -l < /tmp/churned)" -gt 5
docker volume rm innocence-churn

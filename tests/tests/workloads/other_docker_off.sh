pid=$(cat /run/docker.pid)
echo '{"live-restore": true}' > /etc/docker/daemon.json
kill -KILL $pid
while kill -0 $pid 2> /dev/null && ! grep -q 'State:.*Z' /proc/$pid/status; do sleep 0.1; done
rm -f /run/docker.sock
xargs -d '\n' setsid < /tmp/dockerd-options > /var/log/dockerd-3.log 2>&1 &
until docker version > /dev/null 2>&1; do kill -0 $!; sleep 0.1; done
docker image inspect busybox > /dev/null
if mountpoint -q /srv/moved-docker; then umount -R /srv/moved-docker; rm /srv/docker.img /srv/linked-docker; fi

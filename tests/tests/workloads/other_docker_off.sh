docker image inspect busybox > /dev/null
if mountpoint -q /srv/moved-docker; then umount -R /srv/moved-docker; rm /srv/docker.img /srv/linked-docker; fi

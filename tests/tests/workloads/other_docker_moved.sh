# A disk of its own, behind a link.
truncate -s 1G /srv/docker.img
mkfs.ext4 -q /srv/docker.img
mkdir -p /srv/moved-docker
mount -o loop /srv/docker.img /srv/moved-docker
ln -sfn moved-docker /srv/linked-docker
daemon='{"live-restore": true, "data-root": "/srv/linked-docker"}'
is_so() { docker info -f '{{.DockerRootDir}}' | grep -q -- '-docker$'; }

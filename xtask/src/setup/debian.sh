# Runs inside the new root: lays the image "debian" down where Docker keeps images, out of the
# root's own files. Importing it would take an emulated processor minutes, on every start.
set -e
docker=/var/lib/docker/image/overlay2
layer=$(echo debian layer | sha256sum | cut -d ' ' -f 1)
cache=$(echo debian cache | sha256sum | cut -d ' ' -f 1)
link=DEBIANDEBIANDEBIANDEBIANDE

# The layer: everything that is installed but the container engines.
stored=/var/lib/docker/overlay2/$cache
mkdir -p "$stored/diff" /var/lib/docker/overlay2/l
tar -C / --one-file-system -c \
	--exclude='usr/bin/docker*' --exclude='usr/sbin/docker*' --exclude=usr/libexec/docker \
	--exclude='usr/bin/containerd*' --exclude='usr/bin/ctr' --exclude='usr/bin/podman*' \
	--exclude='usr/libexec/podman' --exclude='usr/bin/buildah' --exclude=usr/lib/modules \
	--exclude=usr/include --exclude='usr/share/perl*' --exclude=var/cache --exclude=var/lib/apt \
	--exclude=var/lib/docker --exclude=var/lib/containerd --exclude=var/log/journal \
	bin etc lib lib64 sbin usr var | tar -C "$stored/diff" -x
cd "$stored/diff"
mkdir -p dev home opt proc root run/postgresql sys tmp var/cache
chmod 1777 tmp
chown postgres run/postgresql
# As in the image that people take nginx from.
ln -sf /dev/stdout var/log/nginx/access.log
ln -sf /dev/stderr var/log/nginx/error.log
: > "$stored/committed"
printf %s $link > "$stored/link"
ln -s "../$cache/diff" "/var/lib/docker/overlay2/l/$link"

# What Docker wants to know of it.
db=$docker/layerdb/sha256/$layer
mkdir -p "$db" "$docker/imagedb/content/sha256" "$docker/imagedb/metadata/sha256"
printf %s "sha256:$layer" > "$db/diff"
printf %s "$cache" > "$db/cache-id"
printf %s "$(du -sb "$stored/diff" | cut -f 1)" > "$db/size"
: | gzip > "$db/tar-split.json.gz"
config='"Env":["PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin"]'
date='"created":"2025-01-01T00:00:00Z"'
printf %s "{\"architecture\":\"amd64\",\"os\":\"linux\",$date,\"config\":{$config},\
\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]},\"history\":[{$date}]}" > /tmp/image
id=$(sha256sum < /tmp/image | cut -d ' ' -f 1)
mv /tmp/image "$docker/imagedb/content/sha256/$id"
printf %s "{\"Repositories\":{\"debian\":{\"debian:latest\":\"sha256:$id\"}}}" > "$docker/repositories.json"

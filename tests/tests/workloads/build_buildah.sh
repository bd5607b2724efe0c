# buildah: the same by a program without a daemon, with podman's storage.
podman image exists busybox || podman import -q /opt/images/busybox.tar busybox
sed -i s,busybox,localhost/busybox, /tmp/build/Dockerfile
echo 'RUN --mount=type=cache,target=/c echo cached > /c/x && cp /c/x /cached' >> /tmp/build/Dockerfile
echo 'VOLUME /vol' >> /tmp/build/Dockerfile
echo 'RUN --mount=type=bind,from=first,source=/made,target=/first cat /first' >> /tmp/build/Dockerfile
echo secret > /tmp/build/secret
echo 'RUN --mount=type=secret,id=s grep -qx secret /run/secrets/s' >> /tmp/build/Dockerfile
buildah build -q --secret id=s,src=/tmp/build/secret --pull=never --network none --layers=false -t innocence-buildah /tmp/build
podman run --rm --network none innocence-buildah cat /made /cached | tr '\n' ' ' | grep -qx 'made cached '

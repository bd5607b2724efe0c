# BuildKit, in Docker's daemon: the same.
docker build -q --network none -t enforce-buildkit /tmp/build
docker run --rm --network none enforce-buildkit cat /made | grep -qx made
docker rmi -f enforce-buildkit

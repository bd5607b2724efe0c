# BuildKit, in Docker's daemon: the same.
docker build -q --network none -t innocence-buildkit /tmp/build
docker run --rm --network none innocence-buildkit cat /made | grep -qx made
docker rmi -f innocence-buildkit

# The legacy builder: several stages, a user, a package installed by RUN.
DOCKER_BUILDKIT=0 docker build -q --network none -t innocence-legacy /tmp/build
docker run --rm --network none innocence-legacy cat /made | grep -qx made
docker rmi -f innocence-legacy

# BuildKit: what only it has, mounts of caches, stages, memory, secrets and an SSH agent.
cat >> /tmp/build/Dockerfile << 'RUN'
RUN --mount=type=cache,target=/c echo cached > /c/x && cp /c/x /cached
RUN --mount=type=tmpfs,target=/t touch /t/x
RUN --mount=type=bind,from=first,target=/b cp /b/made /bound
RUN --mount=type=secret,id=word cp /run/secrets/word /told
RUN --mount=type=bind,target=/ctx cp /ctx/Dockerfile /recipe
RUN
echo whispered > /tmp/word
docker build -q --network none --secret id=word,src=/tmp/word -t innocence-mounts /tmp/build
docker run --rm --network none innocence-mounts cat /made /cached /bound /told | tr '\n' ' ' \
	| grep -qx 'made cached made whispered '
docker rmi -f innocence-mounts
mkdir -p /tmp/build-ssh
cat > /tmp/build-ssh/Dockerfile << 'RUN'
FROM attacker
RUN --mount=type=ssh /actor connect stream $SSH_AUTH_SOCK
RUN
socat -u UNIX-LISTEN:/tmp/build-ssh.sock,fork OPEN:/dev/null &
until [ -S /tmp/build-ssh.sock ]; do sleep 0.1; done
docker build -q --network none --ssh default=/tmp/build-ssh.sock -t innocence-ssh /tmp/build-ssh
kill $!
docker rmi -f innocence-ssh

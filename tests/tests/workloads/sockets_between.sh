# A socket in a volume that two containers share, one inside, and an abstract one.
# Not `--network container:`: the agent may learn too late whose files are shared (SECURITY.md).
docker run -d --runtime crun --name innocence-sockets --network none -v innocence-socket:/s debian sh -c \
	'socat UNIX-LISTEN:/s/sock,fork SYSTEM:"echo answered" & \
	 socat ABSTRACT-LISTEN:inner,fork SYSTEM:"echo abstract" & \
	 socat UNIX-RECVFROM:/s/datagram,fork SYSTEM:"cat > /s/received" & wait'
docker exec innocence-sockets sh -c 'until [ -S /s/sock -a -S /s/datagram ]; do sleep 0.1; done
	socat -u UNIX-CONNECT:/s/sock -; until socat -u ABSTRACT-CONNECT:inner -; do sleep 0.1; done' > /tmp/answers
grep -qx answered /tmp/answers
grep -qx abstract /tmp/answers
docker run --rm -i --runtime crun --network none -v innocence-socket:/s debian sh -euc \
	'socat -u UNIX-CONNECT:/s/sock -
	 echo sent | socat -u - UNIX-SENDTO:/s/datagram; until grep sent /s/received; do sleep 0.1; done' > /tmp/answers
test "$(sort /tmp/answers | tr '\n' ' ')" = 'answered sent '
docker rm -f innocence-sockets
docker volume rm innocence-socket

# docker exec in every form, beside those on a terminal.
docker run -d --runtime crun --name innocence-lenient-forms --network none --read-only --tmpfs /run busybox sleep 600
docker exec -e NAME=nina -w /home -u 1000:1000 innocence-lenient-forms sh -c 'echo $NAME $PWD $(id -u)' \
	| grep -qx 'nina /home 1000'
echo piped | docker exec -i --privileged innocence-lenient-forms sh -euc 'grep -q CapEff:.*1ffffffffff /proc/self/status
	cat /dev/stdin > /dev/stdout; echo no > /dev/stderr' 2> /dev/null | grep -qx piped
docker exec -d innocence-lenient-forms sh -c 'echo detached > /run/x; mkfifo /run/f; cat /run/x > /run/f'
status=0
docker exec innocence-lenient-forms sh -c 'until [ -p /run/f ]; do sleep 0.1; done; cat /run/f; exit 3' > /tmp/answers || status=$?
grep -qx detached /tmp/answers
test $status = 3
docker rm -f innocence-lenient-forms

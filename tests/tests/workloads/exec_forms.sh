# docker exec in every form, beside those on a terminal.
docker run -d --name enforce-forms --network none --read-only --tmpfs /run busybox sleep 600
docker exec -e NAME=nina -w /home -u 1000:1000 enforce-forms sh -c 'echo $NAME $PWD $(id -u)' \
	| grep -qx 'nina /home 1000'
echo piped | docker exec -i enforce-forms cat /dev/stdin | grep -qx piped
docker exec enforce-forms sh -c 'echo reopened > /dev/stdout; echo no > /dev/stderr' 2> /dev/null \
	| grep -qx reopened
docker exec --privileged enforce-forms grep -q 'CapEff:.*1ffffffffff' /proc/self/status
docker exec -d enforce-forms sh -c 'echo detached > /run/x; mkfifo /run/f; cat /run/x > /run/f'
docker exec enforce-forms sh -c 'until [ -p /run/f ]; do sleep 0.1; done; cat /run/f' | grep -qx detached
status=0; docker exec enforce-forms sh -c 'exit 3' || status=$?
test $status = 3
docker rm -f enforce-forms

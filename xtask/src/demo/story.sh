#!/bin/sh
# The story `cargo xtask demo` tells, inside a virtual machine with Docker. Exit status 1: it went wrong.
# With the argument `keep` a shell comes after it.

wrong=0
attacks=0
stopped=0
denials=0

chapter() {
	printf '\n=== %s\n' "$*"
}

# Shows a command, runs it and shows the answer; the status is the command's, the answer is in $answer.
run() {
	printf '\n  $ %s\n' "$1"
	sh -c "$1" > /tmp/answer 2>&1
	status=$?
	answer=$(cat /tmp/answer)
	sed 's/^/  | /' /tmp/answer
	return $status
}

blame() {
	wrong=$((wrong + 1))
	printf '  WRONG: %s\n' "$*"
}

# Something innocent: it has to work.
works() {
	run "$1" && printf '  it works.\n' || blame 'this is innocent and did not work'
}

# An attack: it has to fail, and Bulkhead has to say so.
refused() {
	printf '\n  # %s' "$1"
	attacks=$((attacks + 1))
	if run "$2"; then
		blame 'the attack worked'
		return
	fi
	for _ in $(seq 50); do
		bulkhead tail -o compact --no-follow > /tmp/denials 2> /tmp/tail.err
		count=$(wc -l < /tmp/denials)
		if [ "$count" -gt "$denials" ]; then
			tail -n +$((denials + 1)) /tmp/denials | sed 's/^/  > /'
			denials=$count
			printf '  refused.\n'
			stopped=$((stopped + 1))
			return
		fi
		sleep 0.1
	done
	cat /tmp/tail.err
	blame 'it failed, but Bulkhead does not report it'
}

disk=$(awk '$2 == "/" { print $1 }' /proc/mounts | tail -n 1)
trick='docker volume create --opt type=none --opt o=bind --opt device=/ trick'

cat << 'END'

The virtual machine plays the host: wherever the host is meant here, it is the machine.
END

chapter 'Without Bulkhead: a container reads the host'\''s password hashes'
run 'docker run --rm -v /:/tmp busybox grep ^root: /tmp/etc/shadow'
case $answer in
root:*) printf '  that was the HOST'\''s /etc/shadow, read from a container.\n' ;;
*) blame 'the attack should work without Bulkhead' ;;
esac

chapter 'Bulkhead starts'
cat > /tmp/policy.toml << 'END'
# Everything is `baseline`; these two are trusted with every privilege, and contained all the same.
[[assign]]
name = "trusted-*"
profile = "privileged"
END
printf '\n'
sed 's/^/  | /' /tmp/policy.toml
printf '\n  $ bulkhead run --policy /tmp/policy.toml &\n'
bulkhead run --policy /tmp/policy.toml > /tmp/bulkhead.out 2> /tmp/bulkhead.err &
agent=$!
for _ in $(seq 300); do
	bulkhead status > /tmp/status 2>&1 && ready=yes && break
	kill -0 $agent 2> /dev/null || break
	sleep 0.2
done
if [ -z "$ready" ]; then
	sed 's/^/  | /' /tmp/bulkhead.err /tmp/status
	blame 'Bulkhead did not start'
	exit 1
fi
run 'bulkhead status | head -n 1'

chapter 'Innocent containers work as before'
works 'docker run --rm busybox echo hello from a container'
works 'docker run --rm -v data:/data busybox sh -c "echo kept > /data/file && cat /data/file"'
works 'docker run --detach --name web busybox sleep 600'
works 'docker exec web echo hello from docker exec'

chapter 'Attacks do not'
cat << 'END'

  Lines with ">" are Bulkhead's: rule, container, what was tried, by whom as name[pid].
  "no anchor": nothing lets this path of the host in; "(and N more)": so many more such mounts.
  A container that got something of the host is made, but the kernel refuses to run its first
  program: so Docker's answer reads "exec ...: operation not permitted".
END
refused 'the same attack again: the whole host as a volume' \
	'docker run --rm --name thief -v /:/tmp busybox grep ^root: /tmp/etc/shadow'
refused 'a part of the host' \
	'docker run --rm --name etc -v /etc:/x busybox grep ^root: /x/shadow'
refused 'the socket of Docker itself: who has it is root on the host' \
	'docker run --rm --name sock -v /var/run/docker.sock:/s busybox ls -l /s'
run "$trick" || blame 'making a volume is innocent'
refused 'the host in the disguise of a named volume' \
	'docker run --rm --name trick -v trick:/x busybox grep ^root: /x/etc/shadow'
refused 'every privilege there is' \
	'docker run --rm --name greedy --privileged --pid=host busybox id'
refused 'the host'\''s disk, mounted at run time by a container that is trusted with privileges' \
	"docker run --rm --name trusted-disk --privileged busybox sh -c 'mount -t ext4 $disk /mnt && grep ^root: /mnt/etc/shadow'"
refused 'into the host'\''s mount namespace through its first process' \
	'docker run --rm --name trusted-nsenter --privileged --pid=host busybox nsenter -t 1 -m grep ^root: /etc/shadow'

chapter 'And afterwards'
works 'docker exec web echo the neighbour never noticed'
printf '\n%s of %s attacks refused.\n' "$stopped" "$attacks"

if [ $wrong -gt 0 ]; then
	printf '\n%s went wrong, see WRONG above. What Bulkhead said:\n' $wrong
	sed 's/^/  | /' /tmp/bulkhead.err
	code=1
fi
if [ "$1" = keep ]; then
	printf '\nA shell in the machine, with Bulkhead running; `exit` ends the machine.\n'
fi
exit ${code:-0}

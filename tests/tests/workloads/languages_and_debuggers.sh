# What a developer has in a container: Java, Python, ps, top, strace and gdb of own processes.
docker run --rm -i --runtime crun --network none debian sh -eu << 'INSIDE'
cd /tmp
echo brewed > page
java -XX:TieredStopAtLevel=1 -m jdk.httpserver -b 127.0.0.1 -p 8000 -d /tmp > java.out 2>&1 &
java=$!

python3 -c '
import os, socket, threading
ours, theirs = socket.socketpair()
if os.fork() == 0:
    thread = threading.Thread(target=lambda: theirs.send(b"counted"))
    thread.start(); thread.join(); os._exit(0)
assert ours.recv(9) == b"counted"
os.wait()'

ps -ef | grep -q '[h]ttpserver'
top -bn1 | grep -q 'top -'

sleep 600 & sleeper=$!
strace -o trace -p $sleeper & tracer=$!
until grep -q 'TracerPid:.*[1-9]' /proc/$sleeper/status; do sleep 0.1; done
kill $sleeper
wait $tracer || true
grep -q 'SIGTERM' trace

gdb -nx -q -batch -ex starti -ex 'p 6 * 7' -ex continue --args /bin/echo debugged > gdb 2>&1
grep -q '= 42' gdb
grep -q debugged gdb

until printf 'GET /page HTTP/1.0\r\n\r\n' | socat - TCP:127.0.0.1:8000 2> /dev/null | grep -q brewed
do kill -0 $java || { cat java.out; exit 1; }; done
kill $java
INSIDE

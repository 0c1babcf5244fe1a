#!/usr/bin/env bash
# A real Linux kernel (Debian's user-mode-linux) whose network card is one end of a socketpair, hepta at the other: no privileges, no TAP.
. "$(dirname "$0")/lib.sh"
need linux.uml busybox python3 curl ping

mkdir "$work/www"
random_bytes 3000000 >"$work/www/file"
cat >"$work/init" <<END
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
busybox insmod /usr/lib/uml/modules/*/kernel/lib/crc-ccitt.ko
busybox insmod /usr/lib/uml/modules/*/kernel/net/ipv6/ipv6.ko 2>&1 | sed "s/^/GUEST insmod /"
ip link set lo up
ip link set vec0 up
ip addr add 10.7.0.1/24 dev vec0
ip addr add fd07::1/64 dev vec0 nodad
try() { what=\$1; shift; if "\$@" >/mnt/log 2>&1; then echo "GUEST ok \$what"; else echo "GUEST failed \$what"; sed 's/^/GUEST   /' /mnt/log; fi; }
try "IPv4 ping" ping -c 3 -i 0.2 -W 2 10.7.0.2
try "IPv6 ping" ping -c 3 -i 0.2 -W 2 fd07::2
try "fragmented ping" ping -c 2 -i 0.2 -W 2 -s 9000 10.7.0.2
try "fetching a file" curl -sSf --max-time 60 -o /mnt/file http://10.7.0.2:8080/file
try "the same file" cmp /mnt/file $work/www/file
try "fetching it over IPv6" curl -sSf --max-time 60 -o /mnt/file http://[fd07::2]:8080/file
try "the same file again" cmp /mnt/file $work/www/file
echo GUEST end
sleep 60
END
chmod 755 "$work" "$work/init"

cat >"$work/run.py" <<'END'
import os, signal, socket, subprocess, sys, time
work, hepta = sys.argv[1:]
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
for s in (ours, theirs):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
serve = subprocess.Popen([hepta, "serve", work + "/www", "--port", "8080", "--wire", f"fd:{ours.fileno()}", "--addr", "10.7.0.2/24", "--addr", "fd07::2/64",
                          "--capture", work + "/uml.pcapng", "--seed", "1"], pass_fds=[ours.fileno()], stdin=subprocess.DEVNULL,
                         stdout=open(work + "/serve.log", "w"), stderr=subprocess.STDOUT)
uml = subprocess.Popen(["linux.uml", f"umid=hepta{os.getpid()}", f"uml_dir={work}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "mem=128M",
                        "quiet", f"init={work}/init", "con0=null,fd:1", "con=null", f"vec0:transport=fd,fd={theirs.fileno()},depth=64"],
                       pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
ours.close()
theirs.close()
signal.alarm(150)
seen = b""
try:
    while b"GUEST end" not in seen:
        part = os.read(uml.stdout.fileno(), 65536)
        if not part:
            break
        seen += part
finally:
    open(work + "/guest.log", "wb").write(seen)
    os.killpg(uml.pid, signal.SIGKILL)
    serve.send_signal(signal.SIGINT)
    serve.wait(10)
END
timeout 170 python3 "$work/run.py" "$work" "$HEPTA" >"$work/run.log" 2>&1
guest() { tr -d '\r' <"$work/guest.log" | grep -A 6 -F "GUEST failed $1" && return 1; tr -d '\r' <"$work/guest.log" | grep -qF "GUEST ok $1"; }
for what in "IPv4 ping" "IPv6 ping" "fragmented ping" "fetching a file" "the same file" "fetching it over IPv6" "the same file again"; do
    check "the kernel in user mode: $what" guest "$what"
done
command -v tshark >/dev/null && check "the capture is clean" clean_capture "$work/uml.pcapng"
finish

#!/usr/bin/env bash
# The command in its own little world (--wire lab:): no privileges, virtual time.
. "$(dirname "$0")/lib.sh"

wait_for() { for try in $(seq 200); do grep -qF -- "$1" got && return 0; sleep 0.02; done; return 1; }
hepta() { timeout 30 "$HEPTA" "$@" </dev/null; }
has() { local text=$1; shift; "$@" 2>&1 | tee got | grep -qF -- "$text" || { cat got; return 1; }; }

check "ping by name" has "3 packets transmitted, 3 received, 0% packet loss" hepta ping --wire lab: -c 3 -i 10ms server
check "ping over IPv6" has "bytes from fd00:7::1: icmp_seq=1 ttl=64" hepta ping --wire lab: -6 -c 1 server
check "ping with fragments" has "65515 bytes from 10.7.0.1" hepta ping --wire lab: -c 1 -s 65507 --set neigh.held_max=64 10.7.0.1
check "ping as JSON" has '"received":2' hepta ping --wire lab: -c 2 -i 10ms --json server
delayed() { hepta ping --wire lab: --delay 20ms -c 2 -i 10ms --json 10.7.0.1 | tee got | grep -q '"received":2.*"min_ms":\([4-9][0-9]\|[0-9]*[0-9][0-9][0-9]\)\.'; }
check "ping with delay" delayed
silence() { hepta ping --wire lab: -c 1 -W 50ms 10.7.0.77; [ $? = 1 ]; }
check "nobody there: exit 1" silence
no_name() { hepta ping --wire lab: -c 1 nobody.lab >got 2>&1; [ $? = 1 ] && grep -q "nobody.lab: the name does not exist (NXDOMAIN)" got; }
check "no such name" no_name
interrupted() {
    "$HEPTA" ping --wire lab: -i 20ms server >got 2>&1 &
    wait_for "bytes from" && kill -INT $! && wait $! && grep -q "packets transmitted" got
}
check "Ctrl-C ends ping with its summary" interrupted
check "trace" has " 1  10.7.0.1" hepta trace --wire lab: -q 1 server

captured() {
    hepta ping --wire lab: -c 5 -i 10ms --loss 40% --seed 3 --capture out.pcapng 10.7.0.1
    has "DROP WIRE_LOSS" hepta decode out.pcapng && has "icmp echo request" hepta decode --filter "icmp.type == 8" out.pcapng
}
check "a capture with the reasons of drops" captured
twice() { # NAME SEED COMMAND...: all that is said and captured, in NAME.*
    local name=$1 seed=$2
    shift 2
    hepta "$@" --wire lab: --seed "$seed" --trace --capture "$name.pcapng" >"$name.out" 2>"$name.err"
}
same_seed_same_bytes() {
    for file in out err pcapng; do cmp "first.$file" "again.$file" || return 1; done
    ! cmp -s first.err other.err && ! cmp -s first.pcapng other.pcapng
}
determined() { twice first 1 "$@" && twice again 1 "$@" && twice other 2 "$@" && [ -s first.pcapng ] && [ -s first.err ] && same_seed_same_bytes; }
check "ping is the same again" determined ping -c 3 server
check "a page is the same again" determined get --loss 2% --reorder 5% --jitter 1ms http://server/
check "perf is the same again" determined perf -n 1M --bit-errors 1e-7 client server
check "a route is the same again" determined trace server
unseeded() { hepta ping --wire lab: -c 1 --trace 10.7.0.1 2>one >/dev/null && hepta ping --wire lab: -c 1 --trace 10.7.0.1 2>two >/dev/null && ! cmp -s one two; }
check "without a seed, chance" unseeded
quick() { hepta ping --wire lab: -c 100 -q server >got && grep -q "100 received.* time 99000ms" got; }
check "time is virtual" quick
refused() { local text=$1; shift; hepta "$@" >got 2>&1; [ $? = 2 ] && grep -qF -- "$text" got || { cat got; return 1; }; }
check "nobody comes to a host in the lab" refused "nobody in it who could come" host --wire lab:
check "nobody comes to a server in the lab" refused "nobody in it who could come" serve --wire lab: .
check "nobody comes to a perf server in the lab" refused "nobody in it who could come" perf --wire lab: server
check "nor through a router in the lab" refused "nobody in it who could come" router --wire lab: --wire null:
check "no two clocks" refused "a time of its own" ping --wire lab: --wire null: --addr 10.0.0.1/24 -c 1 server
check "the server's name is taken" refused "has that name" ping --wire lab: --name server -c 1 server
check "its own MAC" has "06:00:00:00:00:01" hepta ping --wire lab: --mac 06:00:00:00:00:01 -v -c 1 server
check "a large MTU" has "9008 bytes from" hepta ping --wire lab: --mtu 9100 -s 9000 -c 1 server
check "a small MTU" has "1008 bytes from" hepta ping --wire lab: --mtu 600 -s 1000 -c 1 server
damaged() { twice damaged 3 ping -c 30 -i 1ms --bit-errors 1e-3 10.7.0.1; grep -q "drop pkt.* FCS" damaged.err; }
check "flipped bits die of the FCS" damaged

check "a trace of every event" has "tx L1 pkt" hepta ping --wire lab: -c 1 --trace 10.7.0.1

check "get a page" has "It works" hepta get --wire lab: http://server/
big() { hepta get --wire lab: -o big --sha256 http://server/big >got 2>&1 && [ "$(wc -c <big)" = 10000000 ] && grep -q "$(sha256sum big | cut -c1-64)" got; }
check "get 10 MB, the hash is right" big
resumed() { head -c 4000000 big >part; hepta get --wire lab: -C -o part http://server/big && cmp part big; }
check "get the rest of a file" resumed
bad() { hepta get --wire lab: --loss 1% --reorder 5% --delay 5ms --seed 5 --capture bad.pcapng -o bad http://server/big && cmp bad big; }
check "get over a bad wire" bad
states() { has "SYN-SENT -> ESTABLISHED" hepta decode bad.pcapng; }
check "the capture tells TCP's states" states
missing() { hepta get --wire lab: http://server/missing >got 2>&1; [ $? = 1 ] && grep -q 404 got; }
check "404 is an error" missing
check "perf up" has "bit/s" hepta perf --wire lab: -n 5M client server
check "perf down" has "bit/s" hepta perf --wire lab: -R -n 5M client server
check "perf exchange" has "exchanges per second" hepta perf --wire lab: -x -t 0.3 client server
served() {
    mkdir -p www && echo hello >www/file
    "$HEPTA" serve --wire null: --addr 10.0.0.1/24 www >got 2>&1 &
    wait_for "serving http://10.0.0.1/" && kill -INT $! && wait $!
}
check "serve says where, and ends well" served
echo "$passed checks passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

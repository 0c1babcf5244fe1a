#!/usr/bin/env bash
# The command in its own little world (--wire lab:): no privileges, real time, a few seconds.
set -u
HEPTA=${HEPTA:?the hepta command}
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

check() {
    local what=$1
    shift
    if "$@" >out 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what: $*"
        tail -n 20 out | sed 's/^/    /'
    fi
}
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
no_name() { hepta ping --wire lab: -c 1 nobody.lab >got 2>&1; [ $? = 1 ] && grep -q "no such name" got; }
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

#!/usr/bin/env bash
# hepta tour: a page over a client, a switch, two routers and a server, told layer by layer; a capture for each cable.
. "$(dirname "$0")/lib.sh"

tour() { timeout 60 "$HEPTA" tour --size 1M --out "$@" </dev/null; }
has() { grep -qF -- "$1" told || { tail -n 30 told; return 1; }; }

told() { tour a --seed 3 --loss 1% >told; }
check "the page comes" told
check "ARP" has "arp who-has 10.1.0.1 tell 10.1.0.2"
check "the name" has "answer A www.hepta.test: A 10.3.0.80"
both_sides() { has "client     4  state  SYN-SENT → ESTABLISHED" && has "server     4  state  SYN-RECEIVED → ESTABLISHED"; }
check "the handshake with the states of both sides" both_sides
check "windows" has "receive window up to"
check "retransmissions" grep -q "the server sent [1-9][0-9]* of its [0-9]* segments again" told
closed() { has "FIN-WAIT-1 → FIN-WAIT-2" && has "LAST-ACK → CLOSED"; }
check "the close" closed
check "every layer" eval 'for layer in "7 application" "4 transport" "3 network" "2 link" "1 physical"; do has "  $layer" || return 1; done'
check "the body's hash" has "the one that the server holds"
check "how to look further" has "hepta decode a/client-sw.pcapng"
check "lost frames have a name" has "x WIRE_LOSS: the cable lost the frame"
same() { for cable in client-sw sw-r1 r1-r2 r2-server; do cmp "$1/$cable.pcapng" "$2/$cable.pcapng" || return 1; done; }
again() { tour b --seed 3 --loss 1% >again && same a b && diff <(sed 's/ in [0-9.]* s of real time//; s|\ba/|b/|' told) <(sed 's/ in [0-9.]* s of real time//' again); }
check "the same seed: the same bytes in every capture, and the same account" again
other() { tour c --seed 4 --loss 1% >other && ! cmp -s a/r1-r2.pcapng c/r1-r2.pcapng; }
check "another seed: another run" other
json() { tour d --seed 3 --json | grep -q '"status":200,.*"same":true'; }
check "as JSON" json
refused() { tour e http://server/ >told 2>&1; [ $? = 2 ] && has "a URL needs a --wire"; }
check "a URL wants a wire" refused
if command -v tshark >/dev/null; then
    clean() {
        local wrong='_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmpv6.checksum.status == 0 || eth.fcs.status == 0'
        for file in a/*.pcapng; do
            [ -z "$(tshark -r "$file" -o tcp.desegment_tcp_streams:FALSE -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -Y "$wrong" 2>/dev/null | tee bad | head -n 3)" ] || { head -n 3 bad; return 1; }
            [ "$(tshark -r "$file" 2>/dev/null | wc -l)" -gt 700 ] || return 1
        done
    }
    check "tshark finds nothing wrong in any of the captures" clean
fi
echo "$passed checks passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

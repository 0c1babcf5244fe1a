#!/usr/bin/env bash
# A hepta router between two namespaces: traceroute and mtr through it, TCP through it, both ways.
. "$(dirname "$0")/lib.sh"
need_root; need traceroute mtr curl nc socat

# a -- veth -- (hepta, AF_PACKET on both) -- veth -- b; the namespace in the middle has no addresses of its own.
ns a
ns r
ns b
veth() { # NAME DEVICE ADDRESS ADDRESS6 GATEWAY GATEWAY6
    ip link add "$2" netns "hepta-$1-$$" type veth peer name "to-$1" netns "hepta-r-$$"
    ip -n "hepta-$1-$$" addr add "$3" dev "$2"
    ip -n "hepta-$1-$$" addr add "$4" dev "$2" nodad
    ip -n "hepta-$1-$$" link set "$2" up
    on r sysctl -qw "net.ipv6.conf.to-$1.disable_ipv6=1"
    ip -n "hepta-r-$$" link set "to-$1" up
    ip -n "hepta-$1-$$" route add default via "$5"
    ip -n "hepta-$1-$$" route add default via "$6"
}
veth a v0 10.8.1.2/24 fd81::2/64 10.8.1.1 fd81::1
veth b v1 10.8.2.2/24 fd82::2/64 10.8.2.1 fd82::1
spawn r router.log "$HEPTA" router --wire packet:to-a --addr 10.8.1.1/24 --addr fd81::1/64 \
    --wire packet:to-b --addr 10.8.2.1/24 --addr fd82::1/64 --capture "$work/router.pcapng" --seed 1
router=$last
check "a ping goes through" wait_for 8 on a ping -c 1 -W 1 10.8.2.2
check "an IPv6 ping goes through" wait_for 8 on a ping -c 1 -W 1 fd82::2
hops() { on a "$@" >"$work/hops.txt" 2>&1; cat "$work/hops.txt"; grep -q '10\.8\.1\.1' "$work/hops.txt" && grep -q '10\.8\.2\.2' "$work/hops.txt"; }
hops6() { on a "$@" >"$work/hops.txt" 2>&1; cat "$work/hops.txt"; grep -q 'fd81::1' "$work/hops.txt" && grep -q 'fd82::2' "$work/hops.txt"; }
check "traceroute with UDP" hops traceroute -n -w 1 -q 2 10.8.2.2
check "traceroute with ICMP" hops traceroute -n -I -w 1 -q 2 10.8.2.2
check "traceroute with TCP" hops traceroute -n -T -w 1 -q 2 10.8.2.2
check "traceroute with IPv6" hops6 traceroute -6 -n -w 1 -q 2 fd82::2
check "mtr" hops mtr -n -r -c 3 -i 0.2 10.8.2.2
random_bytes 20000000 >"$work/file"
through() {
    spawn b sink.out socat -u TCP-LISTEN:9000,reuseaddr CREATE:"$work/sunk"
    wait_for 3 on b sh -c 'ss -ltn | grep -q :9000'
    on a timeout 60 socat -u OPEN:"$work/file" TCP:10.8.2.2:9000
    wait "$last"
    cmp "$work/file" "$work/sunk"
}
check "20 MB of TCP through the router" through
fragments() { on a ping -c 2 -W 2 -s 20000 10.8.2.2 && on a ping -6 -c 2 -W 2 -s 20000 fd82::2; }
check "fragments go through" fragments
unreachable() { on a ping -c 1 -W 3 10.9.9.9 2>&1 | grep -q 'Destination Net Unreachable'; }
check "no route: the router says so" unreachable
ttl() { on a ping -c 1 -W 2 -t 1 10.8.2.2 2>&1 | grep -q 'Time to live exceeded'; }
check "TTL ran out: the router says so" ttl
end "$router"
check "the capture is clean" clean_capture "$work/router.pcapng"
finish

#!/usr/bin/env bash
# IPv6 neighbours: Linux configures itself from a hepta router's advertisements; duplicate addresses are noticed both ways; groups are joined.
. "$(dirname "$0")/lib.sh"
need_root; need rdisc6 ndisc6 ping tshark

ns a
tap a t0
on a sysctl -qw net.ipv6.conf.t0.accept_ra=1 net.ipv6.conf.t0.accept_dad=1
spawn a router.log "$HEPTA" router --advertise --wire tap:t0 --addr fd42::1/64 --capture "$work/router.pcapng" --seed 1
router=$last
has() { on a ip -6 addr show dev t0 | grep -q "inet6 fd42::.*dynamic"; }
check "Linux makes itself an address" wait_for 10 has
default() { on a ip -6 route show default | grep -q 'via fe80::.* proto ra'; }
check "... and a default route" default
check "ping by that address" wait_for 5 on a ping -6 -c 1 -W 1 fd42::1
ask() { on a rdisc6 -1 -w 3000 t0 >"$work/rdisc6.txt"; cat "$work/rdisc6.txt"; grep -q 'Prefix *: fd42::/64' "$work/rdisc6.txt" && grep -q 'Router lifetime *: *1800' "$work/rdisc6.txt"; }
check "rdisc6 reads the advertisement" ask
neighbour() { on a ndisc6 -1 -w 1000 fd42::1 t0 | grep -qi 'link-layer address'; }
check "ndisc6 finds the router" neighbour
beyond() { on a ping -6 -c 1 -W 2 2001:db8:99::1 2>&1 | grep -q 'No route\|Destination unreachable'; }
check "no route: the router says so" beyond
duplicate() { on a ip -6 addr add fd42::1/64 dev t0 && sleep 2 && on a ip -6 addr show dev t0 | grep 'fd42::1/64' | grep -q dadfailed; }
check "Linux notices that hepta has the address" duplicate
on a ip -6 addr del fd42::1/64 dev t0 2>/dev/null
end "$router"
gone() { ! on a ip -6 route show default | grep -q 'proto ra'; }
check "a router that ends says so" wait_for 2 gone
check "the capture is clean" clean_capture "$work/router.pcapng"
reports() { tshark -r "$work/router.pcapng" -Y 'icmpv6.type == 143 && icmpv6.mldr.mar.multicast_address == ff02::1:ff00:1' 2>/dev/null | grep -q .; }
check "the address' group was reported" reports

on a ip -6 addr add fd42::7/64 dev t0 nodad
taken() { ! on a timeout 8 "$HEPTA" ping --wire tap:t0 --addr fd42::7/64 -c 1 fd42::7; }
check "hepta does not use an address that Linux has" taken
finish

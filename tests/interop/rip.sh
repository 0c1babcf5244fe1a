#!/usr/bin/env bash
# RIP version 2 with FRR's ripd (behind a password) on one side and BIRD on the other: each learns what the others have, and what is withdrawn.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/lib/frr
need_root; need ripd zebra vtysh bird birdc tshark

# f (FRR) -- veth -- r (hepta, AF_PACKET) -- veth -- b (BIRD); hepta has one more network, 10.8.9.0/24, with nobody in it.
ns f
ns r
ns b
veth() { # NAME ADDRESS NETWORK
    ip link add v0 netns "hepta-$1-$$" type veth peer name "to-$1" netns "hepta-r-$$"
    ip -n "hepta-$1-$$" addr add "$2" dev v0
    ip -n "hepta-$1-$$" addr add "$3" dev lo
    ip -n "hepta-$1-$$" link set v0 up
    on r sysctl -qw "net.ipv6.conf.to-$1.disable_ipv6=1"
    ip -n "hepta-r-$$" link set "to-$1" up
}
veth f 10.8.1.2/24 198.18.1.1/24
veth b 10.8.2.2/24 198.18.2.1/24

frr=hepta-rip-$$
trap 'cleanup; rm -rf "/var/run/frr/$frr"' EXIT
mkdir -p "$work/frr" "/var/run/frr/$frr"
cat >"$work/frr/zebra.conf" <<END
hostname f
END
cat >"$work/frr/ripd.conf" <<END
interface v0
 ip rip authentication mode text
 ip rip authentication string open-sesame
router rip
 version 2
 network v0
 redistribute connected
 timers basic 5 15 10
END
chmod 755 "$work"
chown -R frr:frr "$work/frr" "/var/run/frr/$frr"
chown frr:frr /var/run/frr
for daemon in zebra ripd; do
    spawn f "$daemon.log" $daemon -N "$frr" -f "$work/frr/$daemon.conf" -i "$work/frr/$daemon.pid" -z "$work/frr/zserv.sock" --vty_socket "$work/frr" -P 0
    [ $daemon = zebra ] && wait_for 10 test -S "$work/frr/zserv.sock"
done
cat >"$work/bird.conf" <<END
log "$work/bird.log" all;
router id 2.2.2.2;
protocol device { scan time 1; }
protocol direct { ipv4; interface "lo"; }
protocol kernel { ipv4 { export all; }; }
protocol rip r4 {
    ipv4 { import all; export where source = RTS_DEVICE; };
    interface "v0" { version 2; update time 2; timeout time 12; garbage time 6; };
}
END
spawn b bird.out bird -f -c "$work/bird.conf" -s "$work/bird.ctl"
bird=$last
spawn r router.log "$HEPTA" router --rip --rip-timers 2,12,6 --rip-show 1 --capture "$work/router.pcapng" --seed 1 \
    --wire packet:to-f --addr 10.8.1.1/24 --rip-password open-sesame --wire packet:to-b --addr 10.8.2.1/24 --wire null: --addr 10.8.9.1/24
router=$last

rip() { vtysh --vty_socket "$work/frr" -c 'show ip rip' 2>/dev/null; }
birds() { birdc -s "$work/bird.ctl" "show route all protocol r4"; }
said() { grep -F "$1" "$work/router.log"; }
# What FRR knows: prefix, gateway, metric.
frr_has() { rip | grep -E "R\(n\) $1 +$2 +$3 "; }
bird_has() { birds >"$work/birds.txt"; cat "$work/birds.txt"; awk -v to="$1" '$1 == to {on = 1} on && /RIP.metric|rip_metric/ {print; exit}' "$work/birds.txt" | grep -q "$2$"; }
hasnt() { ! "$@"; }
gone_at_bird() { birds >"$work/birds.txt" && ! grep -q "^$1" "$work/birds.txt"; }
gone_at_frr() { rip >"$work/rip.txt" && ! grep -qE "R\(n\) $1 .* ([1-9]|1[0-5]) +10\.8\.1\.1" "$work/rip.txt"; }

check "hepta learns from FRR" wait_for 30 said "learned 198.18.1.0/24 via 10.8.1.2 metric 2"
check "hepta learns from BIRD" wait_for 30 said "learned 198.18.2.0/24 via 10.8.2.2 metric 2"
check "FRR learns our own network" wait_for 30 frr_has 10.8.9.0/24 10.8.1.1 2
check "FRR learns BIRD's network from us" wait_for 30 frr_has 198.18.2.0/24 10.8.1.1 3
check "BIRD learns our own network" wait_for 30 bird_has 10.8.9.0/24 2
check "BIRD learns FRR's network from us" wait_for 30 bird_has 198.18.1.0/24 3
check "a ping all the way" wait_for 10 on f ping -c 1 -W 1 -I 198.18.1.1 198.18.2.1
check "the table can be printed" wait_for 5 said "198.18.2.0/24 via 10.8.2.2 metric 2 on eth1, for "

# Withdrawals: of FRR's network; of a router that dies without a word; of ours.
ip -n "hepta-f-$$" addr del 198.18.1.1/24 dev lo
check "hepta hears that FRR lost a network" wait_for 20 said "lost 198.18.1.0/24: a neighbour said so"
check "and BIRD from us" wait_for 30 gone_at_bird 198.18.1.0/24
ip -n "hepta-f-$$" addr add 198.18.1.1/24 dev lo
check "and that it has it again" wait_for 30 bird_has 198.18.1.0/24 3
kill -9 "$bird"
check "BIRD is silent: its route times out" wait_for 30 said "lost 198.18.2.0/24: its neighbour was silent too long"
check "and FRR hears of it" wait_for 30 gone_at_frr 198.18.2.0/24
rm -f "$work/bird.ctl"
spawn b bird2.out bird -f -c "$work/bird.conf" -s "$work/bird.ctl"
check "BIRD comes back and is told everything" wait_for 30 bird_has 10.8.9.0/24 2
on r ip link set to-b down
check "the wire to BIRD goes down" wait_for 10 said "lost 198.18.2.0/24: the link is down"
on r ip link set to-b up
check "and up" wait_for 30 frr_has 198.18.2.0/24 10.8.1.1 3
kill -INT "$router"
wait "$router"
check "hepta ends and says so: FRR" wait_for 10 gone_at_frr 10.8.9.0/24
check "hepta ends and says so: BIRD" wait_for 10 gone_at_bird 10.8.9.0/24

check "the capture is clean" clean_capture "$work/router.pcapng"
same_fields() { # tshark and hepta read the same routes in it
    tshark -r "$work/router.pcapng" -Y rip -T fields -e rip.ip -e rip.netmask -e rip.metric 2>/dev/null | wc -l >"$work/tshark.count"
    "$HEPTA" decode --filter rip "$work/router.pcapng" | grep -cv '^ *#' >"$work/hepta.count"
    cat "$work/tshark.count" "$work/hepta.count"
    [ "$(cat "$work/tshark.count")" -gt 20 ] && cmp "$work/tshark.count" "$work/hepta.count"
}
check "as many RIP messages to tshark as to hepta" same_fields
finish

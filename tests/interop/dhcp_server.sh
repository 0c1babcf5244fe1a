#!/usr/bin/env bash
# The DHCP server with busybox' udhcpc and ISC's dhclient: addresses, what comes with them, renewals, refusals, fixed addresses.
. "$(dirname "$0")/lib.sh"
need_root; need busybox dhclient tshark
busybox --list | grep -qx udhcpc || skip "this busybox has no udhcpc"

# Two clients on one wire: a bridge of the kernel's in namespace h, with a TAP to hepta and a veth to each client.
ns h
ns u
ns d
ip -n "hepta-h-$$" link add br0 type bridge
ip -n "hepta-h-$$" link set br0 up
tap h tap0
ip -n "hepta-h-$$" link set tap0 master br0
client() { # NAMESPACE MAC
    ip link add v0 netns "hepta-$1-$$" address "$2" type veth peer name "to-$1" netns "hepta-h-$$"
    ip -n "hepta-h-$$" link set "to-$1" master br0 up
    ip -n "hepta-$1-$$" link set v0 up
    on "$1" sysctl -qw net.ipv6.conf.v0.disable_ipv6=1
}
client u 02:00:00:00:00:aa
client d 02:00:00:00:00:bb
spawn h server.log "$HEPTA" router --wire tap:tap0 --addr 10.9.0.1/24 --dhcp-pool 10.9.0.100-10.9.0.110 --dhcp-fixed 02:00:00:00:00:bb=10.9.0.9 \
    --dhcp-lease 20s --dhcp-domain home.test --dns 10.9.0.53 --capture "$work/server.pcapng" --seed 1
server=$last

# udhcpc tells a script what it got.
cat >"$work/script" <<END
#!/bin/sh
{ echo "\$1"; env | sort; } >>$work/udhcpc.env
case \$1 in
    deconfig) ip -4 addr flush dev v0 ;;
    bound) ip addr add "\$ip/\$mask" dev v0 && ip route add default via "\$router" ;;
esac
END
chmod 755 "$work" "$work/script"
said() { grep -E "$1" "$work/server.log"; }
env_has() { grep -x "$1" "$work/udhcpc.env"; }

spawn u udhcpc.log busybox udhcpc -f -i v0 -s "$work/script" -x hostname:phone -R -t 5 -T 1
udhcpc=$last
check "udhcpc gets an address" wait_for 15 said "dhcp: leased 10.9.0.100 to 02:00:00:00:00:aa \(phone\)"
check "its mask, router, name server, domain, lease" eval 'wait_for 5 env_has subnet=255.255.255.0 && env_has router=10.9.0.1 && env_has dns=10.9.0.53 && env_has domain=home.test && env_has lease=20 && env_has serverid=10.9.0.1'
check "with it, it reaches the router" wait_for 5 on u ping -c 1 -W 1 10.9.0.1
check "it renews" wait_for 20 said "renewed 10.9.0.100 for 02:00:00:00:00:aa"
kill "$udhcpc"
check "it gives the address back" wait_for 5 said "released 10.9.0.100 by 02:00:00:00:00:aa"
spawn u udhcpc2.log busybox udhcpc -f -i v0 -s "$work/script" -r 10.9.0.105 -t 5 -T 1 -n -q
check "udhcpc asks for the address that it wants" wait_for 15 said "leased 10.9.0.105 to 02:00:00:00:00:aa|leased 10.9.0.100 to 02:00:00:00:00:aa"

dhclient() { on d timeout 20 /sbin/dhclient -4 -1 -v -sf /bin/true -lf "$work/$1.leases" -pf "$work/$1.pid" -cf "$work/dhclient.conf" v0; }
echo 'request subnet-mask, routers, domain-name, domain-name-servers; send host-name "desk";' >"$work/dhclient.conf"
lease_has() { grep -F "$1" "$work/one.leases"; }
check "dhclient gets its fixed address" dhclient one
check "and what comes with it" eval 'lease_has "fixed-address 10.9.0.9;" && lease_has "option routers 10.9.0.1;" && lease_has "option domain-name-servers 10.9.0.53;" && lease_has "option domain-name \"home.test\";" && lease_has "option dhcp-server-identifier 10.9.0.1;"'
check "the server knows its name" said "leased 10.9.0.9 to 02:00:00:00:00:bb \(desk\)"
kill "$(cat "$work/one.pid")" 2>/dev/null

# A client that comes from another network is refused, and gets what is right here.
sed 's/10\.9\.0\.9;/10.77.0.9;/' "$work/one.leases" >"$work/two.leases"
check "an address of another network: dhclient is refused and asks anew" dhclient two
check "so says the server" said "refused 10.77.0.9 to 02:00:00:00:00:bb"
kill "$(cat "$work/two.pid")" 2>/dev/null
check "a lease that nobody renews expires" wait_for 40 said "expired 10.9.0.9 of 02:00:00:00:00:bb"

kill -INT "$server"
wait "$server"
check "the capture is clean" clean_capture "$work/server.pcapng"
types() { tshark -r "$work/server.pcapng" -Y 'dhcp' -T fields -e dhcp.option.dhcp 2>/dev/null | sort -u | tr '\n' ' ' >"$work/types"; cat "$work/types"; [ "$(cat "$work/types")" = "1 2 3 5 6 7 " ]; }
check "DISCOVER, OFFER, REQUEST, ACK, NAK and RELEASE in tshark's eyes" types
finish

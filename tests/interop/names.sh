#!/usr/bin/env bash
# A DHCP lease and names from dnsmasq, names from unbound, an address from radvd.
. "$(dirname "$0")/lib.sh"
need_root; need dnsmasq unbound radvd curl nc tshark

ns a
tap a t0 10.7.0.1/24 fd07::1/64
cat >"$work/dnsmasq.conf" <<END
no-resolv
no-hosts
bind-interfaces
interface=t0
dhcp-range=10.7.0.100,10.7.0.150,1h
dhcp-leasefile=$work/leases
address=/www.hepta.test/10.7.0.1
host-record=web.hepta.test,10.7.0.1
cname=alias.hepta.test,web.hepta.test
host-record=six.hepta.test,fd07::1
END
spawn a dnsmasq.out dnsmasq -d -C "$work/dnsmasq.conf" --pid-file= --log-dhcp
dnsmasq=$last
check "dnsmasq runs" wait_for 5 on a nc -z 10.7.0.1 53
check "a lease, then a ping to the router" on a "$HEPTA" ping --wire tap:t0 --addr dhcp -c 2 -i 50ms --capture "$work/lease.pcapng" 10.7.0.1
check "dnsmasq knows the lease" grep -q '10\.7\.0\.1[0-5]' "$work/leases"
check "a name resolved by dnsmasq, by the lease's name server" on a "$HEPTA" ping --wire tap:t0 --addr dhcp -c 1 www.hepta.test
check "through a CNAME" on a "$HEPTA" ping --wire tap:t0 --addr 10.7.0.2/24 --dns 10.7.0.1 -c 1 alias.hepta.test
check "an IPv6 name" on a "$HEPTA" ping --wire tap:t0 --addr 10.7.0.2/24 --addr fd07::2/64 --dns 10.7.0.1 -c 1 --capture "$work/name.pcapng" six.hepta.test
unknown() { ! on a timeout 20 "$HEPTA" ping --wire tap:t0 --addr 10.7.0.2/24 --dns 10.7.0.1 -c 1 no.hepta.test; }
check "an unknown name is an error" unknown
end "$dnsmasq"

cat >"$work/unbound.conf" <<END
server:
  interface: 10.7.0.1
  access-control: 10.7.0.0/24 allow
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  local-zone: "test." static
  local-data: "web.test. 300 IN A 10.7.0.1"
END
spawn a unbound.out unbound -d -c "$work/unbound.conf"
check "unbound runs" wait_for 5 on a nc -z 10.7.0.1 53
check "a name resolved by unbound" on a "$HEPTA" ping --wire tap:t0 --addr 10.7.0.2/24 --dns 10.7.0.1 -c 1 web.test

cat >"$work/radvd.conf" <<END
interface t0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix fd08::/64 { AdvOnLink on; AdvAutonomous on; }; };
END
on a sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n "hepta-a-$$" addr add fd08::1/64 dev t0 nodad
spawn a radvd.out radvd -n -C "$work/radvd.conf" -p "$work/radvd.pid" -u root
check "an address from radvd, and a ping with it" on a timeout 30 "$HEPTA" ping --wire tap:t0 --addr slaac -c 2 -i 50ms --capture "$work/slaac.pcapng" fd08::1
for name in lease name slaac; do check "tshark finds nothing wrong in the capture of the $name" clean_capture "$work/$name.pcapng"; done
finish

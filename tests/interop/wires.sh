#!/usr/bin/env bash
# Every kind of wire to the Linux kernel: TAP and TUN made by us or before us, with and without offload, AF_PACKET on a veth; and what is
# said without privileges.
. "$(dirname "$0")/lib.sh"
need_root; need ping tshark setpriv socat

ns a
host() { # NAME of the log, then the options
    local log=$1
    shift
    spawn a "$log.log" "$HEPTA" host --capture "$work/$log.pcapng" "$@"
    running=$last
}
answers() { wait_for 5 on a ping -c 1 -W 1 "$1"; }
sizes() { for size in 0 1472 20000; do on a ping -c 2 -i 0.02 -W 2 -s $size "$1" || return 1; done; }

# A device that hepta makes, brings up, and gives the kernel's addresses.
host made --wire tap:h0,host=10.7.1.1/24,host=fd71::1/64 --addr 10.7.1.2/24 --addr fd71::2/64
check "a TAP device made by hepta" answers 10.7.1.2
check "with IPv6" answers fd71::2
check "all sizes" sizes 10.7.1.2
end "$running"
gone() { ! ip -n "hepta-a-$$" link show h0; }
check "the device goes with hepta" gone
check "its capture is clean" clean_capture "$work/made.pcapng"

host plain --wire tap:h1,host=10.7.2.1/24,offload=off,mtu=1280 --addr 10.7.2.2/24
check "without offload, MTU 1280" answers 10.7.2.2
check "all sizes" sizes 10.7.2.2
end "$running"
check "its capture is clean" clean_capture "$work/plain.pcapng"

host tun --wire tun:h2,host=10.7.3.1/24,host=fd73::1/64 --addr 10.7.3.2/24 --addr fd73::2/64
check "a TUN device" answers 10.7.3.2
check "with IPv6" answers fd73::2
check "all sizes" sizes 10.7.3.2
end "$running"
check "its capture is clean" clean_capture "$work/tun.pcapng"

# AF_PACKET: a second machine on the kernel's own wire.
ip link add v0 netns "hepta-a-$$" type veth peer name v1 netns "hepta-a-$$"
ip -n "hepta-a-$$" addr add 10.7.4.1/24 dev v0
on a sysctl -qw net.ipv6.conf.v1.disable_ipv6=1
ip -n "hepta-a-$$" link set v0 up
ip -n "hepta-a-$$" link set v1 up
host packet --wire packet:v1 --addr 10.7.4.2/24
check "AF_PACKET on a veth" answers 10.7.4.2
check "all sizes" sizes 10.7.4.2
echoes() { [ "$(echo hello | on a socat -t 1 - UDP:10.7.4.2:7)" = hello ]; }
check "UDP echo, whose checksum the kernel left undone" echoes
end "$running"
check "its capture is clean" clean_capture "$work/packet.pcapng"

# Without privileges: what is said, and what it advises really works.
nobody() { on a setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
chmod 755 "$work"
install -m 755 "$HEPTA" "$work/hepta"
advice() { ! nobody "$work/hepta" ping --wire "$1" --addr 10.7.5.2/24 -c 1 10.7.5.1 >"$work/advice" 2>&1 && cat "$work/advice" && grep -q "$2" "$work/advice"; }
if nobody test -w /dev/net/tun; then # usual, but not everywhere
check "no privilege for TAP: the advice" advice tap:h5 "needs CAP_NET_ADMIN: run as root, or once: sudo ip tuntap add h5 mode tap user"
ip -n "hepta-a-$$" tuntap add h5 mode tap user 65534
ip -n "hepta-a-$$" addr add 10.7.5.1/24 dev h5
check "a device that is down: the advice" advice tap:h5 "sudo ip link set h5 up"
ip -n "hepta-a-$$" link set h5 up
check "after the advice it works without privileges" nobody "$work/hepta" ping --wire tap:h5 --addr 10.7.5.2/24 -c 2 -i 20ms 10.7.5.1
ip -n "hepta-a-$$" tuntap add h6 mode tap user 1
check "somebody else's device: the advice" advice tap:h6 "belongs to another user"
else
check "/dev/net/tun is closed: the advice" advice tap:h5 "sudo chmod 666 /dev/net/tun"
fi
check "no privilege for AF_PACKET: the advice" advice packet:v1 "needs CAP_NET_RAW"
busy() {
    host busy --wire tap:h7,host=10.7.7.1/24 --addr 10.7.7.2/24
    answers 10.7.7.2 || return 1
    on a "$HEPTA" ping --wire tap:h7 --addr 10.7.7.3/24 -c 1 10.7.7.1 2>&1 | grep -q "in use by another program"
    local result=$?
    end "$running"
    return $result
}
check "a device in use: the advice" busy
wrong() { on a "$HEPTA" ping --wire tap:v0 --addr 10.7.4.3/24 -c 1 10.7.4.1 2>&1 | grep -q "is no tap device"; }
check "not a TAP device: the advice" wrong
finish

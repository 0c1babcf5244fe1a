#!/usr/bin/env bash
# Linux pings hepta and hepta pings Linux over TAP, IPv4 and IPv6, from 0 to 65507 bytes (through fragmentation both ways).
. "$(dirname "$0")/lib.sh"
need_root; need ping tshark ip

ns a
tap a t0 10.7.0.1/24 fd07::1/64
spawn a host.log "$HEPTA" host --wire tap:t0 --addr 10.7.0.2/24 --addr fd07::2/64 --capture "$work/host.pcapng" --seed 1
check "answers at all" wait_for 5 on a ping -c 1 -W 1 10.7.0.2
check "answers IPv6" wait_for 5 on a ping -c 1 -W 1 fd07::2
for size in 1 8 56 1472 1473 8000 65507; do
    check "Linux pings IPv4, $size bytes" on a ping -c 3 -i 0.05 -W 2 -s $size 10.7.0.2
    check "Linux pings IPv6, $size bytes" on a ping -c 3 -i 0.05 -W 2 -s $size fd07::2
done
check "a flood of 2000" on a ping -q -f -c 2000 10.7.0.2
end "$last"
check "the capture is clean" clean_capture "$work/host.pcapng"

for size in 1 56 1472 1473 65507; do
    check "hepta pings IPv4, $size bytes" on a "$HEPTA" ping --wire tap:t0 --addr 10.7.0.2/24 -c 3 -i 50ms -s $size 10.7.0.1
    check "hepta pings IPv6, $size bytes" on a "$HEPTA" ping --wire tap:t0 --addr fd07::2/64 -c 3 -i 50ms -s $size fd07::1
done
nobody() { ! on a "$HEPTA" ping --wire tap:t0 --addr 10.7.0.2/24 -c 1 10.7.0.77; }
check "nobody answers for nobody" nobody
finish

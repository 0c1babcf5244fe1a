# What the interop tests share; source it.  Each test makes network namespaces of its own and removes them, whatever happens.
#
#   need_root; need COMMAND...            exit 77 (skipped, with the reason) where something is missing
#   ns NAME                               a namespace; its real name is in $ns_NAME, `in_NAME command` runs in it
#   tap NAME DEVICE ADDRESS...            a TAP device in it with these addresses of the kernel's side
#   on NAME command                       runs in the namespace
#   spawn NAME LOG command                runs in the namespace in the background; ended at the end
#   random_bytes N                        so many of them, to its output
#   check "what" command...               one check: its output is shown when it fails
#   finish                                says how many; exit code
set -u
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
HEPTA=${HEPTA:?the hepta command}
work=$(mktemp -d /tmp/hepta-interop.XXXXXX)
spaces= pids= passed=0 failed=0

cleanup() {
    trap - EXIT
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    for space in $spaces; do
        for pid in $(ip netns pids "$space" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
        ip netns del "$space" 2>/dev/null
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

skip() { echo "skipped: $*"; exit 77; }
need_root() {
    [ "$(id -u)" = 0 ] || skip "needs root for network namespaces"
    ip netns add "hepta-try-$$" 2>/dev/null || skip "network namespaces cannot be made here"
    ip netns del "hepta-try-$$"
}
need() { for command; do command -v "$command" >/dev/null || skip "$command is not installed"; done; }

ns() {
    ip netns add "hepta-$1-$$" || exit 1
    spaces="$spaces hepta-$1-$$"
    ip -n "hepta-$1-$$" link set lo up
}
on() { local space=$1; shift; ip netns exec "hepta-$space-$$" "$@"; }
spawn() {
    local space=$1 log=$2
    shift 2
    ip netns exec "hepta-$space-$$" "$@" >"$work/$log" 2>&1 </dev/null &
    last=$!
    pids="$pids $last"
}
end() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; }

tap() {
    local space=hepta-$1-$$ device=$2
    shift 2
    ip -n "$space" tuntap add "$device" mode tap
    ip netns exec "$space" sysctl -qw "net.ipv6.conf.$device.accept_dad=0" 2>/dev/null
    for address; do
        case $address in
            *:*) ip -n "$space" addr add "$address" dev "$device" nodad ;;
            *) ip -n "$space" addr add "$address" dev "$device" ;;
        esac
    done
    ip -n "$space" link set "$device" up
}

# Without line ends: a segment that begins with one is the head of an HTTP message to tshark, and then a malformed one.
random_bytes() { head -c "$1" /dev/urandom | tr '\r\n' 'rn'; }

# wait_for SECONDS command...: tries it every 50 ms.
wait_for() {
    local tries=$(($1 * 20))
    shift
    while [ "$tries" -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
        tries=$((tries - 1))
    done
    return 1
}

check() {
    local what=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what: $*"
        tail -n 25 "$work/check.log" | sed 's/^/        /'
    fi
}

# No malformed packet and no wrong checksum in any of these captures, by tshark's judgement: packet by packet, and but for TCP's 0xffff,
# which Linux sends for 0x0000 (the same number in one's complement).  Only what is ours is judged: a traceroute to a port that tshark
# knows from elsewhere is no malformed packet of that.
judged="-d udp.port==1024-65535,data"
clean_capture() {
    local file bad
    for file; do
        [ -s "$file" ] || { echo "$file is empty"; return 1; }
        tshark -r "$file" $judged -c 1 >/dev/null 2>&1 || { echo "tshark cannot read $file"; return 1; }
        bad=$(tshark -r "$file" $judged -o tcp.desegment_tcp_streams:FALSE -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
              -Y '_ws.malformed || ip.checksum.status == 0 || (tcp.checksum.status == 0 && tcp.checksum != 0xffff) || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0' \
              2>>"$work/tshark.err" | head -n 5)
        [ -z "$bad" ] || { echo "$file:"; echo "$bad"; return 1; }
    done
}

same_file() { cmp "$1" "$2"; }

finish() {
    if [ "$failed" != 0 ]; then
        for log in "$work"/*.log; do
            [ -s "$log" ] && { echo "--- ${log##*/}"; tail -n 15 "$log"; }
        done
    fi
    echo "$passed checks passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

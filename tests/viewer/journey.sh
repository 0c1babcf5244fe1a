#!/usr/bin/env bash
# The journey of a page: the account tells what went over the cables (as tshark sees it), the same seed gives the same bytes, faults end in the page
# after a way around or in the layer that gave up, and its page can be clicked through.
set -eu
HEPTA=${HEPTA:?the hepta command}
here=$(cd "$(dirname "$0")" && pwd)
export SHOTS=${SHOTS:-$PWD/viewer-shots} LC_ALL=C.UTF-8
mkdir -p "$SHOTS"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=/usr/bin/python3
[ -x $python ] || python=python3
fail() { echo "FAILED: $*"; exit 1; }
has() { grep -qF -- "$2" "$work/$1" || { cat "$work/$1"; fail "$1 does not say: $2"; }; }

"$HEPTA" browse www.google.com --lang en --out "$work/a" >"$work/en"
"$HEPTA" browse www.google.com --lang en --out "$work/b" >"$work/en2"
cmp <(sed "s|$work/a||" "$work/en") <(sed "s|$work/b||" "$work/en2") || fail "two runs of one seed say different things"
for file in capture.pcapng A.pcapng events.jsonl journey.html; do cmp "$work/a/$file" "$work/b/$file" || fail "$file differs between two runs of one seed"; done
"$HEPTA" browse www.google.com --lang en --seed 2 --out "$work/b" >"$work/other"
cmp -s "$work/a/capture.pcapng" "$work/b/capture.pcapng" && fail "another seed gives the same"

# Every step, with real values.
for step in "0  Before" "1  A URL" "2  DNS" "3a The message" "3b Every layer" "4  As a signal" "5  At the server" "6  The server" "7  The response" "8  The browser"; do has en "$step"; done
has en "GET / HTTP/1.1"
has en "refers to the servers of com"
has en "www.google.com has the address 11.22.33.44"
for state in SYN-SENT SYN-RECEIVED ESTABLISHED LISTEN FIN-WAIT-1 LAST-ACK TIME-WAIT; do has en "$state"; done
has en "TTL 64 → 63"
has en "TTL 60 → 59"
"$HEPTA" browse www.google.com/layers.html --lang ko --out '' >"$work/ko"
has ko "3-way handshake와 양쪽의 상태"
has ko "OSI 7계층"
# The study note's table: who opens how, three numbered segments, what each side waits for; layers 5 and 6 are there.
for cell in "[CLOSED] the port is not open" "passive open: makes" "active open: makes a TCB" "=> [LISTEN]" "[LISTEN] waits for a client's SYN" "│ 1 88.856 ms: sends SYN" \
            "[SYN-SENT] waits for the SYN+ACK" "│ 2 102.976 ms: sends SYN ACK" "[SYN-RECEIVED] waits for the ACK" "│ 3 117.082 ms: sends ACK" "Layer 6, presentation" "Layer 5, session" \
            "5  session   the dialogue with 192.168.0.100"; do has en "$cell"; done
has ko "[LISTEN] 클라이언트의 연결"
for fault in '' 'at 60ms crash 바' 'at 80ms crash B' 'at 200ms crash home' 'at 10ms down home-가' 'at 60ms crash A' 'at 1ms crash resolver' 'at 5ms down first-cable' \
    'at 10ms freeze 마' 'at 0ms freeze 바' 'at 120ms freeze A' 'at 60ms stop B.site'; do
    "$HEPTA" browse www.google.com --lang ko ${fault:+--fault "$fault"} --out '' >"$work/ko" || true
    $python "$here/korean.py" <"$work/ko" || fail "English in the Korean account, fault: $fault"
done
"$HEPTA" browse nobody.example --lang ko --out '' >"$work/ko" || true
$python "$here/korean.py" <"$work/ko" || fail "English in the Korean account of a name that is none"

# What the account shows is what tshark shows.
tshark=$(command -v tshark || true)
has en "wireshark -o tcp.reassemble_out_of_order:TRUE $work/a/capture.pcapng" # what the checks below look with, too
if [ -n "$tshark" ]; then
    request=$(tshark -r "$work/a/capture.pcapng" -Y 'http.request.uri == "/"' -T fields -e tcp.seq_raw -e tcp.ack_raw -e tcp.srcport -e ip.ttl 2>/dev/null | head -1)
    read -r seq ack port ttl <<<"$request"
    for value in "Sequence Number (raw)                   $seq" "Acknowledgment Number (raw)             $ack" "Source Port                             $port" \
                 "Time to Live                            $ttl"; do has en "$value"; done
    bad=$(tshark -r "$work/a/capture.pcapng" -o tcp.reassemble_out_of_order:TRUE -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
          -Y '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || eth.fcs.status == 0' 2>/dev/null | head -5)
    [ -z "$bad" ] || fail "tshark finds: $bad"
    bad=$(tshark -r "$work/a/A.pcapng" -Y '_ws.malformed || tcp.analysis.flags' 2>/dev/null | head -5) # as Wireshark opens it: nothing is in it twice
    [ -z "$bad" ] || fail "tshark finds in A.pcapng: $bad"
    $python "$here/fields.py" "$work/a/journey.html" "$work/a/capture.pcapng"
    answers=$(tshark -r "$work/a/capture.pcapng" -Y 'dns.a == 11.22.33.44' -T fields -e dns.id 2>/dev/null | sort -u | head -1)
    has en "$answers"
fi

# A router dies while the page loads: around it, and the same page.
"$HEPTA" browse www.google.com --lang en --fault 'at 120ms crash 바' --out "$work/c" >"$work/around"
has around '"Google"'
cmp "$work/a/page.png" "$work/c/page.png" || fail "the page that came around is another one"
has around "⚡ 바 loses its power"
has around "RIP: 마 has a new way to 11.22.33.0/24 by 나"
has around "GET ✗ died at 마: NO_ROUTE"
has around "나        TTL 61 → 60"
has around "1 segment with 1229 bytes came to A."
# What stands at the server is the server's: its MAC, and the TTL after six routers.
grep -A4 "^5  At the server" "$work/around" | grep -qF "to my address 11.22.33.44, TTL 58" || fail "step 5 is not about what came to the server"
# An ICMP error that quotes a segment is no segment.
"$HEPTA" browse www.google.com --lang en --fault 'at 60ms crash 바' --out '' >"$work/quoted"
has quoted "✗ died at home: NO_ROUTE"
has quoted "ICMP, home: icmp unreachable network"
grep -F "◀─ SYN  " "$work/quoted" && fail "a SYN came from the server"
for seed in 1 3 7; do
    "$HEPTA" browse http://11.22.33.44/ --lang en --loss 8% --seed $seed --out '' >"$work/lost$seed" || true
    [ "$(grep -c "^5  At the server" "$work/lost$seed")" = 0 ] || grep -A4 "^5  At the server" "$work/lost$seed" | grep -qF "TTL 59" || fail "seed $seed: step 5 is not the server's"
done
# A server that stops closes its port at once: what it has begun comes, the next connection is refused.
if "$HEPTA" browse www.google.com --lang en --fault 'at 140ms stop B.site' --out '' >"$work/stopped"; then fail "stop B.site changed nothing"; fi
has stopped "B answered with RST: nobody listens on port 80 there"
# A page of which something is missing says so, and names the layer.
for fault in 'at 200ms crash home' 'at 140ms crash 라' 'at 200ms crash 가'; do
    if "$HEPTA" browse www.google.com --lang en --fault "$fault" --out '' >"$work/partial"; then fail "$fault: style.css is missing, and the exit status is 0"; fi
    has partial "The page is not whole"
    has partial "gave up: "
done
"$HEPTA" browse www.google.com --lang en --loss 3% --seed 5 --out '' >"$work/lossy"
has lossy '"Google"'
# Nobody is reached: which layer gave up.
if "$HEPTA" browse www.google.com --lang en --fault 'at 10ms down home-가' --out '' >"$work/cut"; then fail "no page came, and the exit status is 0"; fi
has cut "Layer 3 gave up: "
has cut "died at home: NO_ROUTE"
if "$HEPTA" browse www.google.com --lang en --fault 'at 80ms crash B' --out "$work/e" >"$work/dead"; then fail "no page came, and the exit status is 0"; fi
has dead "Layer 3 gave up: "
has dead "⚡ B loses its power"
has dead "B had died at 80.000 ms"
if "$HEPTA" browse www.google.com --lang en --fault 'at 60ms crash 가' --out '' >"$work/no-way"; then fail "no page came, and the exit status is 0"; fi
has no-way "router 가 had died at 60.000 ms, and there was no other way"
if "$HEPTA" browse nobody.example --lang en --out '' >"$work/none"; then fail "no page came, and the exit status is 0"; fi
has none "there is no such name"
if "$HEPTA" browse http://ns1.google.com/ --lang en --out '' >"$work/refused"; then fail "no page came, and the exit status is 0"; fi
has refused "✗ ns1 answered with RST: nobody listens on port 80 there"
if "$HEPTA" browse http://1.2.3.4/ --lang en --out '' >"$work/nowhere"; then fail "no page came, and the exit status is 0"; fi
has nowhere "Layer 3 gave up: "
has nowhere "Nobody is asked"
if "$HEPTA" browse www.google.com --lang en --fault 'at 60ms crash A' --out '' >"$work/self"; then fail "no page came, and the exit status is 0"; fi
has self "✗ the computer A itself lost its power 60.000 ms after Enter"
# What is broken on the way is named, at the layer that it belongs to, whatever packet it was that died of it.
broken() {
    local fault=$1
    shift
    if "$HEPTA" browse www.google.com --lang en --fault "$fault" --out '' >"$work/broken"; then fail "$fault: no page came, and the exit status is 0"; fi
    tr -s ' \n' ' ' <"$work/broken" >"$work/flat"
    for words; do has flat "$words"; done
}
broken 'at 5ms down first-cable' "Layer 2 gave up" "died at switch: BRIDGE_NO_PORT (the switch has no other port that is up); the cable first-cable was unplugged at 5.000 ms." \
    "1 physical ⚡ the cable first-cable was unplugged at 5.000 ms"
broken 'at 90ms down switch-home' "1 physical ⚡ the cable switch-home was unplugged at 90.000 ms"
broken 'at 80ms crash home' "died at switch: BRIDGE_NO_PORT" "1 physical ⚡ router home had died at 80.000 ms"
broken 'at 0ms down 가-resolver' "died at home: NO_ROUTE" "the cable 가-resolver was unplugged at 0.000 ms, and there was no other way" "1 physical ⚡ the cable 가-resolver"
broken 'at 10ms partition A switch home | 가' "the cable home-가 was unplugged at 10.000 ms"
broken 'at 10ms freeze 마' "Layer 2 gave up" "stays in 마, which is frozen and takes nothing; router 마 was frozen at 10.000 ms" "1 physical ok"
broken 'at 0ms freeze 바' "(SERVFAIL): the packet that was sent by resolver at" "stays in 바, which is frozen"
broken 'at 80ms freeze B' "B was frozen at 80.000 ms"
broken 'at 120ms freeze A' "Layer 2 gave up: the computer A itself is frozen since 120.000 ms"
broken 'at 0ms crash A' "Layer 1 gave up: the computer A itself lost its power 0.000 ms after Enter"
"$HEPTA" browse www.google.com --json --fault 'at 120ms freeze A' --out '' >"$work/frozen" || true
$python - "$work/frozen" <<'END' || fail "--json of a frozen A"
import json, sys
j = json.load(open(sys.argv[1]))
assert 119000 < j["milliseconds"] < 125000, j["milliseconds"]  # 120 s without progress, not until the end of the world
END
"$HEPTA" browse www.google.com --json --fault 'at 5ms down first-cable' --out '' >"$work/cut.json" || true
$python -c 'import json,sys; l = json.load(open(sys.argv[1]))["verdict"]["failures"][0]["ladder"]; assert l[-1] == {"layer": 1, "name": "physical", "state": "broken"}, l' "$work/cut.json" ||
    fail "--json of a cut cable"
# The tables say what each side sent and was, and no more: of faults in the middle of the handshake and of the close.
table() {
    "$HEPTA" browse "$1" --lang en ${2:+--fault "$2"} --out '' >"$work/table" || true
    tr -s ' │\n' ' ' <"$work/table" >"$work/flat"
}
lacks() { if grep -qF -- "$2" "$work/$1"; then cat "$work/$1"; fail "$1 says: $2"; fi; }
table www.google.com 'at 120ms crash 바'
sed '/^3b/,$d' "$work/table" >"$work/opening"
lacks opening FIN-WAIT # the server answers and closes in the moment in which it is connected: that is the close's table
table www.google.com 'at 133ms crash 바'
for words in "The response travels back another way" "1 131.372 ms: sends FIN PSH ACK" "359.576 ms: sends FIN PSH ACK"; do has table "$words"; done
table www.google.com 'at 140ms crash 바'
for words in "377.992 ms: sends ACK again" "395.102 ms: sends ACK again" "=> [TIME-WAIT]" "412.200 ms: sends RST"; do has table "$words"; done
table www.google.com 'at 80ms crash B'
has table "has no power"
lacks table "[LISTEN] waits"
table http://9.9.9.9/
has table "no machine has this address"
has table "arp to 02:00:00:03:00:01: who has 192.168.0.1?"
lacks table LISTEN
table www.google.com 'at 60ms stop B.site'
has table "117.067 ms: receives RST"
lacks table LISTEN
"$HEPTA" browse www.google.com --lang en --rate 56kbit/s --out '' >"$work/modem"
has modem "bits at 56 kbit/s take"
lacks modem "10BASE-T"
"$HEPTA" browse www.google.com/images.html --lang en --rate 56kbit/s --delay 100ms --jitter 20ms --duplicate 20% --reorder 20% --bit-errors 1e-6 --out '' >"$work/copies"
lacks copies "SOCK_CLOSED" # of two copies of an answer one was taken
for address in 127.0.0.1 '[::1]'; do
    if "$HEPTA" browse "http://$address/" --lang en --out '' >"$work/loop"; then fail "nobody listens on $address, and the exit status is 0"; fi
    tr -s ' \n' ' ' <"$work/loop" >"$work/flat"
    has flat "Layer 4 gave up: ${address//[\[\]]/} is this computer itself, and nobody listens on its port 80"
done
"$HEPTA" browse www.google.com --lang en --rate 56kbit/s --delay 100ms --out '' >"$work/slow"
cmp -s <(tail -20 "$work/slow") <(tail -20 "$work/en") && fail "--rate and --delay change nothing"
printf 'q\n' | "$HEPTA" browse www.google.com --lang en --step --out '' >"$work/left"
grep -q "^2  DNS" "$work/left" && fail "q does not end --step"
if "$HEPTA" browse www.google.com --fault 'at 1s explode' --out '' 2>"$work/wrong" >&2; then fail "a fault that is none was taken"; fi
has wrong "what goes wrong"
has wrong "    at 1s explode" # the user's own line, not what was made of it
if "$HEPTA" browse www.google.com --fault 'host x' --out '' 2>"$work/wrong" >&2; then fail "a host is no fault"; fi
has wrong "not a fault"
"$HEPTA" browse www.naver.com --json --out '' | $python -c 'import json,sys; j = json.load(sys.stdin); assert j["status"] == 200 and len(j["steps"]) == 10, j'

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    echo "skipped: chromium and chromedriver (Debian: chromium-driver) are not here"
    exit 77
fi
$python "$here/schema.py" "$here/../../docs/scene.schema.json" "$work/a/journey.html"
"$HEPTA" browse www.google.com/images.html --lang ko --out "$work/d" >/dev/null
$python "$here/journey.py" "$work/d/journey.html" "$work/c/journey.html" "$work/e/journey.html"

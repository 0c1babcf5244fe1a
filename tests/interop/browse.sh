#!/usr/bin/env bash
# `hepta browse` on pages of nginx, names of dnsmasq: with and without gzip, redirects, a Korean page in EUC-KR, a bad wire; the words are those that w3m shows.
. "$(dirname "$0")/lib.sh"
need_root; need nginx dnsmasq python3 gzip iconv tshark
here=$(cd "$(dirname "$0")" && pwd)
pages=$(cd "$(dirname "$0")/../../cli/internet/www.google.com" && pwd)
cp -r "$pages" "$work/www"
printf '<html><head><meta http-equiv="Content-Type" content="text/html; charset=EUC-KR"><title>한글</title><link rel=stylesheet href=style.css></head><body><h1>안녕하세요</h1><p>똠방각하와 펲시콜라 <img src="images/hub.png" alt="허브"> <img src="/slow/missing.png" alt="없음"></p></body></html>' |
    iconv -f utf-8 -t cp949 >"$work/www/euckr.html"
cp "$work/www/euckr.html" "$work/www/header.html"; sed -i 's/<meta[^>]*>//' "$work/www/header.html"
chmod -R a+rX "$work"

ns a
tap a t0 10.7.0.1/24 fd07::1/64
cat >"$work/nginx.conf" <<END
daemon off; pid $work/nginx.pid; error_log $work/nginx.log; worker_processes 1;
events { worker_connections 512; }
http { log_format seen '\$http_host \$uri \$status \$http_accept_encoding \$sent_http_content_encoding'; access_log $work/seen seen;
       client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
       types { text/html html; text/css css; image/png png; }
       server { listen 10.7.0.1:80; listen [fd07::1]:80; server_name www.example.test; root $work/www; index index.html;
                location = /old { return 301 /moved; } location = /moved { return 302 http://www.example.test/layers.html; } location = /loop { return 301 /loop; }
                location = /port { return 301 http://www.example.test:99/; } location = /broken { return 500; }
                location = /br { default_type text/html; add_header Content-Encoding br; return 200 "not brotli, but nobody can know"; }
                location = /header.html { default_type "text/html; charset=euc-kr"; types { } } }
       server { listen 10.7.0.1:80; server_name gzip.example.test; root $work/www; gzip on; gzip_min_length 1; gzip_types text/css; } }
END
spawn a nginx.out nginx -c "$work/nginx.conf"
spawn a dnsmasq.log dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --listen-address=10.7.0.1 --bind-interfaces --pid-file= \
    --address=/www.example.test/10.7.0.1 --address=/gzip.example.test/10.7.0.1 --address=/xn--3e0b707e.example.test/10.7.0.1 \
    --local=/none.test/ --address=/dead.example.test/10.7.0.9 --address=/closed.example.test/10.7.0.1 --address=/six.example.test/fd07::1
browse() { on a timeout 60 "$HEPTA" browse --wire tap:t0 --addr 10.7.0.2/24 --dns 10.7.0.1 "$@"; }
up() { wait_for 5 test -s "$work/nginx.pid" && wait_for 5 browse --text www.example.test; }
check "nginx and dnsmasq answer" up

has() { grep -qF -- "$2" "$1" || { cat "$1"; return 1; }; }
first() { browse http://www.example.test/ --links --png "$work/first.png" --text >"$work/first" && has "$work/first" "Google 검색" && has "$work/first" "[1] http://www.example.test/layers.html"; }
check "the first page" first
local_text() { "$HEPTA" browse --file "$work/www/$1" >"$work/local" 2>"$work/err"; browse "http://$2/$1" --text >"$work/remote" && diff "$work/local" "$work/remote"; }
for page in index search layers journey images; do
    check "$page.html reads as the file does" local_text $page.html www.example.test
    check "$page.html with gzip, too" local_text $page.html gzip.example.test
done
png() { browse "http://$2/$1" --png "$work/remote.png" && "$HEPTA" browse --file "$work/www/$1" --png "$work/local.png" && cmp "$work/remote.png" "$work/local.png"; }
check "its picture with the style sheet and all images is that of the file" png images.html www.example.test
check "and with gzip" png images.html gzip.example.test
coded() { has "$work/seen" "gzip.example.test /style.css 200 gzip gzip" && has "$work/seen" "www.example.test /style.css 200 gzip -" && has "$work/seen" "/images/hub.png 200"; }
check "the style sheet came with gzip and without" coded
json() { browse http://gzip.example.test/images.html --json >"$work/json" && python3 - "$work/json" <<'END'
import json, sys
p = json.load(open(sys.argv[1])); r = p["resources"]
assert p["status"] == 200 and p["title"].startswith("이미지") and len(r) == 8, p
assert r[0]["kind"] == "document" and r[0]["wire_bytes"] < r[0]["bytes"] and r[0]["server"] == "10.7.0.1"
assert [x["kind"] for x in r].count("picture") == 6 and all(x["status"] == 200 and x["width"] == 360 for x in r if x["kind"] == "picture")
assert all(x["ended_ms"] >= x["first_byte_ms"] >= x["connected_ms"] >= x["resolved_ms"] >= x["began_ms"] >= 0 for x in r)
END
}
check "JSON says what was fetched" json
both() { browse --addr fd07::2/64 http://six.example.test/ --json >"$work/json" && has "$work/json" '"server": "fd07::1"' || has "$work/json" '"server":"fd07::1"'; }
check "a machine with both versions reaches a server that has IPv6 only" both
redirects() { browse http://www.example.test/old --json >"$work/json" && python3 -c 'import json,sys; p = json.load(open(sys.argv[1])); assert p["url"] == "http://www.example.test/layers.html" and p["resources"][0]["redirects"] == 2 and p["resources"][1]["url"] == "http://www.example.test/style.css", p' "$work/json"; }
check "redirects, and references relative to where they lead" redirects
loop() { browse http://www.example.test/loop && return 1; return 0; }
check "a circle of redirects ends" loop
brotli() {
    browse http://www.example.test/br --lang en --out '' >"$work/br" 2>"$work/err"; [ $? = 1 ] && has "$work/br" "packed with br, which cannot be unpacked" &&
        has "$work/br" "Layer 6 gave up" || return 1
    browse http://www.example.test/br --text >"$work/br" 2>"$work/err"; [ $? = 1 ] && [ ! -s "$work/br" ] && has "$work/err" "packed with br"
}
check "a coding that was not asked for is an error" brotli
long() {
    python3 -c "print('<p>paragraph</p>' * 40000)" >"$work/www/long.html"
    browse http://www.example.test/long.html --lang en --out '' >"$work/long" 2>"$work/err"; [ $? = 1 ] && has "$work/long" "larger than this browser shows" || return 1
    browse http://www.example.test/long.html --text >"$work/long" 2>"$work/err"; [ $? = 1 ] && has "$work/err" "larger than this browser shows" || return 1
    browse http://www.example.test/long.html --json >"$work/long" 2>"$work/err"; [ $? = 1 ] && grep -q '"cut": *true' "$work/long" && grep -q '"page": *"partial"' "$work/long"
}
check "a page beyond the browser's bounds is shown, and not well" long
korean() { browse "http://www.example.test/$1" --text >"$work/korean" 2>"$work/err"; has "$work/korean" "안녕하세요" && has "$work/korean" "똠방각하와 펲시콜라 [허브] [없음]" && has "$work/err" "404"; }
check "EUC-KR by its meta element, with an image that is not there" korean euckr.html
check "EUC-KR by its header" korean header.html
bad() { browse http://www.example.test/images.html --png "$work/bad.png" --loss 3% --delay 5ms --reorder 5% --capture "$work/bad.pcapng" && cmp "$work/bad.png" "$work/local.png"; }
check "the same picture over a bad wire" bad
check "the capture is clean" clean_capture "$work/bad.pcapng"
# ---- the journey over the wire: told, left in a folder, as JSON; the capture is the judge ----
journey() { browse http://www.example.test/images.html --lang en --out "$work/out" >"$work/told" 2>"$work/err"; }
check "a journey over the wire" journey
for step in "0  Before: an address" "1  A URL" "2  DNS" "3a The message" "3b Every layer" "4  Over the wire" "6  The server" "7  The response" "8  The browser" \
            "10.7.0.1 arp 10.7.0.1 is at" "answer A www.example.test: A 10.7.0.1" "SYN-RECEIVED" "TIME-WAIT" "TTL 64" "GET /images.html HTTP/1.1" "Server: nginx"; do
    check "it tells: $step" has "$work/told" "$step"
done
check "what it leaves" test -s "$work/out/journey.html" -a -s "$work/out/page.png" -a -s "$work/out/A.pcapng"
check "the capture is clean" clean_capture "$work/out/A.pcapng"
told_fields() {
    read -r seq ack port ttl sum <<<"$(tshark -r "$work/out/A.pcapng" -Y 'http.request.uri == "/images.html"' -T fields -e tcp.seq_raw -e tcp.ack_raw -e tcp.srcport -e ip.ttl -e tcp.checksum 2>/dev/null | head -1)"
    has "$work/told" "Sequence Number (raw)                   $seq" && has "$work/told" "Acknowledgment Number (raw)             $ack" &&
        has "$work/told" "Source Port                             $port" && has "$work/told" "Checksum                                $sum"
}
check "its fields are those of tshark" told_fields
in_korean() { browse http://www.example.test/layers.html --lang ko --out '' >"$work/ko" && has "$work/ko" "3-way handshake와 양쪽의 상태" && has "$work/ko" "OSI 7계층"; }
check "in Korean" in_korean
as_json() { browse http://www.example.test/images.html --json --capture "$work/json.pcapng" >"$work/json" && python3 "$here/browse_json.py" "$work/json" "$work/json.pcapng"; }
check "as JSON, whose fields are those of tshark" as_json
idn() { browse http://한국.example.test/ --lang en --out '' >"$work/idn" && has "$work/idn" "host    한국.example.test" && has "$work/idn" "in DNS  xn--3e0b707e.example.test" && has "$work/idn" "Host: xn--3e0b707e.example.test"; }
check "a name beyond ASCII" idn
steps() { printf 'q\n' | browse http://www.example.test/ --lang en --step --out '' >"$work/step" && has "$work/step" "0  Before" && ! grep -q "^2  DNS" "$work/step"; }
check "step by step" steps
leased() { on a timeout 60 "$HEPTA" browse --wire tap:t0 --addr dhcp --lang en --out '' http://www.example.test/ >"$work/leased" && has "$work/leased" "dhcp ack"; }
end "$last"
spawn a dnsmasq2.log dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --interface=t0 --bind-interfaces --pid-file= --dhcp-range=10.7.0.100,10.7.0.150,1h \
    --dhcp-leasefile="$work/leases" --address=/www.example.test/10.7.0.1 --local=/none.test/ --address=/dead.example.test/10.7.0.9
check "dnsmasq with DHCP answers" wait_for 5 browse --text www.example.test
check "with an address by DHCP" leased
# IPv6; a server behind a router; a wire without frames.
six() { on a timeout 60 "$HEPTA" browse --wire tap:t0 --addr fd07::2/64 --lang en --out "$work/six" 'http://[fd07::1]/' >"$work/told6" && has "$work/told6" "fd07::1 is-at" && has "$work/told6" "Hop Limit"; }
check "over IPv6" six
check "its capture is clean" clean_capture "$work/six/A.pcapng"
ns b
ip -n "hepta-a-$$" link add v0 type veth peer name v1 netns "hepta-b-$$"
for end in a:v0:10.9.0.1 b:v1:10.9.0.2; do
    IFS=: read -r space device address <<<"$end"
    ip -n "hepta-$space-$$" addr add "$address/24" dev "$device"
    ip -n "hepta-$space-$$" link set "$device" up
done
ip -n "hepta-b-$$" route add default via 10.9.0.1
on a sysctl -qw net.ipv4.ip_forward=1
sed -e 's/listen 10.7.0.1:80; listen \[fd07::1\]:80/listen 10.9.0.2:80/' -e '/gzip.example.test/d' -e "s,$work/nginx,$work/nginx-b," -e "s,nginx.pid,nginx-b.pid," "$work/nginx.conf" | sed '$a }' >"$work/nginx-b.conf"
spawn b nginx-b.out nginx -c "$work/nginx-b.conf"
check "a server behind a router answers" wait_for 10 on a curl -s -o "$work/null" http://10.9.0.2/
beyond() {
    browse --gw 10.7.0.1 --lang en --out "$work/beyond" http://10.9.0.2/layers.html >"$work/told-b" && has "$work/told-b" "every packet goes to the router" &&
        has "$work/told-b" "10.7.0.1 arp 10.7.0.1 is at" && tr -s ' \n' ' ' <"$work/told-b" >"$work/flat" && has "$work/flat" "TTL 63: if the server sent it with 64, it passed 1 router"
}
check "behind a router" beyond
ip -n "hepta-a-$$" tuntap add u0 mode tun
ip -n "hepta-a-$$" addr add 10.8.0.1/24 dev u0
ip -n "hepta-a-$$" link set u0 up
no_frames() {
    on a timeout 60 "$HEPTA" browse --wire tun:u0 --addr 10.8.0.2/24 --gw 10.8.0.1 --lang en --out "$work/tun" http://10.7.0.1/layers.html >"$work/told-t" &&
        has "$work/told-t" "nobody has a MAC address there" && ! grep -q "Layer 2:" "$work/told-t" && test -s "$work/tun/journey.html"
}
check "a wire without frames" no_frames
unreachable() { browse --gw 10.7.0.1 --lang en --out '' --timeout 4s http://10.9.0.77/ >"$work/icmp"; [ $? = 1 ] && has "$work/icmp" "3 network       ✗ 10.7.0.1: icmp unreachable host"; }
check "what a router says by ICMP" unreachable
# What fails says which layer gave up, and exits with 1.
gave_up() {
    local layer=$1 why=$2
    shift 2
    browse --lang en --out '' --timeout 2s "$@" >"$work/failed" 2>&1
    [ $? = 1 ] && tr -s ' \n' ' ' <"$work/failed" >"$work/flat" && has "$work/flat" "Layer $layer gave up: $why"
}
check "a name that does not exist" gave_up 7 "DNS answered that there is no such name (NXDOMAIN)" http://a.none.test/
check "a name server that refuses" gave_up 7 "the name server refused to answer (REFUSED)" http://elsewhere.org/
check "a port where nobody listens" gave_up 4 "10.7.0.1 answered with RST: nobody listens on port 81 there" http://10.7.0.1:81/
check "a neighbour that is not there" gave_up 2 "nobody on the wire answers ARP for 10.7.0.9" http://dead.example.test/
check "a network without a way" gave_up 3 "no route leads there" http://192.0.2.1/
check "a page that is not there" gave_up 7 "the server answered that it has no such thing" http://www.example.test/nothing
check "a port where nobody listens, after a redirect" gave_up 4 "10.7.0.1 answered with RST: nobody listens on port 99 there" http://www.example.test/port
check "a server that fails" gave_up 7 "the server answered that it failed (HTTP status 500)" http://www.example.test/broken
check "this computer itself" gave_up 4 "10.7.0.2 is this computer itself, and nobody listens on its port 80" http://10.7.0.2/
# A server that hangs up too early, and how: the capture is the judge.
cat >"$work/early.py" <<'END'
import socket, struct
s = socket.create_server(("10.7.0.1", 8000))
while True:
    c, _ = s.accept()
    path = c.recv(4000).split()[1]
    if path == b"/short": c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nshort")
    if path == b"/chunk": c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n")
    if path == b"/circle": c.sendall(b"HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n")
    if path == b"/badchunk": c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n0\r\n\r\n")
    if path == b"/huge": c.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 20000 + b"\r\n\r\n")
    if path == b"/many": c.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 120 + b"\r\n")
    if path == b"/other": c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    if path == b"/reset": c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
END
spawn a early.log python3 "$work/early.py"
check "it listens" wait_for 5 on a sh -c 'ss -ltn | grep -q 10.7.0.1:8000'
for early in empty short chunk; do
    check "a server that closes early: $early" gave_up 7 "the server closed the connection (FIN) before its answer was whole" --capture "$work/early.pcapng" "http://10.7.0.1:8000/$early"
    check "and nobody sent RST" sh -c '! tshark -r "$1" -Y tcp.flags.reset==1 2>/dev/null | grep .' - "$work/early.pcapng"
done
# What breaks the rules is said in words, in both languages.
broke() {
    local path=$1 layer=$2 english=$3 korean=$4
    check "broken: $path" gave_up "$layer" "$english" "http://10.7.0.1:8000/$path"
    browse --lang ko --out '' --timeout 2s "http://10.7.0.1:8000/$path" >"$work/failed" 2>&1
    tr -s ' \n' ' ' <"$work/failed" >"$work/flat"
    check "broken in Korean: $path" has "$work/flat" "${layer}계층이 포기했다: $korean"
}
broke circle 7 "one redirect led to the next" "리다이렉트가 리다이렉트로 이어진다"
broke badchunk 7 "the body of the server's answer breaks the rules of the chunked coding" "서버가 보낸 본문이 chunked 형식"
broke huge 7 "the head of the server's answer is longer than 16 KiB" "서버가 보낸 답의 머리가 16 KiB를 넘는다"
broke many 7 "the head of the server's answer has more than 100 lines" "서버가 보낸 답의 머리가 100줄을 넘는다"
broke other 7 "what came in answer is not HTTP: its head cannot be read" "온 답이 HTTP가 아니다: 머리를 읽을 수 없다"
check "a server that resets" gave_up 4 "the server's TCP ended the connection with RST" http://10.7.0.1:8000/reset
dead_dns() {
    on a timeout 60 "$HEPTA" browse --wire tap:t0 --addr 10.7.0.2/24 --dns 10.9.0.1 --gw 10.7.0.1 --lang en --out '' --timeout 2s www.example.test >"$work/dead-dns"
    [ $? = 1 ] && has "$work/dead-dns" "icmp unreachable port" && ! grep -q "nothing shows that it arrived" "$work/dead-dns"
}
check "a machine without a name server: what its ICMP quotes did arrive" dead_dns
on a iptables -I INPUT -p tcp --dport 80 -j DROP 2>/dev/null || on a nft -f - <<<'table ip x { chain i { type filter hook input priority 0; tcp dport 80 drop; }; }' 2>/dev/null && {
    check "a server that is silent" gave_up 4 "10.7.0.1 answered none of" http://www.example.test/
}
get() { on a timeout 20 "$HEPTA" get --wire tap:t0 --addr 10.7.0.2/24 --dns 10.7.0.1 "$1" 2>"$work/get"; [ $? = 1 ] && has "$work/get" "$2"; }
check "get: no such name" get http://a.none.test/ "resolving a.none.test: the name does not exist (NXDOMAIN)"
check "get: refused" get http://elsewhere.org/ "the name server refuses to answer (REFUSED)"
if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
    check "its page can be clicked through" env SHOTS="${SHOTS:-$work}" python3 "$here/../viewer/wired.py" "$work/out/journey.html"
fi
if command -v w3m >/dev/null; then
    # The same words in the same order, but for the numbers of links and what stands for forms and lines.
    same_words() {
        "$HEPTA" browse --file "$work/www/$1" --width 200 2>/dev/null >"$work/ours"
        w3m -dump -cols 200 -I UTF-8 -O UTF-8 -T text/html "$work/www/$1" >"$work/theirs"
        python3 - "$work/ours" "$work/theirs" <<'END'
import difflib, re, sys
def words(file):
    text = re.sub(r"\[\d+\]", "", open(file, encoding="utf-8").read())
    return re.sub(r"[\u2500-\u257f•◦▪*|_^+\[\]-]", " ", text).split()
a, b = (words(f) for f in sys.argv[1:])
same = difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
print(same, len(a), len(b)); print("\n".join(difflib.unified_diff(a, b, lineterm="", n=0)))
sys.exit(same < 0.93 or len(a) < 20)
END
    }
    for page in search layers journey about; do check "$page.html has the words that w3m shows" same_words $page.html; done
fi
finish

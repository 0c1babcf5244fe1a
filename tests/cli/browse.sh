#!/usr/bin/env bash
# hepta browse: pages as text compared with what was seen to be right (tests/cli/browser/*.text), hostile pages, pictures, loading from the lab's server.
# UPDATE=1 writes the texts anew: look at the difference.
set -u
HEPTA=${HEPTA:?the hepta command}
pages=$(cd "$(dirname "$0")/browser" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
check() { local what=$1; shift; if "$@" >"$work/log" 2>&1; then good; else bad "$what"; sed 's/^/    /' "$work/log" | head -n 40; fi; }

# ---- golden texts: with links listed, in 80 and in 40 columns ----
for page in "$pages"/*.html "$pages"/*.txt; do
    name=$(basename "$page")
    for width in 80 40; do
        text="$pages/$name.$width.text"
        timeout 20 "$HEPTA" browse --file "$page" --links --width $width 2>"$work/err" | sed "s|file://$pages/|file:///|" >"$work/text"
        [ -n "${UPDATE:-}" ] && cp "$work/text" "$text"
        check "$name in $width columns" diff -u "$text" "$work/text"
    done
done

# Rows of cells with Korean, combining and wide characters end in the same column: every character's width counted by Python's tables.
check "the columns of wide.html are aligned" python3 - "$pages/wide.html.80.text" <<'END'
import sys, unicodedata
def width(s): return sum(0 if unicodedata.combining(c) or 0x1160 <= ord(c) <= 0x11ff else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
rows = [l.rstrip("\n") for l in open(sys.argv[1], encoding="utf-8") if l[0] in "│├┌└"]
assert len(rows) > 15 and len({width(r) for r in rows}) == 1, [(width(r), r) for r in rows]
END
check "nothing of a page reaches the terminal as a control" sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" "$1"/wide.html.80.text' - "$pages"

# ---- pages that want to hurt ----
hostile() { python3 -c "import sys; sys.stdout.write($2)" >"$work/hostile.html"
    timeout 30 "$HEPTA" browse --file "$work/hostile.html" --text --png "$work/hostile.png" >"$work/text" 2>"$work/err"
    local is=$?
    [ $is = 1 ] && grep -q "larger than this browser shows" "$work/err" && is=0
    [ $is = 0 ] && [ -s "$work/hostile.png" ] && good || { bad "$1: exit $is"; head -c 300 "$work/err"; }; }
for tag in div b table ul a svg button; do hostile "100000 open <$tag>" "'<$tag>' * 100000 + 'end'"; done
hostile "nested tables" "'<table><tr><td>' * 30000 + 'end'"
hostile "a table with a million columns" "'<table><tr>' + '<td colspan=1000>x' * 20000"
hostile "rows that span everything" "'<table>' + '<tr><td rowspan=65534>x<td>y' * 5000"
hostile "one word of two megabytes" "'<p>' + 'x' * 2000000"
hostile "a megabyte of Korean" "'<p>' + '한글' * 170000"
hostile "a thousand classes and rules" "'<style>' + ' '.join('.a%d .b%d > p + q ~ *{color:red}' % (i, i) for i in range(8000)) + '</style>' + ('<div class=\"' + ' '.join('a%d b%d' % (i, i) for i in range(300)) + '\">') * 100 + '<p>x<q>y' * 3000"
hostile "CSS that never ends" "'<style>' + 'a{b:(' * 50000 + '</style><p>x'"
hostile "sizes beyond all reason" "'<style>p{font-size:1e9px;margin:-99999999px;padding:99999999em;line-height:9999;width:99999999999px;border:99999px solid}</style><p>x<p>y' + '<img width=99999999 height=99999999 src=x>'"
hostile "em upon em" "'<div style=\"font-size:10em\">' * 200 + 'x'"
hostile "attributes" "'<p ' + ' '.join('a%d=\"%s\"' % (i, 'v' * 100) for i in range(20000)) + '>x'"
hostile "nothing but entities" "'&amp;&#xffff;&#x110000;&#xd800;&notanentity;' * 20000"
hostile "formatting across blocks" "('<b><i><u><p>' * 500 + '</b></i></u>' * 100) * 5"

cut() {
    python3 -c "print('<p>paragraph</p>' * $1)" >long.html
    "$HEPTA" browse --file long.html $2 >text 2>err
    [ $? = "$3" ] || return 1
    if [ "$3" = 1 ]; then grep -q "larger than this browser shows; something was left out" err; else [ ! -s err ]; fi
}
cd "$work"
check "20,000 paragraphs are shown" cut 20000 --text 0
check "of 40,000 some are, and it says so" cut 40000 --text 1
check "... in a picture" cut 40000 "--png p.png" 1
check "... in JSON" sh -c '"$1" browse --file long.html --json >long.json 2>err; [ $? = 1 ] && grep -q "\"cut\":true" long.json' - "$HEPTA"

# ---- pictures: size, and ink where something stands ----
cat >"$work/ink.html" <<'END'
<body style="margin:0"><div style="background:#ff0000;height:50px"></div><div style="height:50px"></div><p style="margin:0;font-size:40px">한글 ink</p><img src="blue.png" width=60 height=40 style="display:block">
END
python3 - "$work/blue.png" <<'END'
import struct, sys, zlib
def chunk(t, d): return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
rows = b"".join(b"\0" + b"\0\0\xff" * 3 for _ in range(2))
open(sys.argv[1], "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
check "draws a picture" "$HEPTA" browse --file "$work/ink.html" --png "$work/ink.png" --png-width 400
cat >"$work/look.py" <<'END'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read(); at = 8; idat = b""
while at < len(data):
    n, kind = struct.unpack(">I4s", data[at:at + 8]); body = data[at + 8:at + 8 + n]; at += 12 + n
    if kind == b"IHDR": w, h, depth, color = struct.unpack(">IIBB", body[:10])
    if kind == b"IDAT": idat += body
assert depth == 8 and color in (2, 6); size = 3 if color == 2 else 4; raw = zlib.decompress(idat); before = bytearray(w * size); rows = []
for y in range(h):
    kind, line = raw[y * (w * size + 1)], bytearray(raw[y * (w * size + 1) + 1:(y + 1) * (w * size + 1)])
    for i in range(len(line)):
        a, b, c = line[i - size] if i >= size else 0, before[i], before[i - size] if i >= size else 0
        p = a + b - c; paeth = a if abs(p - a) <= abs(p - b) and abs(p - a) <= abs(p - c) else b if abs(p - b) <= abs(p - c) else c
        line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
    rows.append(line); before = line
pixel = lambda x, y: tuple(rows[y][x * size:x * size + 3])
dark = lambda x0, y0, x1, y1: sum(sum(pixel(x, y)) < 300 for y in range(y0, y1) for x in range(x0, x1))
assert (w, h) == (400, 600), (w, h)
assert pixel(0, 0) == pixel(399, 49) == (255, 0, 0) and pixel(200, 60) == (255, 255, 255)
assert dark(0, 100, 160, 150) > 300 and dark(200, 100, 400, 150) == 0, "text ink"
blue = [(x, y) for y in range(h) for x in range(w) if pixel(x, y) == (0, 0, 255)]
assert len(blue) == 60 * 40 and min(blue)[0] == 0 and max(blue)[0] == 59, len(blue)
# No tofu: the boxes that stand for missing characters all look the same, syllables do not.
cut = lambda x0, x1: [bytes(v for x in range(x0, x1) for v in pixel(x, y)) for y in range(105, 145)]
assert cut(2, 34) != cut(38, 70), "two syllables look the same"
END
check "ink, colours and the picture are where they belong" python3 "$work/look.py" "$work/ink.png"
"$HEPTA" browse --file "$pages/mixed.html" --png "$work/1.png"; "$HEPTA" browse --file "$pages/mixed.html" --png "$work/2.png"
check "the same page gives the same picture" cmp "$work/1.png" "$work/2.png"

# ---- over the network ----
check "a page of the lab's server" sh -c '"$1" browse --wire lab: --text http://server/ | grep -q "^It works"' - "$HEPTA"
check "what was fetched, as JSON" sh -c '"$1" browse --wire lab: server --json | python3 -c "import json,sys; p=json.load(sys.stdin); assert p[\"status\"] == 200 and p[\"links\"] == [\"http://server/big\"] and p[\"resources\"][0][\"bytes\"] == p[\"resources\"][0][\"wire_bytes\"] > 100"' - "$HEPTA"
refused() { "$HEPTA" browse "$@" >"$work/text" 2>"$work/err" && return 1; cat "$work/err"; [ -s "$work/err" ]; }
check "a page that is not there" refused --wire lab: --text http://server/missing
check "a server that is not there" refused --wire lab: --text http://nosuch/
check "a file that is not there" refused --file "$work/nothing.html"
check "another scheme" refused --wire lab: gopher://server/
check "neither URL nor file" refused

# ---- the journey, over a wire and without: every option in both ----
cd "$work"
in_text() { local what=$1; shift; "$HEPTA" browse --lang en "$@" >text 2>err; local got=$?; cat text err; grep -qF -- "$what" text err && return $got; }
fails() { in_text "$@"; [ $? = 1 ]; }
for where in "--wire lab: --seed 3 server" "www.naver.com"; do
    check "$where: told" in_text "The 3-way handshake" --out j $where
    check "$where: what is left" test -s j/journey.html -a -s j/page.png -a -s j/A.pcapng
    check "$where: nothing is left" sh -c 'rm -rf out; "$1" browse --out "" $2 >text && [ ! -e out ]' - "$HEPTA" "$where"
    check "$where: in Korean" sh -c '"$1" browse --lang ko --out "" $2 | grep -q "양쪽의 상태"' - "$HEPTA" "$where"
    check "$where: as text" sh -c '"$1" browse --text $2 >text && [ ! -e out ] && ! grep -q handshake text && [ -s text ]' - "$HEPTA" "$where"
    check "$where: its links" in_text "[1] http://" --links $where
    check "$where: drawn" sh -c 'rm -f p.png; "$1" browse --png p.png --png-width 300 $2 >text && [ ! -s text ] && [ -s p.png ]' - "$HEPTA" "$where"
    check "$where: captured" sh -c '"$1" browse --out "" --capture c.pcapng $2 >text && "$1" decode c.pcapng | grep -q "http GET /"' - "$HEPTA" "$where"
    check "$where: traced" in_text "tcp SYN seq=" --out "" --trace $where
    check "$where: JSON" sh -c '"$1" browse --json $2 | python3 -c "import json,sys; j=json.load(sys.stdin); assert j[\"verdict\"][\"page\"] == \"whole\" and j[\"connection\"][\"states\"] and j[\"request\"][\"layers\"][0][\"name\"] == \"eth\"" && [ ! -e out ]' - "$HEPTA" "$where"
    check "$where: step by step" sh -c 'echo q | "$1" browse --step --lang en --out "" $2 >text && ! grep -q "^2  DNS" text' - "$HEPTA" "$where"
    check "$where: bad wires" in_text "The 3-way handshake" --out "" --loss 2% --delay 5ms --jitter 1ms --rate 5Mbit/s --duplicate 1% --reorder 1% --timeout 60s $where
done
check "a wire that loses too much" fails "Layer 1 gave up: " --out "" --wire lab: --seed 1 --loss 20% --timeout 30s server/big
check "the same seed over lab: gives the same" sh -c '"$1" browse --wire lab: --seed 5 --out a server >a.text; "$1" browse --wire lab: --seed 5 --out b server >b.text; cmp a/journey.html b/journey.html && cmp a/A.pcapng b/A.pcapng' - "$HEPTA"
if command -v tshark >/dev/null; then
    for page in http://www.google.com/images.html http://www.google.com/; do
        check "JSON of $page is what tshark sees" sh -c '"$1" browse --json --out j "$2" >j.json && python3 "$3" j.json j/A.pcapng j/capture.pcapng' - "$HEPTA" $page "$pages/../../interop/browse_json.py"
    done
fi
failed_json() { "$HEPTA" browse --json "$@" >f.json; [ $? = 1 ] && python3 -c 'import json,sys
v = json.load(open("f.json"))["verdict"]; f = v["failures"][0]; print(v)
assert v["page"] == "none" and v["error"] and [x["layer"] for x in f["ladder"]] == [7, 6, 5, 4, 3, 2, 1]
assert [x["state"] for x in f["ladder"] if x["layer"] == f["layer"]] == ["gave up"] and f["why"]'; }
check "JSON of a failure" failed_json nobody.com
check "JSON of a failure over a wire" failed_json --wire lab: 10.7.0.9
check "a lost SYN is told" in_text "died on the cable" --out "" --wire lab: --seed 4 --loss 30% --timeout 60s server
check "a share and a time as they were given" sh -c '"$1" browse --lang en --out "" --loss 1% --delay 100ms www.google.com >text; grep -q "loss 1%" text && grep -q "delay 100ms" text' - "$HEPTA"
for seed in -1 18446744073709551616 3x; do check "no seed: $seed" sh -c '"$1" browse --out "" --seed "$2" www.google.com >text 2>err; [ $? = 2 ] && grep -q "does not fit" err' - "$HEPTA" $seed; done
check "a page of which something is missing, as text" fails "" --text --fault 'at 140ms crash 라' www.google.com
# Faults in Korean; what happens between the rows of a framed table stays within the frame.
in_korean() { "$HEPTA" browse --lang ko --out "" --fault "$1" www.google.com >text 2>err; cat text; grep -qF -- "$2" text; }
check "a cable, in Korean" in_korean 'at 5ms down first-cable' '5.000  ⚡ first-cable 케이블이 뽑힌다'
check "freeze, in Korean" in_korean 'at 10ms freeze 마' '10.000  ⚡ 마 장비가 얼어붙는다'
check "crash, in Korean" in_korean 'at 60ms crash 바' '60.000  ⚡ 바 장비의 전원이 꺼진다'
check "checksums, in Korean" sh -c '"$1" browse --lang ko --out "" www.google.com >text; grep -q "체크섬 맞음, 포트 80" text && ! grep -q "Good" text' - "$HEPTA"
for lang in en ko; do
    "$HEPTA" browse --lang $lang --out "" --fault 'at 60ms crash 바' www.google.com >text 2>&1
    check "events stay in the frame: $lang" python3 - text <<'END'
import sys, unicodedata
def width(s): return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
frame, tables, across = False, 0, 0
for line in (l.strip() for l in open(sys.argv[1], encoding="utf-8")):
    if line.startswith("┌"): frame, tables = True, tables + 1
    if frame: assert width(line) == 73 and line[0] in "┌├│└" and line[-1] in "┐┤│┘", line
    if frame and line.startswith("│") and line.count("│") == 2: across += 1
    if line.startswith("└"): frame = False
assert tables == 2 and across >= 4, (tables, across)
END
done
check "no such name" fails "Layer 7 gave up: DNS answered that there is no such name" --out "" --wire lab: http://nosuch/
check "nobody listens" fails "nobody listens on port 81" --out "" --wire lab: server:81
check "nobody listens on this computer" fails "10.7.0.2 is this computer itself, and nobody listens on its port 80" --out "" --wire lab: http://10.7.0.2/
check "a server with an address of IPv6, asked at once" in_text "fd00:7::1" --out "" --wire lab: 'http://[fd00:7::1]/'
check "no way" fails "no route leads there" --out "" --wire lab: 192.0.2.1
check "no neighbour" fails "nobody on the wire answers ARP for 10.7.0.9" --out "" --wire lab: 10.7.0.9
check "no name server" fails "no name server is known" --out "" --wire lab: --addr 10.7.0.2/24 server
check "a page that is not there, told" fails "the server answered that it has no such thing" --out "" --wire lab: server/missing
echo "$passed checks passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

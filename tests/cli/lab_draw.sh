#!/bin/bash
# hepta lab draw: what is drawn on the terminal, and that the picture is one.
set -eu
: "${HEPTA:?}"
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
cat >"$dir/net.lab" <<'END'
host a ip 10.0.0.1/24 label "서버"
switch sw
host b c
router 가 eth0 dhcp
cable [a,b,c] sw rate 100Mbit/s delay 1ms
cable sw 가 name up loss 2.5%
host alone
END
"$HEPTA" lab draw "$dir/net.lab" >"$dir/out" || fail "draw"
grep -q '서버' "$dir/out" && grep -q '  up: sw - 가  loss 2.5%' "$dir/out" && grep -q '  a - sw  100 Mbit/s 1ms' "$dir/out" || fail "$(cat "$dir/out")"
# Every line of boxes is as wide as it says: Korean counts two.
python3 - "$dir/out" <<'END' || fail "crooked boxes: $(cat "$dir/out")"
import sys, unicodedata
wide = lambda s: sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
grid = {}
for y, line in enumerate(open(sys.argv[1], encoding="utf-8")):
    x = 0
    for c in line.rstrip("\n"):
        grid[x, y] = c
        x += wide(c)
down, up, right, left = "│┌┐├┤┬┼╷", "│└┘├┤┴┼╵", "─┌└├┬┴┼╶", "─┐┘┤┬┴┼╴"
for (x, y), c in grid.items():
    assert c not in down or grid.get((x, y + 1), " ") in up, (x, y, c)
    assert c not in up or grid.get((x, y - 1), " ") in down, (x, y, c)
    assert c not in right or grid.get((x + 1, y), " ") in left, (x, y, c)
    assert c not in left or grid.get((x - 1, y), " ") in right, (x, y, c)
END
for f in "$top"/examples/lab/*.lab; do
    "$HEPTA" lab draw "$f" >"$dir/1" && [ -s "$dir/1" ] || fail "$f"
    "$HEPTA" lab draw --svg "$dir/1.svg" "$f" && "$HEPTA" lab draw --svg - "$f" | cmp - "$dir/1.svg" || fail "$f as SVG"
    python3 - "$dir/1.svg" <<'END' || fail "$f: no XML"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag.endswith("svg") and float(root.get("width")) > 100
for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
    assert float(rect.get("x", 0)) >= 0 and float(rect.get("x", 0)) + float(rect.get("width")) <= float(root.get("width"))
    assert float(rect.get("y", 0)) >= 0 and float(rect.get("y", 0)) + float(rect.get("height")) <= float(root.get("height"))
END
done
printf 'host c[1..500]\nswitch s\ncable c[i] s\n' >"$dir/big.lab"
if "$HEPTA" lab draw --all "$dir/big.lab" 2>"$dir/err"; then fail "500 nodes on a terminal"; fi
"$HEPTA" lab draw --all --svg "$dir/big.svg" "$dir/big.lab" || fail "500 nodes as SVG"
[ "$(grep -c '<rect' "$dir/big.svg")" = 502 ] || fail "500 hosts and a switch, each of its own"
"$HEPTA" lab draw --svg "$dir/big.svg" "$dir/big.lab" && [ "$(grep -c '<rect' "$dir/big.svg")" = 3 ] || fail "500 hosts in one box"
"$HEPTA" lab draw "$dir/big.lab" | grep -q 'c1 … c500 (500)' || fail "500 hosts in one box on a terminal"
cat >"$dir/tree.lab" <<'END'
router core r[1..5]
switch sw[1..5]x[1..6]
host h[1..5]x[1..6]y[1..10] p q z
cable r[i] core delay 1ms
cable sw[i]x[j] r[i] rate 1Gbit/s
cable h[i]x[j]y[k] sw[i]x[j]
cable [p,q] core
cable z p name tail
END
"$HEPTA" lab draw "$dir/tree.lab" >"$dir/tree"
for what in 'sw1x1 … sw1x6 (6, 66 in all)' 'sw5x1 … sw5x6 (6, 66 in all)' ' q ' ' p ' 'core' 'tail: z - p'; do grep -qF -- "$what" "$dir/tree" || fail "$what is not drawn"; done
[ "$(grep -c h1x1y1 "$dir/tree")" = 0 ] || fail "hosts behind switches are drawn"
"$HEPTA" lab draw "$dir/tree.lab" | cmp - "$dir/tree" || fail "not the same twice"
if "$HEPTA" lab draw --svg /none/x.svg "$dir/net.lab" 2>"$dir/err"; then fail "a folder that is not there"; fi
echo ok

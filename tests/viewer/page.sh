#!/usr/bin/env bash
# The page that shows a run: its scene has the form that docs/scene.schema.json says and tells what happened; and, in a headless Chromium, everything
# on it that can be clicked does what it should.  Pictures are left in SHOTS.
set -eu
HEPTA=${HEPTA:?the hepta command}
here=$(cd "$(dirname "$0")" && pwd)
export SHOTS=${SHOTS:-$PWD/viewer-shots}
mkdir -p "$SHOTS"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=/usr/bin/python3 # Debian's: the one that Debian's modules belong to
[ -x $python ] || python=python3
"$HEPTA" tour --quiet --size 300k --loss 1% --seed 3 --out "$work/out" >"$work/told"
$python "$here/schema.py" "$here/../../docs/scene.schema.json" "$work/out/tour.html"
"$HEPTA" tour --quiet --json --seed 3 --out "$work/big" --html "$work/big.html" >"$work/told"
$python "$here/schema.py" "$here/../../docs/scene.schema.json" "$work/big.html"
cat >"$work/thousand.lab" <<'END'
lab thousand seed 1 until 20ms
router core
router r[1..10]
switch sw[1..10]x[1..9]
host h[1..10]x[1..9]y[1..10] no-slaac
cable r[i] core rate 10Gbit/s delay 1ms ip 10.255.$i.1/30 10.255.$i.2/30
cable sw[i]x[j] r[i] rate 1Gbit/s
cable h[i]x[j]y[k] sw[i]x[j] rate 1Gbit/s
END
"$HEPTA" lab run "$work/thousand.lab" --out "$work/thousand" >"$work/told"
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    echo "skipped: chromium and chromedriver (Debian: chromium-driver) are not here"
    exit 77
fi
$python "$here/clicks.py" "$work/out/tour.html" "$work/big.html" "$work/thousand/report.html"

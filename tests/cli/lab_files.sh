#!/bin/bash
# hepta lab check, export, import: what a file says in other forms, and what is wrong with it.
set -eu
: "${HEPTA:?}"
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "FAIL: $*"; exit 1; }
cat >net.lab <<'END'
lab 작은망 seed 7 until 3s
cable-kind wan delay 10ms rate 10Mbit/s loss 1% burst 0.1% 30% 80% reorder 2% 3ms duplicate 1e-6 jitter 2ms bit-errors 1e-9 code manchester ring 64KiB queue fq_codel limit 50p back rate 1Mbit/s loss 3%
include "clients.lab"
rate-trace lte file "lte.trace"
cable-kind air rate lte corrupt 0.5% back rate 1Mbit/s
router [가,나] routes auto set tcp.rto_min_ms 10
router edge if wan ip 192.0.2.1/24 if lan ip 2001:db8::1/64 advertise 2001:db8::/64
host s2
host s1 ip 10.2.0.2/24 gw 10.2.0.1 dns 10.2.0.9 cc reno memory 2MiB label "서버 \"1\" \$5" mac 02:00:00:00:00:07 mtu 1400 no-slaac
cable c[i] 가 ip - 10.1.$i.1/24
cable 가 나 kind wan name neck ip 10.3.0.1/24 10.3.0.2/24
cable s2 가 kind air ip 10.4.0.2/24 10.4.0.1/24
cable 나 s1 half-duplex rate 10Mbit/s mtu 1400 ip 10.2.0.1/24 -
cable edge.wan 가 ip - 192.0.2.2/24
app s1 serve /x 1MB log
app c[i] get http://10.2.0.2/ start ${i}ms stop 2s
app c1 say s1 "hello, \"world\" \$1"
at 1s..1.5s down c[i]-가
when c1 progress then set neck loss 0
expect eventually 2s ping c[i] s1
END
printf '10ms 1Mbit/s\n5ms 0\n10ms 2Mbit/s\n' >lte.trace
cat >clients.lab <<'END'
host-kind client gw 10.1.$i.1 label "$name"
host c[1..3] ip 10.1.$i.2/24 like client
END
"$HEPTA" lab check net.lab >out || fail "check"
grep -q "lab 작은망, seed 7, until 3s: 5 hosts, 3 routers, 7 cables, 5 apps, 4 faults, 3 expectations" out || fail "summary: $(cat out)"
grep -q "lan of edge has an address and no cable" out || fail "warning: $(cat out)"
"$HEPTA" lab export --json net.lab >1.json || fail "export"
"$HEPTA" lab export --json 1.json >2.json || fail "reading JSON"
cmp 1.json 2.json || fail "the JSON form does not read back as it was"
python3 - 1.json <<'END' || fail "the JSON form says something else"
import json, sys
lab = json.load(open(sys.argv[1]))
neck = [c for c in lab["cables"] if c["name"] == "neck"][0]
assert neck["kind"] == "wan" and neck["queue"] == 50 and neck["discipline"] == "fq_codel" and neck["code"] == "manchester" and abs(neck["way"]["loss"] - .01) < 1e-9 and abs(neck["back"]["loss"] - .03) < 1e-9
assert neck["way"]["rate"] == 10**7 and neck["back"]["rate"] == 10**6 and neck["back"]["delay_ns"] == 10**7
s1 = [n for n in lab["nodes"] if n["name"] == "s1"][0]
assert s1["label"] == '서버 "1" $5' and s1["memory"] == 2 << 20 and s1["interfaces"][0]["mtu"] == 1400
assert lab["rate_traces"][0]["spans"][1] == {"ns": 5000000, "rate": 0} and lab["cables"][4]["way"]["rate_trace"] == "lte"
assert "rate_trace" not in lab["cables"][4]["back"] and abs(lab["cables"][4]["way"]["corrupt"] - .005) < 1e-9
assert [f for f in lab["faults"]][2] == ["at", "1s..1.5s", "down", "c3-가"]
END
"$HEPTA" lab export --dot net.lab | grep -q '"가" -- "나" \[label="neck"\];' || fail "dot"

# The examples are without warnings, and read back from JSON as they were.
for f in "$top"/examples/lab/*.lab; do
    "$HEPTA" lab check "$f" >out 2>&1 || fail "$f: $(cat out)"
    if grep -q warning out; then fail "$f: $(cat out)"; fi
    "$HEPTA" lab export --json "$f" >1.json && "$HEPTA" lab export --json 1.json >2.json && cmp 1.json 2.json || fail "$f"
done

# ... and as the schema says, if there is somebody to judge.
if python3 -c 'import jsonschema' 2>/dev/null; then
    for f in net.lab "$top"/examples/lab/*.lab; do
        "$HEPTA" lab export --json "$f" >1.json
        python3 -c 'import json, jsonschema, sys; jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' "$top/docs/lab.schema.json" 1.json ||
            fail "$f against the schema"
    done
fi

# What is wrong: the place, the line, a caret, the nearest word; and a status.
printf 'host 가나다 ip 10.0.0.1/24 gww 1.2.3.4\n' >bad.lab
if "$HEPTA" lab check bad.lab >out 2>err; then fail "a bad file passed"; fi
printf 'bad.lab:1:28: error: there is no attribute "gww" here; did you mean "gw"?\n    host 가나다 ip 10.0.0.1/24 gww 1.2.3.4\n                               ^~~\n' | cmp - err || fail "$(cat err)"
printf 'include "bad.lab"\nhots c1\n' >outer.lab
if "$HEPTA" lab check outer.lab 2>err; then fail "a bad include passed"; fi
grep -q '^bad.lab:1:28: error' err && grep -q '^outer.lab:2:1: error: no line begins with "hots"; did you mean "host"?' err || fail "$(cat err)"
printf 'include "self.lab"\n' >self.lab
if "$HEPTA" lab check self.lab 2>err; then fail "an endless include passed"; fi
grep -q 'does one include itself?' err || fail "$(cat err)"
for text in '' '[]' '{"hepta_lab": 1, "nodes": [{"name": "a\nhost b", "kind": "host"}]}' '{"hepta_lab": 1, "nodes": [{"kind": "host"}]}' '{"hepta_lab": 1, "what": 1}' \
    '{"hepta_lab": 1, "faults": [["at", "1s\nhost x"]]}' '{"hepta_lab": 1, "cables": [{"ends": [{"node": "x"}, {"node": "y"}]}]}'; do
    printf '%s' "$text" >bad.json
    if "$HEPTA" lab check bad.json >out 2>err; then fail "passed: $text"; fi
    [ -s err ] || fail "nothing was said of $text"
done

# ... in a kind's line, with whom it is wrong for
said() { # WHAT FILE...: this error, with its line and its caret
    local want=$1
    shift
    if "$HEPTA" lab check "$@" >out 2>err; then fail "passed: $*"; fi
    grep -qF -- "$want" err || fail "$want: $(cat err)"
}
printf 'lab x\nhost-kind 기본 cc newreno\nhost a like 기본\n' >kind.lab
said 'kind.lab:2:19: error: a: there is no congestion control "newreno"' kind.lab
said 'host-kind 기본 cc newreno
                      ^~~~~~~' kind.lab
printf 'router-kind k set tcp.rto_min_m 5\nrouter a\nrouter r[1..2] like k\n' >kind.lab
said 'kind.lab:1:19: error: r1 has no setting "tcp.rto_min_m" (hepta show settings lists them); did you mean "tcp.rto_min_ms"?' kind.lab
printf 'router-kind k set tcp.rto_min_ms -5\nrouter r[1..2] like k\n' >kind.lab
said 'kind.lab:1:19: error: r1 cannot boot: tcp.rto_min_ms: ' kind.lab
printf 'host-kind k label $name memory ${i}b\nhost h[1..2] like k\n' >kind.lab
said 'kind.lab:1:32: error: "1b"' kind.lab

# ... in numbers
printf 'host a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b name w\n' >two.lab
number() { # NUMBER HINT
    { cat two.lab && echo "expect final $1 > 1"; } >number.lab
    said "number.lab:4:14: error: \"$1\": a number that" number.lab
    said "$2" number.lab
}
number a.drops.CHEKSUM 'did you mean "a.drops.CHECKSUM"?'
number b.goodptu 'did you mean "b.goodput"?'
number b.tcp.retransmit 'did you mean "b.tcp.retransmits"?'
number b.queeu 'cables have "queue"'
number w.routes 'nodes have "routes"'

# what comes after the end, and what is not there at all
{ cat two.lab && printf 'lab late until 5s\napp a ping b start 8s\nat 9s..10s down w\nevery 1s from 6s for 1s down w\nexpect eventually 20s "down w"\nexpect always from 6s a.up == 1\nat 4s..6s down w\nevery 3s down w\nexpect eventually 5s ping a b\nwhen "down w" after 9s then up w\n'; } >late.lab
"$HEPTA" lab check late.lab >out || fail "late"
printf '%s\n' 'late.lab:5: warning: a.ping would start at 8s: the run ends at 5s' 'late.lab:6: warning: this never happens: the run ends at 5s' \
    'late.lab:7: warning: this never happens: the run ends at 5s' 'late.lab:8: warning: this deadline is too late: the run ends at 5s' \
    'late.lab:9: warning: this is never looked at: the run ends at 5s' >want
grep warning out | cmp - want || fail "$(cat out)"
printf 'at 7s down w\n' >more.lab
"$HEPTA" lab run --faults more.lab late.lab >out 2>err || true
grep -q '^more.lab:1: warning: this never happens' err && grep -q '^late.lab:6: warning: this never' err || fail "$(cat err)"
"$HEPTA" lab run --until 30s late.lab >out 2>err || true
if grep -q warning err; then fail "it is not too late: $(cat err)"; fi
said 'hepta: -: there is nothing in it' - </dev/null
printf '\n  # only this\n\n' >empty.lab
said 'hepta: empty.lab: there is nothing in it' empty.lab
printf 'host-kind k cc cubic\n' >kinds.lab
"$HEPTA" lab check kinds.lab >out || fail "$(cat out)"
grep -q 'kinds.lab:1: warning: there is no machine in it' out || fail "$(cat out)"

# ... also in JSON: where it stands there, in whatever order, on one line, and on the standard input
cat >wrong.json <<'END'
{"hepta_lab": 1,
 "cables": [{"ends": [{"node": "가"}, {"node": "bb", "interface": "eth0"}]}],
 "nodes": [{"name": "가", "kind": "host"},
	{"cc": "cubic", "name": "나", "kind": "switch"}],
 "expects": [["expect", "final", "가", "progess"]]}
END
said 'wrong.json:2:48: error: there is no node "bb"' wrong.json
said '     "cables": [{"ends": [{"node": "가"}, {"node": "bb", "interface": "eth0" ...
                                                   ^~~~' wrong.json
said 'wrong.json:4:3: error: "cc" fits other nodes, not this one' wrong.json
said '-:2:48: error: there is no node "bb"' - <wrong.json
tr -d '\n' <wrong.json >line.json
said 'line.json:1:64: error: there is no node "bb"' line.json
said 'line.json:1:138: error: "cc" fits other nodes' line.json
sed 's/bb/나/; s/"cc": "cubic", //' wrong.json | said '-:5:34: error: "가": a number, or one of' -
sed '5d; 4s/,$/}/; s/bb/나/; s/"cc": "cubic", //' wrong.json >right.json
printf '\nat 1s down w\n' >more.lab
if "$HEPTA" lab run --faults more.lab right.json >out 2>err; then fail "a wrong schedule passed"; fi
grep -q '^more.lab:2:12: error: "w"' err || fail "$(cat err)"
printf ' \n{"hepta_lab": 1, "nodes": [{"name": "a", "kind": "hosst"}]}' >kind.lab
said 'kind.lab:2:50: error: "hosst" is no kind: host, router, switch, hub, repeater; did you mean "host"?' kind.lab
said '-:2:3: error: there is no member "sead" here; did you mean "seed"?' - <<<$'{"hepta_lab": 1,\n  "sead": 9}'
said '-:1:1: error: there is no member "hosst" here' - <<<'{"hepta_lab": 1, "c\u0061bles": [{}, {}], "h\u006fsst": 1}'
said '-:1:1: error: "ends" wants two' - <<<'{"hepta_lab": 1,"c\u0061bles": [{}, {}]}'
said '-:1:42: error: "name" is missing' - <<<'{"hepta_lab": 1, "cables": [], "nodes": [{"kind": "host"}]}'
said "-:2:3: error: this is no JSON: '}' expected near '12'" - <<<$'{"hepta_lab": 1\n  12}'
if "$HEPTA" lab check none.lab 2>err; then fail "a missing file passed"; fi
grep -q "No such file" err || fail "$(cat err)"

# what cannot be, and what is rarely meant
printf 'switch s\nhost h[1..4100]\ncable h[i] s\n' >wide.lab
if "$HEPTA" lab check wide.lab >out 2>err; then fail "more cables than a machine has"; fi
grep -q 'wide.lab:3:12: error: s would get more than 4094 cables' err || fail "$(cat err)"
printf 'host a ip 10.0.0.1/24\nhost b ip 10.0.0.1/24\nhost x y\ncable a x\ncable b y\n' >twice.lab
"$HEPTA" lab check twice.lab >out 2>&1 || fail "$(cat out)"
grep -q 'eth0 of b has the address 10.0.0.1, which eth0 of a (line 1) has on another network' out || fail "$(cat out)"
printf 'router r eth0 ip 10.0.0.1/24 ip 10.0.1.1/24 ip 10.0.2.1/24 eth1 ip 10.0.3.1/24 ip 10.0.4.1/24\nhost a b\ncable a r\ncable b r\n' >many.lab
"$HEPTA" lab draw many.lab >out || fail "draw"
grep -q '10.0.2.1/24' out && grep -q '… 2 more' out || fail "$(cat out)"

# containerlab
cat >fabric.clab.yml <<'END'
name: fabric
topology:
  defaults:
    kind: linux
  nodes:
    srl1:
      kind: nokia_srlinux
      image: ghcr.io/nokia/srlinux
    br1: {kind: bridge}
    h1:
    h2: {kind: alpine-like}
  links:
    - endpoints: ["srl1:e1-1", "h1:eth1"]
      mtu: 1500
    - type: veth
      endpoints:
        - node: br1
          interface: eth5
        - node: h2
          interface: eth1
END
"$HEPTA" lab import fabric.clab.yml >fabric.lab || fail "import"
"$HEPTA" lab check fabric.lab >out || fail "what import wrote: $(cat fabric.lab)"
grep -q "lab fabric, seed 1, until never: 2 hosts, 1 router, 1 switch, 2 cables" out || fail "$(cat out)"
grep -q 'host "h2"    # kind alpine-like' fabric.lab || fail "$(cat fabric.lab)"
printf 'topology:\n  nodes:\n    a: {}\n  links:\n    - endpoints: ["a:eth1"]\n' >bad.clab.yml
if "$HEPTA" lab import bad.clab.yml >out 2>err; then fail "a bad topology passed"; fi
grep -q 'bad.clab.yml:5:18: a link wants two endpoints' err || fail "$(cat err)"
printf 'topology:\n  nodes:\n    a: {}\n    b:\n  links:\n    - endpoints: ["a:eth1", "bb:eth1"]\n' >bad.clab.yml
if "$HEPTA" lab import bad.clab.yml >out 2>err; then fail "a link to nobody passed"; fi
grep -q 'bad.clab.yml:6:29: there is no node "bb" among' err || fail "$(cat err)"
cat >outside.clab.yml <<'END'
topology:
  nodes: {srl1: {kind: srl}, srl2: {kind: srl}}
  links:
    - endpoints: ["srl1:ethernet-1/1", "srl2:ethernet-1/1"]
    - endpoints: ["srl1:GigabitEthernet0/0/0/1", "srl2:GigabitEthernet0/0/0/1"]
    - endpoints: ["srl1:e1-2", "host:srl1_e1-2"]
    - type: macvlan
      endpoint: {node: srl1, interface: e1-3}
      host-interface: eth0
    - endpoints: ["mgmt-net:x", "srl2:e1-4"]
END
"$HEPTA" lab import outside.clab.yml >outside.lab 2>err || fail "names of interfaces: $(cat err)"
grep -q 'outside.clab.yml:6:32: warning: this link leaves the lab ("host") and is left out, as 2 more are' err || fail "$(cat err)"
grep -q 'cable "srl1.ethernet-1-1" "srl2.ethernet-1-1"' outside.lab && grep -q 'cable "srl1.Gi0-0-0-1" "srl2.Gi0-0-0-1"' outside.lab || fail "$(cat outside.lab)"
"$HEPTA" lab check outside.lab >out && "$HEPTA" lab run --until 1s outside.lab >>out || fail "what import wrote: $(cat outside.lab out)"
cat >frr.clab.yml <<'END'
name: frr01
topology:
  kinds:
    linux: {image: quay.io/frrouting/frr:9.1}
  groups:
    pc: {image: praqma/network-multitool}
  nodes:
    r1: {kind: linux, image: "frrouting/frr:v7.5.1"}
    r2:
    r3: {kind: linux, image: "registry.example:5000/vyos@sha256:frr"}
    pc1: {group: pc}
    pc2: {image: "freerouter/frrr"}
    br: {kind: bridge}
  links:
    - endpoints: ["r1:eth1", "r2:eth1"]
    - endpoints:
        - {node: pc1, interface: ethernet-1/1, mac: "02:00:00:00:00:05"}
        - {node: r1, interface: eth2, mac: "02:00:00:00:00:06"}
    - endpoints:
        - {node: br, interface: eth7, mac: "02:00:00:00:00:07"}
        - {node: pc1, interface: eth2, mac: "02:00:00:00:00:08"}
    - endpoints: ["pc2:eth1", "r3:eth1"]
END
"$HEPTA" lab import frr.clab.yml >frr.lab || fail "import of FRR"
for line in 'router "r1" if "eth2" mac 02:00:00:00:00:06    # image frrouting/frr:v7.5.1' 'router "r2"    # image quay.io/frrouting/frr:9.1' \
    'router "r3"    # image registry.example:5000/vyos@sha256:frr' 'host "pc1" if "ethernet-1-1" mac 02:00:00:00:00:05 if "eth2" mac 02:00:00:00:00:08' \
    'host "pc2"' 'switch "br" if "eth7" mac 02:00:00:00:00:07'; do
    grep -qxF -- "$line" frr.lab || fail "$line: $(cat frr.lab)"
done
"$HEPTA" lab export --json frr.lab >frr.json && python3 - frr.json <<'END' || fail "MACs: $(cat frr.json)"
import json, sys
lab = json.load(open(sys.argv[1]))
macs = {(n["name"], i["name"]): i["mac"] for n in lab["nodes"] for i in n["interfaces"] if "mac" in i}
assert macs == {("r1", "eth2"): "02:00:00:00:00:06", ("pc1", "ethernet-1-1"): "02:00:00:00:00:05", ("pc1", "eth2"): "02:00:00:00:00:08",
                ("br", "eth7"): "02:00:00:00:00:07"}, macs
END
printf 'topology:\n  nodes: {a: , b: }\n  links:\n    - endpoints: [{node: a, interface: e, mac: "03:00:00:00:00:05"}, {node: b}]\n' >bad.clab.yml
if "$HEPTA" lab import bad.clab.yml >out 2>err; then fail "a group's MAC passed"; fi
grep -q 'bad.clab.yml:4:48: a mac is a machine' err || fail "$(cat err)"
printf 'a: [\n' >bad.clab.yml
if "$HEPTA" lab import bad.clab.yml >out 2>err; then fail "no YAML passed"; fi
echo ok

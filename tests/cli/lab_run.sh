#!/usr/bin/env bash
# hepta lab run, replay, diff and shake: what they leave, whether it is the same again, and how they end.
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
. "$(dirname "$0")/lib.sh"

lab() { timeout 60 "$HEPTA" lab "$@" </dev/null; }
ends() { local want=$1; shift; lab "$@" >got 2>&1; local is=$?; [ "$is" = "$want" ] || { cat got; echo "exit $is, not $want"; return 1; }; }
says() { local text=$1; shift; lab "$@" >got 2>&1; grep -qF -- "$text" got || { cat got; return 1; }; }

cat >net.lab <<'END'
lab net seed 42 until 6s
host c[1..2] ip 10.1.$i.2/24 gw 10.1.$i.1
host s1 ip 10.2.0.2/24 gw 10.2.0.1
router r1 eth0 ip 10.1.1.1/24 eth1 ip 10.1.2.1/24 eth2 ip 10.9.0.1/30 routes auto
router r2 eth0 ip 10.9.0.2/30 eth1 ip 10.2.0.1/24 routes auto
cable c1 r1.eth0 delay 1ms
cable c2 r1.eth1 delay 1ms
cable r1.eth2 r2.eth0 name neck delay 10ms rate 10Mbit/s loss 1%
cable r2.eth1 s1
app s1 serve /page.html 300k
app s1 sink
app c1 get http://s1/page.html start 10ms
app c2 send s1 for 200k start 20ms
at 1s..1200ms down neck
END
cp net.lab good.lab
printf 'expect eventually 6s app c1.get ended\n' >>good.lab
cp net.lab bad.lab
printf 'expect eventually 20ms app c1.get ended\n' >>bad.lab
printf 'lab x\nhots c1\n' >wrong.lab

check "a run whose expectations hold ends with 0" ends 0 run good.lab
check "one whose do not ends with 1" ends 1 run bad.lab
check "... and says which, when and after what" says "it has not happened by then" run bad.lab
check "a file that makes no sense ends with 2" ends 2 run wrong.lab
check "... and says where" says "wrong.lab:2:1: error" run wrong.lab
check "a file that is not there" ends 2 run none.lab
check "an option that is none" ends 2 run --sed 3 net.lab
check "a program tells how it went" says "every byte right" run net.lab
check "quiet is quiet" bash -c "[ -z \"\$('$HEPTA' lab run -q net.lab 2>&1)\" ]"
check "a folder that cannot be" ends 2 run --out /dev/null/x net.lab
full() { lab run -q --out /dev/full net.lab >got 2>&1; [ $? != 0 ]; }
check "a folder that is a file" full
printed() { "$HEPTA" lab run net.lab >/dev/full 2>got; [ $? = 1 ] && grep -q "standard output" got; }
check "what cannot be printed is an error" printed

check "a run says how its capture is opened" says "wireshark -o tcp.reassemble_out_of_order:TRUE d/capture.pcapng" run --no-report --out d net.lab
lab run -q --out a net.lab && lab run -q --out b net.lab && lab run -q --seed 43 --out c net.lab
for file in capture.pcapng events.jsonl run.json report.html; do check "twice the same $file" cmp a/$file b/$file; done
check "another seed, another run" bash -c "! cmp -s a/events.jsonl c/events.jsonl"
check "all of events.jsonl and run.json is JSON" python3 -c "
import json
run = json.load(open('a/run.json'))
events = [json.loads(line) for line in open('a/events.jsonl')]
assert run['lab'] == 'net' and run['seed'] == '42' and len(run['digests']) == 6, run
assert all('time' in e and 'kind' in e and 'layer' in e for e in events)
assert [e['time'] for e in events] == sorted(e['time'] for e in events)
assert any(e['kind'] == 'drop' and e['reason'] == 'WIRE_LOSS' for e in events)
assert any(e['kind'] == 'fault' for e in events)
entered = sum(e['kind'] == 'enter' for e in events)
assert entered == run['frames'] == sum(end['frames'] for c in run['cables'] for end in c['ends'])"
lab run -q --all --out all net.lab
check "every field of events.jsonl and run.json is in the manual" python3 -c "
import json, re, sys
text = open('$docs/LAB-OUTPUT.md').read()
names = set(re.findall(r'\`([a-z0-9_-]+)\`', text))
events = [json.loads(line) for line in open('all/events.jsonl')]
missing = ({k for e in events for k in e} | {e['kind'] for e in events} | set(json.load(open('all/run.json')))) - names
assert missing <= {'hepta'}, missing"
example() {
    sed -n "/^cat >page.lab/,/^LAB\$/p" "$docs/LAB-OUTPUT.md" >example.sh && bash example.sh && lab run -q --out result page.lab &&
        [ "$(sed -n 's/^lab //p' page.lab)" = "page seed 7 until 5s" ] && lab replay result
}
check "the manual's example runs" example
lab run -q --out bad bad.lab
page() { python3 - "$@" <<'PY'
import json, re, sys
def scene(folder):
    page = open(folder + '/report.html').read()
    assert not re.search(r'(src|href)="https?:', page)
    return json.loads(re.search(r'<script[^>]*>\s*(\{"schema":"hepta-scene/1".*?)</script>', page, re.S).group(1))
a, run, bad = scene('a'), json.load(open('a/run.json')), scene('bad')
assert a['facts']['title'] == 'net' and a['facts']['seed'] == '42' and a['digest'] == run['digests'][-1], a['facts']
assert {n['name']: n['kind'] for n in a['nodes']} == {'c1': 'host', 'c2': 'host', 's1': 'server', 'r1': 'router', 'r2': 'router'}
assert a['limits']['frames_seen'] == run['frames'] and 0 < len(a['frames']) <= a['limits']['frames_max']
assert len(a['faults']) == run['faults'] and any(e['kind'] == 'say' and e['proto'] == 'get' for e in a['events'])
assert [e['held'] for e in bad['expects']] == [False] and 'it has not happened by then\n' in bad['expects'][0]['why'], bad['expects']
PY
}
check "report.html stands alone and has what happened" page
check "--no-report leaves it out" bash -c "'$HEPTA' lab run -q --no-report --out noreport net.lab && [ -f noreport/run.json ] && [ ! -e noreport/report.html ]"
check "--json prints run.json" bash -c "'$HEPTA' lab run --json net.lab | cmp - a/run.json"
printf 'host a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b\napp a say b hi\n' >refused.lab
(cat refused.lab; echo 'expect never drop b reason WIRE_LOSS') >refused2.lab
junit_app() {
    lab run -q --junit j.xml refused.lab; [ $? = 1 ] && grep -q 'name="a.say".*<failure message="connection refused"' j.xml || return 1
    lab run -q --junit j.xml refused2.lab && grep -q 'name="a.say".*<skipped message="connection refused (what the file expects' j.xml && grep -q 'skipped="1"' j.xml
}
check "JUnit: a program that failed is not one that passed" junit_app
check "JUnit's XML" bash -c "'$HEPTA' lab run -q --junit j.xml bad.lab; python3 -c \"
import xml.etree.ElementTree as t
s = t.parse('j.xml').getroot()
assert s.get('failures') == '1' and len(s.findall('testcase')) == int(s.get('tests')) == 4 and len(s.findall('.//failure')) == 1\""

printf 'host a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b\napp b serve / 5M\napp a get http://10.0.0.2/ start 1s\n' >home.lab
check "serve makes the first page, too" says "a.get: 200, 5.0 MB" run home.lab
mistyped() { "$HEPTA" decode --filter 'tcp && icmp.tpye == 8' a/capture.pcapng 2>got; [ $? = 2 ] && grep -q 'filter:1:8: "icmp.tpye".*did you mean "icmp.type"' got && grep -q '^           ^$' got; }
check "a mistyped field is an error with its place and the nearest" mistyped
either() { [ "$("$HEPTA" decode --filter 'tcp.port == 80' a/capture.pcapng | grep -c ' tcp ')" -gt 5 ] && "$HEPTA" show fields ip | grep -qx ip.addr; }
check "tcp.port is either side's" either

check "replay of a folder" says "the same, 6 digests" replay a
check "replay ends with 0" ends 0 replay a/run.json
moved() { mkdir -p away && cp -r a away/ && sed -i 's/net\.lab/gone.lab/' away/a/run.json && lab replay away/a; }
check "replay finds the copy beside run.json" moved
forged() { cp -r a f && sed -i 's/"digests":\["[0-9a-f]*/"digests":["0000000000000000/' f/run.json && lab replay f >got 2>&1; [ $? = 1 ] && grep -q "virtual second 1" got; }
check "replay says where it differs" forged
changed() { cp -r a g && echo "# more" >>g/network.lab && sed -i 's/"net\.lab"/"g\/network.lab"/' g/run.json && lab replay g >got 2>&1; [ $? = 2 ] && grep -q "is not what it was" got; }
check "replay wants the file as it was" changed

mkdir -p far/parts/deep far/www far/else
printf 'include "deep/kinds.lab"\nhost s ip 10.0.0.2/24\n' >far/parts/nodes.lab
printf '# nothing\n' >far/parts/deep/kinds.lab
echo '<p>hello</p>' >far/www/index.html
cat >far/site.lab <<'END'
lab site seed 5 until 3s
include "parts/nodes.lab"
host c ip 10.0.0.1/24
cable c s delay 1ms
app s site www
app c get http://s/ start 10ms
app c get http://s/none.html start 1s
END
copies() { lab run -q --out kept far/site.lab; cmp kept/www/index.html far/www/index.html && cmp kept/parts/deep/kinds.lab far/parts/deep/kinds.lab; }
check "a run copies what its file names" copies
check "... and run.json says what was there and what was not" python3 -c "
import hashlib, json
files = json.load(open('kept/run.json'))['files']
assert [f['name'] for f in files] == ['parts/nodes.lab', 'parts/deep/kinds.lab', 'www/index.html', 'www/none.html'], files
for f in files[:3]: assert f['sha256'] == hashlib.sha256(open('far/' + f['name'], 'rb').read()).hexdigest(), f
assert files[3]['sha256'] is None"
check "replay finds them" says "the same" replay kept
appeared() { echo late >far/www/none.html && lab replay kept >got 2>&1; local is=$?; rm far/www/none.html; [ $is = 0 ]; }
check "... what was not there then is not there now" appeared
elsewhere() { mv far gone; lab replay kept >got 2>&1; local is=$?; mv gone far; [ $is = 0 ] || { cat got; false; }; }
check "... or their copies" elsewhere
kept_runs() { lab run -q --out kept2 kept/network.lab; cmp kept/events.jsonl kept2/events.jsonl; }
check "the folder of a run is a lab of its own" kept_runs
edited() {
    echo more >>far/www/index.html
    lab replay kept >got 2>&1 || { cat got; return 1; }
    rm kept/www/index.html
    lab replay kept >got 2>&1
    [ $? = 2 ] && grep -q "far/www/index.html is not what it was" got || { cat got; false; }
}
check "replay takes the copy if a file was edited, and says so if there is none" edited
outside() {
    printf 'lab o until 1s\ninclude "../else.lab"\n' >far/else/o.lab && echo 'host h' >far/else.lab
    lab run --out o far/else/o.lab >got 2>&1 && grep -q "../else.lab is not copied to o" got && [ ! -e else.lab ] && lab replay o && rm far/else.lab || { cat got; return 1; }
    lab replay o >got 2>&1
    [ $? = 2 ] && grep -q "else.lab is not what it was" got
}
check "a file outside the lab's folder is not copied, which is said" outside
check "diff of the same ends with 0" ends 0 diff a b
check "diff of two seeds ends with 1" ends 1 diff a c
check "diff says the second" says "they part in virtual second 1" diff a c
check "diff shows the event" says "of events.jsonl" diff a c
logged() {
    lab run -q --all --out wordy net.lab >got 2>&1
    lab diff a wordy >got 2>&1 && grep -q "^wordy was logged with --all, a was not" got && grep -q "the same: .* every event that both log" got || { cat got; return 1; }
    lab diff wordy a >got 2>&1 && grep -q "^wordy was logged with --all, a was not" got || { cat got; return 1; }
    lab diff wordy c >got 2>&1
    [ $? = 1 ] && grep -q "^< wordy, line [0-9]* of events.jsonl" got && ! grep -q '"kind":"down"' got
}
check "diff of one run that was logged in two ways says so" logged
check "diff of nothing" ends 2 diff a nowhere

if command -v tshark >/dev/null; then
    shark() { tshark -r a/capture.pcapng "$@" 2>/dev/null; }
    # Port 5000, the sink's, is another protocol's to tshark.
    check "tshark finds no malformed frame, opened as the run says" bash -c "[ -z \"\$(tshark -r a/capture.pcapng -d tcp.port==5000,data -o tcp.reassemble_out_of_order:TRUE -Y _ws.malformed 2>/dev/null)\" ]"
    follows() { local id; id=$(shark -Y 'http.request' -T fields -e frame.packet_id | head -n 1) && [ "$(shark -Y "frame.packet_id == $id" | wc -l)" = 6 ]; }
    check "a packet is followed over three cables by its id" follows
    names() { shark -Y 'frame.comment contains "DROP WIRE_LOSS"' -T fields -e frame.comment -e frame.verdict.hw | grep -q "57:\?4*9\|57 49\|5749"; }
    check "a drop's reason is comment and verdict" names
    states() { shark -Y 'frame.comment contains "SYN-SENT -> ESTABLISHED"' | grep -q .; }
    check "a state that changed is a comment" states
    ends_are() { [ "$(shark -T fields -e frame.interface_name | sort -u | wc -l)" = 8 ]; }
    check "an interface for each end of each cable" ends_are
else
    echo "tshark is not there: its checks were left out"
fi

check "shake finds nothing where nothing is" says "all is well" shake --runs 20 --ignore-expectations net.lab
interrupted() { # when its first run is under way
    "$HEPTA" lab shake --runs 1000000 --ignore-expectations --jobs 1 net.lab </dev/null >got 2>&1 &
    local pid=$! result=0
    until [ -n "$(cat /proc/$pid/task/$pid/children 2>/dev/null)" ]; do kill -0 $pid 2>/dev/null || return 1; done
    kill -INT $pid
    wait $pid || result=$?
    [ $result = 1 ] && grep -q "interrupted after [0-9]* of 1000000 runs from seed .*; none of them failed" got
}
check "shake interrupted says how far it came" interrupted
cat >frail2.lab <<'END'
lab frail seed 1 until 4s
host a ip 10.0.0.1/24
host b ip 10.0.0.2/24
cable a b name only delay 1ms
app a ping b count 30 interval 100ms all quiet
expect never drop only reason WIRE_DOWN
END
shaken() {
    lab shake --runs 50 --save s.lab frail2.lab >got 2>&1
    [ $? = 1 ] && [ "$(wc -l <s.lab)" -le 2 ] && grep -q "hepta lab run frail2.lab --seed" got &&
        ! lab run -q $(sed -n 's/^again: hepta lab run//p' got)
}
check "shake finds what breaks, leaves two lines at most, and the printed command shows it" shaken
again() { lab shake --runs 50 --save t.lab frail2.lab >got2 2>&1; cmp s.lab t.lab; }
check "... the same every time" again
printf 'lab long until 1000h\nhost a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b\napp a ping b count 1000000 interval 1ms quiet\n' >long.lab
halfway() { # a run that is stopped when some seconds have passed
    "$HEPTA" lab run -q --no-report --out half long.lab </dev/null >got 2>&1 &
    local pid=$!
    until [ "$(stat -c %s half/events.jsonl 2>/dev/null || echo 0)" -gt 4000000 ]; do kill -0 $pid 2>/dev/null || return 1; done
    kill -INT $pid
    wait $pid
    grep -q '"interrupted":true' half/run.json && lab replay half >got && grep -q "the same, .*; then it had been interrupted" got
}
check "a run that was interrupted can be replayed as far as it came" halfway
printf 'lab pulled until 3s\nhost a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b name w\nat 1s down w for 1s\napp a ping b count 5 interval 500ms all quiet\n' >pulled.lab
pulled() {
    lab run -q --out pulled pulled.lab >got 2>&1 # two of its pings die
    lab run pulled.lab 2>&1 | grep -q "[1-9] NO_CARRIER" && grep -q '"NO_CARRIER"' pulled/events.jsonl &&
        python3 -c 'import json; assert json.load(open("pulled/run.json"))["drops"]["NO_CARRIER"]'
}
check "what dies at a machine because its cable is pulled is in every output" pulled
printf 'host a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b name w\napp a ping b count 100 interval 50ms\nexpect sometimes drop w\nexpect sometimes frame b icmp.type == 99\n' >some.lab
sometimes() {
    lab shake --runs 20 some.lab >got 2>&1
    [ $? = 1 ] && grep -q "^seen in [1-9][0-9]* of 20 runs: expect sometimes drop w (line 5)$" got && grep -q "^FAILED: seen in none of 20 runs: .*99 (line 6)$" got &&
        ! grep -q "all is well" got
}
check "shake fails for what is seen in no run, and counts the others" sometimes
once() { lab run some.lab >got && grep -q "idle: expect sometimes drop w" got && grep -q "^  idle   expect sometimes drop w" got && ! grep -q "held" got; }
check "a run alone says idle, live and in the end" once
check "shake as JSON" bash -c "'$HEPTA' lab shake --json --runs 50 --save u.lab frail2.lab | python3 -c 'import json, sys; assert json.load(sys.stdin)[\"schedule\"]'"
screen() { TERM=xterm script -qec "stty cols 60 rows 20; '$HEPTA' lab run -q --watch net.lab" /dev/null >got 2>&1 </dev/null; python3 -c "
import re
text = open('got', newline='').read()
lines = re.sub('\x1b\[[0-9]*[A-Z]', '', text).split('\r\n')
assert '100%' in text and len(lines) > 5 and max(map(len, lines)) < 60, lines"; }
if command -v script >/dev/null; then check "--watch keeps to the width of its terminal" screen; fi
watched() { lab run -q --watch net.lab >got 2>&1; grep -q "c1.get: 200" got; }
check "--watch tells on stderr" watched
printf 'host a ip 10.0.0.1/24 gw 10.0.0.9\nhost b ip 10.0.0.2/24\ncable a b\n' >odd.lab
warned() { lab run --until 1s --out '' odd.lab 2>got >out && grep -q "odd.lab:1: warning: nobody on the network of a has the gateway's address 10.0.0.9" got && lab run -q --until 1s odd.lab 2>got && [ ! -s got ]; }
check "what lab check warns of" warned
printf 'lab loop until 1s\nhost a ip 10.0.0.1/24\nswitch s t\ncable a s\ncable s t\ncable s t name x\n' >loop.lab
check "check warns of switches in a loop" says "loop.lab:6: warning: the cable x closes a loop" check loop.lab
stopped() { # in the midst of an instant that has no end
    "$HEPTA" lab run --out '' loop.lab </dev/null >got 2>&1 &
    local pid=$! result=0
    until grep -q warning got; do kill -0 $pid 2>/dev/null || return 1; done
    kill -INT $pid
    wait $pid || result=$?
    [ $result = 1 ] && grep -q "interrupted at 0.000000000 s" got
}
check "a loop of switches can be interrupted" stopped
cat >spin.lab <<'END'
lab spin until 1s
host a ip 10.0.0.1/24
host b ip 10.0.0.2/24
cable a b
app b echo
when drop a each then crash a
when "crash a" each then restart a
when "restart a" each then crash a
END
spins() { lab run --out '' spin.lab >got 2>&1; [ $? = 1 ] && grep -q "it does not come to rest: faults bring about each other" got; }
check "faults that bring about each other at one time end the run" spins
mkdir "p 2's"
cat >"p 2's/late.lab" <<'END'
lab late seed 1 until 9s
host a ip 10.0.0.1/24
host b ip 10.0.0.2/24
cable a b name only
app a ping b count 40 interval 100ms all quiet
expect final a.ping.ended == 1
END
replayed() { # it fails with --until only
    lab shake --runs 1 --until 2500ms --save "p 2's/s" "p 2's/late.lab" >got 2>&1
    [ $? = 1 ] && sed -n "s|^again: hepta|'$HEPTA'|p" got >again.sh && grep -q -- "--until 2500ms" again.sh || return 1
    bash again.sh >got 2>&1 </dev/null
    [ $? = 1 ] && grep -q "FAILED expect final a.ping.ended" got && lab shake --json --runs 1 -u 2500ms --save "p 2's/s" "p 2's/late.lab" 2>/dev/null | grep -q '"again":"hepta lab run '
}
check "the command that shake prints is for the shell, and has all that it was run with" replayed
before() {
    lab shake --runs 1000000 --save /nonexist/s frail2.lab >got 2>&1; [ $? = 2 ] && grep -q "save /nonexist/s: No such" got || return 1
    lab run --junit /nonexist/j --until 1000h frail2.lab >got 2>&1; [ $? = 2 ] && grep -q "junit /nonexist/j: No such" got
}
check "a file that cannot be written is told of before the run" before
cat >cut.lab <<'END'
lab cut seed 1 until 4s
host 가나다라마바사아 ip 10.0.0.1/24
host b ip 10.0.0.2/24
cable 가나다라마바사아 b name 가나다라마바사아자차카 rate 1Mbit/s
app b serve /x 5MB
app 가나다라마바사아 get http://10.0.0.2/x stop 2s name 받기
expect final 받기.ok == 1
at 1s down 가나다라마바사아자차카
at 1100ms up 가나다라마바사아자차카
END
cut() { lab run -q --json cut.lab >cut.json; [ $? = 1 ] && grep -q '"state":"canceled".*stopped after [1-9]' cut.json; }
check "a page that stop cuts off is not well" cut
cat >waits.lab <<'END'
lab waits seed 1 until 60s
host a ip 10.0.0.1/24
host b ip 10.0.0.2/24
cable a b name w rate 1Mbit/s
app b serve /x 5MB
app a get http://10.0.0.2/x stop 3s
app a get http://10.0.0.2/y start 2500ms stop 3s name connects
app a send b for 30s
app a perf b for 30s stop 3s
app a udp b count 30 interval 300ms
app a ping b count 60 timeout 20s stop 3s
app b perf-server
app b echo
app b sink
at 2s..40s down w
at 3s stop a.send a.udp
expect eventually 3001ms app a.get ended
expect eventually 3001ms app connects ended
expect eventually 3001ms app a.udp ended
expect eventually 3001ms app a.ping ended
expect eventually 4001ms app a.send ended
expect eventually 4001ms app a.perf ended
expect final a.get.ok == 0 and connects.ok == 0 and a.send.ok == 0 and a.perf.ok == 0 and a.udp.ok == 1 and a.ping.ok == 1
END
waits() { lab run waits.lab >got; [ $? = 0 ] && grep -q "a.ping  *stopped .* sent, [1-9]" got && grep -q "a.perf  *canceled .* stopped: [1-9]" got; }
check "stop ends what waits in vain, and it says what it has" waits
seen() {
    lab run -q --watch cut.lab 2>got; iconv -f UTF-8 -t UTF-8 got >/dev/null && grep -q "FAILED: expect final" got && grep -q "100%  in [0-9.]* s" got || return 1
    ! command -v script >/dev/null || { TERM=xterm script -qec "stty cols 60 rows 20; '$HEPTA' lab run -q --watch cut.lab" /dev/null >got </dev/null; iconv -f UTF-8 -t UTF-8 got >/dev/null; }
}
check "--watch says what held or failed, and how long it takes, in whole characters" seen
printed_by() { for verb in "check cut.lab" "replay a" "diff a b" "draw cut.lab"; do "$HEPTA" lab $verb >/dev/full 2>got; [ $? = 1 ] && grep -q "standard output" got || { echo "$verb"; return 1; }; done; }
check "every verb says when it cannot print" printed_by
reused() {
    echo 'at 1s..2s down neck' >more.lab
    lab run -q --faults more.lab --out over net.lab && [ -f over/faults.lab ] && [ -f over/report.html ] && lab run -q --no-report --out over net.lab &&
        [ ! -e over/faults.lab ] && [ ! -e over/report.html ] && lab replay over
}
check "a folder that is used again has nothing of another run" reused
echo "$passed checks passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

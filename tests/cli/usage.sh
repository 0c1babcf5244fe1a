#!/usr/bin/env bash
# The command line: help, errors in words, exit codes.
set -u
HEPTA=${HEPTA:?the hepta command}
passed=0 failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# run CODE "text that must be in the output" ARGUMENT...
run() {
    local code=$1 text=$2
    shift 2
    timeout 20 "$HEPTA" "$@" >"$out" 2>&1 </dev/null
    local got=$?
    if [ "$got" = "$code" ] && grep -qF -- "$text" "$out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: hepta $*: expected exit $code and \"$text\", came exit $got and:"
        sed 's/^/    /' "$out"
    fi
}

run 2 "Usage: hepta VERB"
run 0 "Usage: hepta VERB" --help
run 0 "hepta 0" --version
run 2 'no verb "pnig"' pnig
for verb in tour ping trace get browse serve perf host router decode show; do
    run 0 "Usage: hepta $verb" "$verb" --help
    run 2 '"--no-such-option" is no option' "$verb" --no-such-option
done
run 2 '"--sede" is no option of hepta lab run; did you mean "--seed"?  hepta lab run --help lists them' lab run --sede 3 x.lab
run 2 '"--sede=3" is no option of hepta lab run; did you mean "--seed"?' lab run --sede=3 x.lab
run 2 '"--dhcp" may be any of --dhcp-pool, ' router --dhcp
run 2 '"-Z" is no option of hepta dns ask; hepta dns ask --help lists them' dns ask -Z
run 2 '--port wants a value; hepta dns serve --help says which' dns serve --port
for verb in serve recurse check ask; do run 0 "Usage: hepta dns $verb" dns "$verb" --help; done
run 0 "Usage: hepta dns" dns --help
run 2 "Usage: hepta dns" dns
run 2 'dns does not know "sevre"' dns sevre
run 1 "cannot be read" dns check /nonexistent
printf '$TTL 1h\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 10.0.0.1\nx A 10.0.0\n' >"$out.zone"
run 1 "$out.zone:5:5: error: \"10.0.0\" is no IPv4 address" dns check --origin example.org "$out.zone"
sed -i 's/10.0.0$/10.0.0.2/' "$out.zone"
run 0 "example.org: 4 records, serial 1" dns check --origin example.org "$out.zone"
run 0 "example.org. 3600 IN NS ns.example.org." dns check --origin example.org --print "$out.zone"
run 0 '"errors":0' dns check --origin example.org --json "$out.zone"
run 2 "which zone" dns serve --wire null: --addr 10.0.0.1/24
run 2 "which hints" dns recurse --wire null: --addr 10.0.0.1/24
run 2 '"QQ" is no type' dns ask --wire lab: server QQ
run 0 "IN A 10.7.0.1" dns ask --wire lab: server
run 0 "status: NXDOMAIN" dns ask --wire lab: nobody AAAA
run 0 '"rcode":"NOERROR"' dns ask --json --tcp --wire lab: server AAAA
rm -f "$out.zone"
run 2 "something is missing: hepta ping" ping
run 2 "one word too many" ping a b
run 2 "-c wants a value" ping -c
run 2 "--count x: a number from 1 to" ping --count x host
run 2 "--size 65508: a number from 0 to 65507" ping -s 65508 host
run 2 "--interval soon: a time such as 20ms" ping -i soon host
run 2 "--loss many: a share such as 2%" ping --loss many host
run 2 "--addr 10.0.0.1 does not fit" ping --addr 10.0.0.1 host
run 2 "--mac 02:00 does not fit" ping --mac 02:00 host
run 2 "which wire?" ping host
run 2 "which address on null:" ping --wire null: host
run 1 ", lab:" ping --wire tape:x --addr 10.0.0.1/24 host
run 1 "no kind of wire is called" ping --wire tape:x --addr 10.0.0.1/24 host
run 1 "cannot be written" ping --wire null: --addr 10.0.0.1/24 --capture /nonexistent/x host
run 2 "there is no setting" ping --wire null: --addr 10.0.0.1/24 --set tcp.speed=11 host
run 2 "NAME=NUMBER" ping --wire null: --addr 10.0.0.1/24 --set tcp host
run 2 "--rip-timers 5,30 does not fit" router --rip --rip-timers 5,30
run 2 "--rip-horizon far does not fit" router --rip-horizon far
run 2 "--rip-wire off does not fit" router --rip --rip-wire off
run 2 "--rip-password  does not fit" router --rip --rip-password ""
run 2 "want --rip" router --rip-timers 5,30,20 --wire null: --addr 10.0.0.1/24
run 2 "want a --dhcp-pool" router --wire null: --addr 10.0.0.1/24 --dhcp-lease 5m
run 2 "--dhcp-pool 10.0.0.1 does not fit" router --wire null: --addr 10.0.0.1/24 --dhcp-pool 10.0.0.1
run 2 "from a lower to a higher" router --wire null: --addr 10.0.0.1/24 --dhcp-pool 10.0.0.9-10.0.0.2
run 2 "has no --addr on the network" router --wire null: --addr 10.0.0.1/24 --dhcp-pool 10.0.1.2-10.0.1.9
run 2 "--dhcp-fixed x does not fit" router --wire null: --addr 10.0.0.1/24 --dhcp-fixed x
run 2 "--route 10.0.0.0/8 does not fit" router --route 10.0.0.0/8
run 1 "wants to be a neighbour" router --wire null: --addr 10.0.0.1/24 --route 10.5.0.0/16=10.9.0.1
run 1 "cannot be read" decode /nonexistent
run 1 "neither a pcapng nor a pcap" decode "$0"
seed=$(dirname "$0")/../../fuzz/seeds/capture/big-endian
run 0 "0.000000000" decode "$seed"
run 0 '"length":2' decode --json "$seed"
run 2 'there is no verb "lab rnu"; did you mean "lab run"?' lab rnu
run 2 'there is no verb "pimg"; did you mean "ping"?' pimg
run 2 "until 0: a time later" lab run --until 0 x.lab
run 2 "does not fit: it wants LINE" browse --fault "host x" www.google.com
run 2 "does not fit: it wants LINE" browse --fault "expect final first.lost == 1" www.google.com
run 2 'filter:1:1: "==": a field such as ip.src or tcp.flags.syn is wanted' decode --filter "== 5" "$seed"
run 2 'filter:1:7: the filter ends where a field' decode --filter "tcp or" "$seed"
run 2 'filter:1:5: "udp": "and", "or" or the end is wanted' decode --filter "tcp udp" "$seed"
run 0 "1 0.000000000" decode --filter "tcp or frame.len == 2" "$seed"
run 0 "1 0.000000000" decode --filter "!(tcp || frame.len != 2)" "$seed"
run 0 "1 0.000000000" decode --filter "frame.len == 2 and not tcp" "$seed"
run 0 "CODE_VIOLATION" show drops CODE_VIOLATION
run 1 "no frame to show" decode --symbols --filter tcp "$seed"
run 2 "neither --json" decode --symbols --json "$seed"
run 0 "SFD          56  10101011" decode --symbols "$seed"
empty() { [ -z "$("$HEPTA" decode --filter "$1" "$seed")" ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAILED: $1 lets a frame pass"; }; }
empty "frame.len > 2"
empty "tcp"
empty "not frame.len"
run 2 "cannot be shown" show everything
run 0 "the checksum does not match the bytes" show drops CHECKSUM
run 0 '"name":"RUNT"' show --json drops
run 1 "nothing is called" show drops NOPE
run 2 '"server" or "client HOST"' perf sideways
for url in https://www.google.com/ ftp://www.google.com/ javascript:1; do run 2 "only http:// can be fetched" browse "$url"; done
for url in http:// "" http://www.google.com:99999/ "http://a b/"; do run 2 "is no URL that can be fetched" browse "$url"; done
run 2 "a user and a password" browse http://user:pw@www.google.com/
run 2 "has no host that DNS could name: string contains a disallowed character" browse "http://☃.com/"
run 2 "it is no name" browse "http://a%2Fb.com/"
run 2 "it is no name" get --wire lab: "http://a%zz/"
run 0 "xn--3e0b707e.com" browse --lang en --out "" http://한국.com/
run 0 "in DNS  xn--3e0b707e.com" browse --lang en --out "" http://%ED%95%9C%EA%B5%AD.com/
run 0 "www.google.com has the address" browse --lang en --out "" http://www%2egoogle.com/
run 1 "resolving xn--3e0b707e.com: the name does not exist (NXDOMAIN)" get --wire lab: http://한국.com/
run 1 "한국.com: the name does not exist (NXDOMAIN)" ping --wire lab: 한국.com
run 0 "status: NXDOMAIN" dns ask --wire lab: 한국.com
run 2 "--mtu goes with --wire only" browse --mtu 500 www.google.com
run 2 "--set goes with --wire only" browse --set tcp.rto_min_ms=200 www.google.com
run 1 "cannot be written" browse --out "" --capture /nonexistent/x www.google.com
run 0 "A.eth0 tx L1" browse --out "" --trace www.google.com
run 2 "--fault happens in the internet inside the command" browse --wire lab: --fault "at 1ms crash A" server
run 2 "belong to the journey of a URL" browse --file x.html --step
run 2 "not with --wire" browse --file x.html --wire lab:
run 2 "not with --wire, --capture" browse --file x.html --capture x.pcapng
run 2 "not both" browse --json --text www.google.com
run 2 "not with --json" browse --json --step www.google.com
run 2 "ko or en is wanted" browse --lang fr www.google.com
echo "$passed checks passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

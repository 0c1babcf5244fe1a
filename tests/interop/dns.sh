#!/usr/bin/env bash
# Our name server beside bind9 with the same zone file, asked by dig; unbound recursing through our root, com and google.com servers; our
# recursive server through bind9 and nsd as root and com; our stub resolver at our recursive server.
. "$(dirname "$0")/lib.sh"
need_root; need named nsd unbound dig tshark

ns a
tap a t1 10.7.1.1/24
tap a t2 10.7.2.1/24
tap a t3 10.7.3.1/24
tap a t4 10.7.4.1/24
tap a t5 10.7.5.1/24
tap a t6 10.7.6.1/24
on a sysctl -qw net.ipv4.ip_forward=1
ip -n "hepta-a-$$" route add local 192.0.2.0/24 dev lo
for address in 10.9.0.1 10.9.0.2 10.9.0.3; do ip -n "hepta-a-$$" addr add $address/32 dev lo; done

cat >"$work/example.zone" <<'END'
$TTL 1h
@       SOA  ns1 admin 7 2h 10m 1d 60
@       NS   ns1
@       NS   ns2.other.net.
@       MX   10 mail
ns1     A    10.7.1.2
        AAAA fd07::2
mail    A    192.0.2.2
www     CNAME web
web     A    192.0.2.80
        A    192.0.2.81
        TXT  "hello world" "a\"b;c" x\032y
out     CNAME www.other.net.
gone    CNAME nowhere
*.w     TXT  "any"
*.w     MX   1 mail
real.w  A    192.0.2.9
a.b.c   A    192.0.2.10
sub     NS   ns.sub
sub     NS   ns.far.net.
ns.sub  A    192.0.2.53
old     DNAME new.net.
_s._tcp SRV  0 5 5060 web
p       PTR  web
caa     CAA  0 issue "ca.test; x=1"
hi      HINFO "PDP-11" "UNIX"
n       NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:x@y!" .
ds      SSHFP 4 2 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
new     TYPE65280 \# 3 010203
big     TXT  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
END
for i in $(seq 1 40); do echo "big TXT \"line $i 0123456789012345678901234567890123456789\""; done >>"$work/example.zone"
check "the zone file is good" "$HEPTA" dns check --origin example.org "$work/example.zone"
broken() { ! "$HEPTA" dns check --origin example.org <(sed 's/^mail .*/mail A 1.2.3/' "$work/example.zone"); }
check "and a broken one is not" broken

mkdir -p "$work/named"
cat >"$work/named.conf" <<END
options { directory "$work/named"; listen-on { 10.9.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile "$work/named/key"; recursion no;
  minimal-responses yes; minimal-any yes; managed-keys-directory "$work/named"; dnssec-validation no; max-udp-size 1232; };
controls { };
zone "example.org" { type primary; file "$work/example.zone"; };
zone "." { type primary; file "$work/root.zone"; };
END
google_zone='$TTL 300\n@ SOA ns1 h 1 2h 10m 1d 60\n@ NS ns1\nns1 A %s\nwww CNAME web\nweb A 192.0.2.88\nalone A 192.0.2.99\nhere A 192.0.2.77\n'
many=$(for i in $(seq 1 120); do echo "many A 192.0.2.$i"; done)
zones() { # prefix, addresses of root, com and google.com
    printf '$TTL 1d\n@ SOA a.root h 1 2h 10m 1d 60\n@ NS a.root.\na.root. A %s\ncom. NS a.gtld.com.\na.gtld.com. A %s\n' "$2" "$3" >"$work/$1root.zone"
    printf '$TTL 1d\n@ SOA a.gtld h 1 2h 10m 1d 60\n@ NS a.gtld\na.gtld A %s\ngoogle NS ns1.google\nns1.google A %s\n' "$3" "$4" >"$work/$1com.zone"
    { printf "$google_zone" "$4"; echo "$many"; } >"$work/$1google.zone"
    printf '. 3600000 NS a.root.\na.root. 3600000 A %s\n' "$2" >"$work/$1hints"
}
zones "" 10.9.0.1 10.9.0.2 10.9.0.3
zones our- 10.7.5.2 10.7.2.2 10.7.3.2
spawn a named.log named -f -g -c "$work/named.conf"
spawn a our-example.log "$HEPTA" dns serve --zone example.org="$work/example.zone" --wire tap:t1 --addr 10.7.1.2/24 \
    --capture "$work/authority.pcapng"
authority=$last
check "bind9 serves" wait_for 10 on a dig +time=1 +tries=1 @10.9.0.1 example.org SOA
check "we serve" wait_for 10 on a dig +time=1 +tries=1 @10.7.1.2 example.org SOA

# Status, flags, answer and authority section must be the same but for the case of letters: bind9 takes the zone's, we that of the question.
said() { # server, question...
    local server=$1
    shift
    on a dig +time=2 +tries=2 +norec +nocookie +noadditional +nostats +nocmd @"$server" "$@" 2>&1 |
        tr A-Z a-z | sed -E 's/id: [0-9]+//; s/, additional: [0-9]+//; s/^; edns.*//; s/[ \t]+/ /g' | grep -v '^;; \(got\|truncated\|warning\|opt\)' | LC_ALL=C sort
}
same() {
    said 10.9.0.1 "$@" >"$work/bind.txt"
    said 10.7.1.2 "$@" >"$work/ours.txt"
    grep -q status "$work/bind.txt" && diff "$work/bind.txt" "$work/ours.txt"
}
while read -r name type; do check "as bind9: $name $type" same "$name" "$type"; done <<'END'
web.example.org A
WEB.example.org TXT
web.example.org AAAA
no.example.org A
b.c.example.org A
x.web.example.org A
example.org SOA
example.org NS
example.org MX
ns1.example.org AAAA
www.example.org A
www.example.org CNAME
www.example.org MX
out.example.org A
gone.example.org A
x.w.example.org TXT
x.y.w.example.org MX
x.w.example.org A
real.w.example.org TXT
x.sub.example.org A
sub.example.org NS
sub.example.org DS
x.old.example.org A
old.example.org A
_s._tcp.example.org SRV
p.example.org PTR
caa.example.org CAA
hi.example.org HINFO
n.example.org NAPTR
ds.example.org SSHFP
new.example.org TYPE65280
END
check "as bind9: by TCP" same +tcp big.example.org TXT
check "as bind9: without EDNS" same +noedns web.example.org A
check "as bind9: DNSSEC OK" same +dnssec web.example.org A
check "as bind9: another version of EDNS" same +edns=1 +noednsneg web.example.org A
truncated() { on a dig +ignore +time=2 @10.7.1.2 big.example.org TXT | grep -q 'flags:.* tc'; }
check "what is too long is cut off" truncated
whole() { [ "$(on a dig +short +time=2 @10.7.1.2 big.example.org TXT | wc -l)" = 41 ]; }
check "and comes by TCP, whole" whole

spawn a our-root.log "$HEPTA" dns serve --zone .="$work/our-root.zone" --wire tap:t5 --addr 10.7.5.2/24
spawn a our-com.log "$HEPTA" dns serve --zone com="$work/our-com.zone" --wire tap:t2 --addr 10.7.2.2/24
spawn a our-google.log "$HEPTA" dns serve --zone google.com="$work/our-google.zone" --wire tap:t3 --addr 10.7.3.2/24
cat >"$work/unbound.conf" <<END
server:
  interface: 10.7.1.1
  port: 5353
  access-control: 10.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-ip6: no
  module-config: "iterator"
  root-hints: "$work/our-hints"
  harden-referral-path: yes
remote-control:
  control-enable: no
END
spawn a unbound.log unbound -d -c "$work/unbound.conf"
through() { [ "$(on a dig +short +time=2 +tries=1 -p "${2:-53}" @"$1" www.google.com A | tail -n 1)" = 192.0.2.88 ]; }
check "unbound resolves through our root, com and google.com" wait_for 15 through 10.7.1.1 5353
negative() { on a dig +time=2 -p "${2:-53}" @"$1" no.google.com A | grep -q NXDOMAIN; }
check "and learns what there is not" negative 10.7.1.1 5353

cat >"$work/nsd.conf" <<END
server:
 ip-address: 10.9.0.2
 ip-address: 10.9.0.3
 username: ""
 zonesdir: "$work"
 database: ""
 pidfile: "$work/nsd.pid"
 xfrdfile: "$work/xfrd"
 xfrdir: "$work"
 zonelistfile: "$work/zonelist"
remote-control:
 control-enable: no
zone:
 name: com
 zonefile: com.zone
zone:
 name: google.com
 zonefile: google.zone
END
spawn a nsd.log nsd -d -c "$work/nsd.conf"
check "nsd serves" wait_for 10 on a dig +time=1 +tries=1 @10.9.0.2 com SOA
spawn a recursor.log "$HEPTA" dns recurse --hints "$work/hints" --wire tap:t4 --addr 10.7.4.2/24 --gw 10.7.4.1 --allow 10.7.4.0/24 \
    --allow 10.7.6.2/32 --capture "$work/recursor.pcapng"
recursor=$last
check "we resolve through bind9 and nsd" wait_for 15 through 10.7.4.2
check "and learn what there is not" negative 10.7.4.2
cached() { through 10.7.4.2 && grep -q "the cache knows www.google.com A" "$work/recursor.log"; }
check "the second time from the cache" cached
steps() { grep -q "refers to the servers of com" "$work/recursor.log" && grep -q "a.gtld.com 10.9.0.2 answers www.google.com A" "$work/recursor.log"; }
check "each step was said" steps
by_tcp() { on a dig +short +tcp @10.7.4.2 alone.google.com | grep -q 192.0.2.99; }
check "by TCP, too" by_tcp
stranger() { on a dig +time=2 -b 10.9.0.1 @10.7.4.2 www.google.com | grep -q REFUSED; }
check "a stranger is refused" stranger

stub() { on a timeout 30 "$HEPTA" ping --wire tap:t6 --addr 10.7.6.2/24 --gw 10.7.6.1 --dns 10.7.4.2 -c 1 "$1"; }
said_by_recursor() { grep -q "$1" "$work/recursor.log"; }
check "our stub resolver asks our recursive server" stub here.google.com
check "which asks nsd" said_by_recursor "10.9.0.[23] answers here.google.com A"
check "and answers the stub" said_by_recursor "answers NOERROR to 10.7.6.2"
no_name() { ! stub no.google.com 2>"$work/stub.err" && grep -q "the name does not exist (NXDOMAIN)" "$work/stub.err"; }
check "the stub is told what there is not" no_name
check "what does not fit comes to the stub by TCP" stub many.google.com
tcp_question() { [ "$(tshark -r "$work/recursor.pcapng" -Y 'ip.src == 10.7.6.2 && tcp && dns.qry.name == "many.google.com"' 2>/dev/null | wc -l)" -ge 1 ]; }
end "$recursor"
check "tshark sees it there" tcp_question
end "$authority"
for name in authority recursor; do check "tshark finds nothing wrong in $name's capture" clean_capture "$work/$name.pcapng"; done
finish

#!/usr/bin/env bash
# curl fetches from `hepta serve`, `hepta get` fetches from nginx: 1 GiB clean, 32 MiB each way over a bad wire, hundreds of connections.
. "$(dirname "$0")/lib.sh"
need_root; need curl nginx wrk tshark sha256sum

big=${INTEROP_BIG_MIB:-1024}
mkdir "$work/www"
random_bytes $((32 << 20)) >"$work/www/32m"
random_bytes 100000 >"$work/www/small"
for i in $(seq $((big / 32))); do cat "$work/www/32m"; done >"$work/www/big"

ns a
tap a t0 10.7.0.1/24
serve() { spawn a serve.log "$HEPTA" serve "$work/www" --port 80 --wire tap:t0 --addr 10.7.0.2/24 --seed 1 "$@"; server=$last; }
alive() { wait_for 5 on a curl -sf -o /dev/null http://10.7.0.2/small; }
fetch() { on a curl -sSf --max-time 200 -o "$work/got" "http://10.7.0.2/$1" && cmp "$work/got" "$work/www/$1"; }

serve
check "the server answers" alive
check "curl fetches $big MiB" fetch big
ranges() { on a curl -sSf -r 1000-1999 -o "$work/got" http://10.7.0.2/big && cmp -n 1000 -i 0:1000 "$work/got" "$work/www/big"; }
check "a range" ranges
resume() { head -c 30000 "$work/www/small" >"$work/got"; on a curl -sSf -C - -o "$work/got" http://10.7.0.2/small && cmp "$work/got" "$work/www/small"; }
check "curl resumes a download" resume
missing() { [ "$(on a curl -s -o /dev/null -w '%{http_code}' http://10.7.0.2/missing)" = 404 ]; }
check "404 for what is not there" missing
outside() { [ "$(on a curl -s --path-as-is -o /dev/null -w '%{http_code}' http://10.7.0.2/../../etc/passwd)" = 404 ]; }
check "404 for what is outside" outside
parallel() { on a curl -sSf --parallel --parallel-max 200 --max-time 60 "http://10.7.0.2/small?[1-400]" -o "$work/p#1" && for i in $(seq 400); do cmp "$work/p$i" "$work/www/small" || return 1; done; rm -f "$work"/p*; }
check "400 files over 200 parallel connections" parallel
storm() { on a wrk -t 2 -c 300 -d 3 http://10.7.0.2/small >"$work/wrk.log" 2>&1; cat "$work/wrk.log"; ! grep -q 'Socket errors\|Non-2xx' "$work/wrk.log" && awk '/requests in/ { exit !($1 > 300) }' "$work/wrk.log"; }
check "wrk: all 300 connections are served, no error" storm
half_close() { printf 'GET /small HTTP/1.0\r\n\r\n' | on a timeout 10 nc -N 10.7.0.2 80 | tail -c 100000 | cmp - "$work/www/small"; }
check "half-close with nc" half_close
end "$server"

serve --loss 1% --reorder 5% --delay 20ms --capture "$work/bad.pcapng"
check "the server answers on a bad wire" alive
check "curl fetches 32 MiB with 1 % loss, 5 % reordering, 20 ms" fetch 32m
end "$server"
check "the capture is clean" clean_capture "$work/bad.pcapng"

cat >"$work/nginx.conf" <<END
daemon off; pid $work/nginx.pid; error_log $work/nginx.log; worker_processes 1;
events { worker_connections 512; }
http { access_log off; client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4;
       scgi_temp_path $work/n5; sendfile on; server { listen 10.7.0.1:8080; root $work/www; } }
END
chmod 755 "$work"
spawn a nginx.out nginx -c "$work/nginx.conf"
check "nginx answers" wait_for 5 on a curl -sf -o /dev/null http://10.7.0.1:8080/small
get() { local file=$1; shift; rm -f "$work/got"; on a "$HEPTA" get "http://10.7.0.1:8080/$file" -o "$work/got" --wire tap:t0 --addr 10.7.0.2/24 "$@" && cmp "$work/got" "$work/www/$file"; }
check "hepta fetches $big MiB from nginx" get big
tour() { on a "$HEPTA" tour --wire tap:t0 --addr 10.7.0.2/24 http://10.7.0.1:8080/32m >"$work/tour" && grep -q "CLOSED → SYN-SENT" "$work/tour" && grep -q "arp who-has 10.7.0.1" "$work/tour" && grep -qF "SHA-256 $(sha256sum <"$work/www/32m" | cut -d" " -f1)" "$work/tour"; }
check "the tour on this wire: ARP, the handshake, the same hash" tour
check "hepta fetches 32 MiB with 1 % loss, 5 % reordering, 20 ms" get 32m --loss 1% --reorder 5% --delay 20ms
finish

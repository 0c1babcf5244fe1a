#!/usr/bin/env python3
"""What the page shows of a field is what tshark says of it: fields.py JOURNEY.html CAPTURE.pcapng."""
import json, re, subprocess, sys

NAMES = ["ip.hdr_len", "ip.ttl", "ip.len", "tcp.hdr_len", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.option_kind", "tcp.options.mss_val",
         "tcp.options.timestamp.tsval", "tcp.window_size_value", "udp.length", "dns.id", "dns.flags.authoritative", "dns.flags.recavail", "dns.flags.rcode",
         "dns.rr.udp_payload_size", "dns.resp.edns0_version", "dns.count.answers"]


def number(text):
    """A field's number, however it is written: "Set", "NOERROR (0)", "0x0012"."""
    word = {"Set": 1, "True": 1, "Not set": 0, "False": 0}.get(text)
    inner = re.search(r"\((\d+)\)$", text)
    return word if word is not None else int(inner[1]) if inner else int(text, 0)


page = open(sys.argv[1], encoding="utf-8").read()
scene = json.loads(page[page.index('id="scene">') + 11:].split("</script>")[0])
texts, shown = scene["texts"], {}
for f in scene["frames"]:
    shape = scene["shapes"][f["shape"]]
    values = list(shape["texts"])
    for i in range(0, len(f["diff"]), 2):
        values[f["diff"][i]] = f["diff"][i + 1]
    names = [texts[n] for n in shape["fields"][::5]]
    if "icmp" in names or "icmpv6" in names:
        continue  # a quoted header has the same names
    shown.setdefault(f["id"], []).append({n: [number(texts[v]) for k, v in zip(names, values) if k == n] for n in NAMES})
args = ["tshark", "-r", sys.argv[2], "-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields", "-E", "separator=|", "-e", "frame.packet_id"]
lines = subprocess.run(args + [x for n in NAMES for x in ("-e", n)], capture_output=True, text=True, check=True).stdout.splitlines()
compared = 0
for line in lines:
    ident, *rest = line.split("|")
    frames = shown.get(int(ident, 0)) if ident else None
    if not frames:
        continue
    want = {n: [number(v) for v in r.split(",")] if r else [] for n, r in zip(NAMES, rest)}
    near = [f for f in frames if f["ip.ttl"] == want["ip.ttl"]]
    assert any(f == want for f in near), f"packet {ident}: " + "; ".join(f"{n}: page {near[0][n] if near else '?'}, tshark {want[n]}" for n in NAMES if not near or near[0][n] != want[n])
    compared += sum(map(len, want.values()))
assert compared > 1000, compared
print(f"{compared} fields are as tshark says")

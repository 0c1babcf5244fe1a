#!/usr/bin/env python3
"""What `hepta browse --json` says is what tshark sees: browse_json.py JSON CAPTURE [CAPTURE OF ALL CABLES]."""
import json, subprocess, sys

j = json.load(open(sys.argv[1]))


def tshark(where, *fields, file=sys.argv[2]):
    args = ["tshark", "-r", file, "-Y", where, "-T", "fields"] + [x for f in fields for x in ("-e", f)]
    return [line.split("\t") for line in subprocess.run(args, capture_output=True, text=True, check=True).stdout.splitlines()]


def field(layers, name):
    return next(f for layer in layers for f in layer["fields"] if f["name"] == name)


# Every number of the request's and the response's frames that tshark shows in this form.
for what, where in (("request", 'http.request.uri == "%s"' % j["request_url"]["path"]), ("response", "frame.packet_id == %d" % j["response"]["packet"])):
    layers = j[what]["layers"]
    numbers = ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.window_size_value", "tcp.len", "ip.ttl", "ip.len", "ip.id", "ip.proto", "tcp.checksum", "ip.checksum",
               "eth.type", "tcp.flags"]
    shown = tshark(where, *numbers, file=sys.argv[-1])[0]  # as it was sent
    for name, text in zip(numbers, shown):
        assert field(layers, name)["value"] == int(text, 0), (what, name, text, field(layers, name))
    for name, text in zip(("ip.src", "ip.dst", "eth.src", "eth.dst"), tshark(where, "ip.src", "ip.dst", "eth.src", "eth.dst", file=sys.argv[-1])[0]):
        assert field(layers, name)["value"] == text, (what, name, text)
    assert [x["name"] for x in layers][:3] == ["eth", "ip", "tcp"] and sum(x["length"] for x in layers[:3]) == layers[3]["offset"], layers

# The connection: segments with their numbers, and both sides' states.
c = j["connection"]
embedded = j["network"] == "embedded"
seen = tshark("tcp.port == %d && !icmp" % c["client_port"], "tcp.seq_raw", "tcp.ack_raw", "tcp.srcport", "tcp.len", "tcp.window_size_value")
assert len(seen) == len(c["segments"]), (len(seen), len(c["segments"]))
for s in c["segments"]:
    port = c["client_port"] if s["sender"] == "client" else c["server_port"]
    assert [str(s["seq"]), str(s.get("ack", 0)), str(port), str(s["bytes"]), str(s["window"])] in seen, s
    assert s["arrived_ms"] is None or s["arrived_ms"] >= s["sent_ms"], s
for side in ("client", "server"):
    path = [s["to"] for s in c["states"] if s["side"] == side]
    assert "ESTABLISHED" in path and path[-1] in ("CLOSED", "TIME-WAIT", "FIN-WAIT-2"), (side, path)
assert c["server_inferred"] is not embedded

# Names and neighbours.
host = j["request_url"]["host"]
asked = [q for m in j["dns"] if not m["response"] for q in m["questions"]]
assert {"name": host, "type": "A"} in asked, asked
assert any(r["type"] == "A" and r["data"] == c["server"] for m in j["dns"] if m["response"] for r in m["records"]), j["dns"]
ours = [m for m in j["dns"] if "A" in (m["from"]["node"], m["to"]["node"])]
assert sorted(m["id"] for m in ours) == sorted(int(x[0], 16) for x in tshark("dns", "dns.id"))
for m in ours:
    assert [[r["data"]] for r in m["records"] if r["type"] == "A"] == tshark("dns.id == %d && dns.a && dns.flags.response == %d" % (m["id"], m["response"]), "dns.a"), m
assert any(a["opcode"] == 2 and [a["source_mac"]] == tshark("arp.opcode == 2", "arp.src.hw_mac")[0] for a in j["arp"]), j["arp"]

# The way, and how it ended.
assert j["hops"][0]["ttl"] == 64 and j["hops"][-1]["to"] == c["server_node"], j["hops"]
if embedded:
    routed = [h for h in j["hops"] if "route" in h]
    assert [h["from"] for h in routed] == ["home", "가", "마", "바", "라"] and [h["ttl"] for h in routed] == [63, 62, 61, 60, 59], routed
    assert all(h["route"] == "11.22.33.0/24" for h in routed) and "gateway" not in routed[-1] and routed[0]["gateway"] == "10.0.1.1", routed
    assert all(a["destination_mac"] != b["destination_mac"] for a, b in zip(routed, routed[1:]))
else:
    assert len(j["hops"]) == 1, j["hops"]
assert j["verdict"] == {"page": "whole", "failures": []} and j["status"] == 200, j["verdict"]
assert all(r["status"] == 200 and r["wire_bytes"] > 0 for r in j["resources"])
print(len(seen), "segments")

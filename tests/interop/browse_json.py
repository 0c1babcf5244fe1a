#!/usr/bin/env python3
"""What `hepta browse --json` says is what tshark sees: browse_json.py JSON CAPTURE."""
import json, subprocess, sys

j = json.load(open(sys.argv[1]))


def tshark(where, *fields):
    args = ["tshark", "-r", sys.argv[2], "-Y", where, "-T", "fields"] + [x for f in fields for x in ("-e", f)]
    return [line.split("\t") for line in subprocess.run(args, capture_output=True, text=True, check=True).stdout.splitlines()]


def field(layers, name):
    return next(f for layer in layers for f in layer["fields"] if f["name"] == name)


# Every number of the request's and the response's frames that tshark shows in this form.
for what, where in (("request", 'http.request.uri == "%s"' % j["request_url"]["path"]), ("response", "frame.packet_id == %d" % j["response"]["packet"])):
    layers = j[what]["layers"]
    numbers = ["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.window_size_value", "tcp.len", "ip.ttl", "ip.len", "ip.id", "ip.proto", "tcp.checksum", "ip.checksum",
               "eth.type", "tcp.flags"]
    shown = tshark(where, *numbers)[0]
    for name, text in zip(numbers, shown):
        assert field(layers, name)["value"] == int(text, 0), (what, name, text, field(layers, name))
    for name, text in zip(("ip.src", "ip.dst", "eth.src", "eth.dst"), tshark(where, "ip.src", "ip.dst", "eth.src", "eth.dst")[0]):
        assert field(layers, name)["value"] == text, (what, name, text)
    assert [x["name"] for x in layers][:3] == ["eth", "ip", "tcp"] and sum(x["length"] for x in layers[:3]) == layers[3]["offset"], layers

# The connection: segments with their numbers, and both sides' states.
c = j["connection"]
seen = tshark("tcp.port == %d" % c["client_port"], "tcp.seq_raw", "tcp.ack_raw", "tcp.srcport", "tcp.len")
assert len(seen) == len(c["segments"])
for s in c["segments"]:
    assert [str(s["seq"]), str(s.get("ack", 0)), str(c["client_port"] if s["sender"] == "client" else c["server_port"]), str(s["bytes"])] in seen, s
    assert s["arrived_ms"] is None or s["arrived_ms"] >= s["sent_ms"], s
for side in ("client", "server"):
    path = [s["to"] for s in c["states"] if s["side"] == side]
    assert "ESTABLISHED" in path and path[-1] in ("CLOSED", "TIME-WAIT", "FIN-WAIT-2"), (side, path)
assert c["server_inferred"] is True

# Names and neighbours.
asked = [q for m in j["dns"] if not m["response"] for q in m["questions"]]
assert {"name": "www.example.test", "type": "A"} in asked, asked
assert any(r["type"] == "A" and r["data"] == c["server"] for m in j["dns"] if m["response"] for r in m["records"]), j["dns"]
assert sorted(m["id"] for m in j["dns"]) == sorted(int(x[0], 16) for x in tshark("dns", "dns.id"))
assert any(a["opcode"] == 2 and [a["source_mac"]] == tshark("arp.opcode == 2", "arp.src.hw_mac")[0] for a in j["arp"]), j["arp"]
assert len(j["hops"]) == 1 and j["hops"][0]["ttl"] == 64 and j["hops"][0]["to"] == c["server"], j["hops"]
assert j["verdict"] == {"page": "whole", "failures": []} and j["status"] == 200, j["verdict"]
assert all(r["status"] == 200 and r["wire_bytes"] > 0 for r in j["resources"])
print(len(seen), "segments")

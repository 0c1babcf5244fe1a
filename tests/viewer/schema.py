#!/usr/bin/env python3
"""The scene inside a page against its schema, and the numbers in it against each other: schema.py SCHEMA PAGE."""
import base64, json, re, sys, zlib

schema_path, page_path = sys.argv[1:]
page = open(page_path, encoding="utf-8").read()
found = re.findall(r'<script type="application/json" id="scene">(.*?)</script>', page, re.S)
assert len(found) == 1, "one scene in a page"
scene = json.loads(found[0])
schema = json.load(open(schema_path, encoding="utf-8"))
try:
    import jsonschema
    jsonschema.validate(scene, schema)
    by = "jsonschema"
except ImportError:
    assert set(schema["required"]) <= set(scene) <= set(schema["properties"])
    by = "names only: python3-jsonschema is not here"
assert not re.search(r'(src|href)="(?!data:)', page.replace(found[0], "")), "the page loads something"

frames, texts, shapes = scene["frames"], scene["texts"], scene["shapes"]
assert frames and scene["limits"]["frames_kept"] == len(frames) <= scene["limits"]["frames_max"]
known = {}
for shape in shapes:
    assert len(shape["fields"]) == 5 * len(shape["texts"])
for f in frames:
    shape = shapes[f["shape"]]
    values = list(shape["texts"])
    for i in range(0, len(f["diff"]), 2):
        values[f["diff"][i]] = f["diff"][i + 1]
    fields = {texts[shape["fields"][5 * i]]: (texts[v], shape["fields"][5 * i + 3], shape["fields"][5 * i + 4]) for i, v in enumerate(values)}
    data = base64.b64decode(f["bytes"])
    assert len(data) == f["len"] or len(data) == (scene["limits"]["snap"] or 224) < f["len"]
    if len(data) == f["len"]:
        assert zlib.crc32(data) == f["fcs"]
    text, at, n = fields["eth.dst"]
    assert data[at:at + n].hex(":") == text
    if "ip.ttl" in fields:
        text, at, n = fields["ip.ttl"]
        assert data[at] == int(text)
        known.setdefault(f["id"], []).append(int(text))
    if "conn" in f:
        assert scene["conns"][f["conn"]]["ab"[f["side"]]].endswith(":" + fields["tcp.srcport"][0])
    assert f.get("out", f["in"]) >= f["in"] and scene["cables"][f["cable"]]
assert any(len(set(ttl)) == 3 for ttl in known.values()), "a packet crosses two routers"
assert scene["conns"] and any(e["kind"] == "say" for e in scene["events"])
for node in scene["nodes"]:
    if node["kind"] in ("host", "server", "router"):
        assert node["addresses"] and node["routes"]
assert any(n["switching"] for n in scene["nodes"] if n["kind"] == "switch")
print(f"{len(frames)} of {scene['limits']['frames_seen']} frames, {len(shapes)} shapes, {len(page) // 1000} kB ({by})")

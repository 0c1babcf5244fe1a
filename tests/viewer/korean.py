#!/usr/bin/env python3
"""Reads `browse --lang ko` on stdin: no three English words in a row, but in rows of header fields, names of protocols and lines of the page's own text."""
import re, sys

PROTOCOLS = ("Hypertext Transfer Protocol", "Transmission Control Protocol", "Internet Protocol Version")
FIELD_ROW = re.compile(r"^ +\d+  [0-9a-f]{2}( |$)")
bad = []
for line in sys.stdin.read().split("\n8  ")[0].splitlines()[1:]:
    if FIELD_ROW.match(line):
        continue
    for name in PROTOCOLS:
        line = line.replace(name, "")
    if re.search(r"\b[A-Za-z]*[a-z]{2,}[A-Za-z]*( [A-Za-z]*[a-z]{2,}[A-Za-z]*){2,}\b", line):
        bad.append(line)
assert not bad, "\n".join(bad)

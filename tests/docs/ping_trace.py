#!/usr/bin/env python3
"""The trace of one ping that docs/ARCHITECTURE.md prints is what the command prints.

Usage: ping_trace.py HEPTA [--write]        --write puts the command's trace into the page"""
import difflib, os, re, shlex, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs", "ARCHITECTURE.md")


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    found = re.search(r"^`hepta (ping .*? --trace [^`]*)`.*?^```\n(.*?)^```", page, re.S | re.M)
    if not found:
        print("docs/ARCHITECTURE.md shows no `hepta ping ... --trace ...` with its output")
        return 1
    run = subprocess.run([sys.argv[1], *shlex.split(found[1])], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode or not run.stderr:
        print(run.stdout, run.stderr)
        return 1
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(page[:found.start(2)] + run.stderr + page[found.end(2):])
        return 0
    diff = list(difflib.unified_diff(found[2].splitlines(), run.stderr.splitlines(), "docs/ARCHITECTURE.md", "hepta " + found[1], lineterm=""))
    print("\n".join(diff) or f"{len(run.stderr.splitlines())} lines, the same")
    if diff:
        print("If it is meant to be so: tests/docs/ping_trace.py build/cli/hepta --write, and look at the table below it.")
    return 1 if diff else 0


sys.exit(main())

#!/usr/bin/env python3
"""The lab pages against the command: every example in docs/LAB.md and docs/LAB.ko.md is the file below examples/lab, and what follows it is what
`hepta lab run` prints, byte for byte but for the real time.  lab.py HEPTA [--write]: --write puts both into the pages."""
import os, re, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(TOP, "examples", "lab")
BLOCK = re.compile(r"<!-- ([\w-]+\.lab) -->\n```\n(.*?)```\n\n```\n(.*?)```\n", re.S)


def output(hepta, name):
    run = subprocess.run([hepta, "lab", "run", name], cwd=EXAMPLES, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{name}: exit status {run.returncode}\n{run.stdout}{run.stderr}")
    return re.sub(r" of virtual time in [^,]+,", " of virtual time,", run.stdout)


def main():
    hepta, write = os.path.abspath(sys.argv[1]), "--write" in sys.argv
    files = sorted(f for f in os.listdir(EXAMPLES) if f.endswith(".lab"))
    want = {f: (open(os.path.join(EXAMPLES, f), encoding="utf-8").read(), output(hepta, f)) for f in files}
    for page in ("LAB.md", "LAB.ko.md"):
        path = os.path.join(TOP, "docs", page)
        text = open(path, encoding="utf-8").read()
        found = [m[1] for m in BLOCK.finditer(text)]
        if found != files:
            sys.exit(f"docs/{page} shows {found}, and examples/lab has {files}")
        new = BLOCK.sub(lambda m: f"<!-- {m[1]} -->\n```\n{want[m[1]][0]}```\n\n```\n{want[m[1]][1]}```\n", text)
        if write:
            open(path, "w", encoding="utf-8").write(new)
        for m in BLOCK.finditer(text):
            for got, expected, what in zip(m.groups()[1:], want[m[1]], ("file", "output")):
                if got != expected and not write:
                    sys.exit(f"docs/{page}, {m[1]}: another {what}.  Expected\n{expected}\nthe page has\n{got}")
    print(f"{len(files)} examples are as the pages say")


main()

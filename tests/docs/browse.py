#!/usr/bin/env python3
"""The JSON that docs/BROWSE.md shows is what the command prints, and its table names every member.

Usage: browse.py HEPTA [--write]        --write puts the command's values into the page"""
import json, os, re, shlex, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs", "BROWSE.md")


def value(j, path):
    for name, number in re.findall(r"(\w+)|\[(\d+)\]", path):
        j = j[name] if name else j[int(number)]
    return j


def main():
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    command = re.search(r"^`hepta (browse [^`]*--json[^`]*)`", page, re.M)
    run = subprocess.run([sys.argv[1], *shlex.split(command[1])], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode:
        print(run.stdout, run.stderr)
        return 1
    j, wrong, blocks = json.loads(run.stdout), [], 0

    def block(m):
        nonlocal blocks
        blocks += 1
        now = json.dumps(value(j, m[2]), ensure_ascii=False)
        if m[3].strip() != now:
            wrong.append(f"{m[2]}: the page has {m[3].strip()}, the command {now}")
        return f"{m[1]}```json\n{now}\n```"

    new = re.sub(r"(^`([\w.\[\]]+)`:(?:[^`]|`(?!``))*?)```json\n(.*?)```", block, page, flags=re.S | re.M)
    members = set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in page.split("## --json")[1].splitlines() if line.startswith("| `"))))
    wrong += [f"the table does not name {name}" for name in j if name not in members]
    wrong += [f"the command prints no {name}" for name in members - set(j) - {"seed", "digest"}]
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(new)
        return 0
    print("\n".join(wrong) or f"{blocks} examples, the same")
    if wrong:
        print("If it is meant to be so: tests/docs/browse.py build/cli/hepta --write")
    return 1 if wrong or blocks < 9 else 0


sys.exit(main())

#!/usr/bin/env python3
"""The core is pure: its objects have no mutable data and need nothing but mem*, str*, assert and each other.

Usage: purity.py LIBHEPTA.A   (the objects of everything but src/os and src/run)"""
import re, subprocess, sys, tempfile, os

ALLOWED = re.compile(r"^(mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr|rchr|str|spn|cspn|pbrk)|__assert_fail|__stack_chk_fail|"
                     r"__(u?div|u?mod)ti[34]|_GLOBAL_OFFSET_TABLE_)$")
OUTSIDE = ("src_os_", "src_run_")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    library = os.path.abspath(sys.argv[1])
    listing = run("ar", "t", library).split()
    errors = []
    defined, undefined = set(), {}
    for line in run("nm", "-A", library).splitlines():
        m = re.match(r".*?([^:/\s]+\.o):\s*[0-9a-f]*\s+(\w)\s+(\S+)$", line)
        if not m:
            continue
        object_, kind, name = m.groups()
        if kind == "U":
            undefined.setdefault(name, set()).add(object_)
        elif not object_.startswith(OUTSIDE):
            defined.add(name)
    for name, users in sorted(undefined.items()):
        inside = sorted(u for u in users if not u.startswith(OUTSIDE))
        if inside and name not in defined and not ALLOWED.match(name):
            errors.append(f"{', '.join(inside)} needs {name}")
    checked = 0
    for line in run("size", "-A", library).splitlines():
        m = re.match(r"^(\S+\.o)\s", line)
        if m:
            object_ = m.group(1)
            if not object_.startswith(OUTSIDE):
                checked += 1
        m = re.match(r"^(\.data|\.bss|\.tdata|\.tbss)(\.\S+)?\s+(\d+)", line)
        # .data.rel.ro holds constant tables with pointers: read-only once relocated
        if m and int(m.group(3)) and not line.startswith(".data.rel.ro") and not object_.startswith(OUTSIDE):
            errors.append(f"{object_}: {m.group(3)} bytes of mutable data in {m.group(1)}{m.group(2) or ''}")
    print("\n".join(errors))
    print(f"{checked} of {len(listing)} objects are core; {len(errors)} impurities")
    return 1 if errors or checked < 10 else 0


sys.exit(main())

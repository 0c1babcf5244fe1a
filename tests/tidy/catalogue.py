#!/usr/bin/env python3
"""docs/SECURITY.md: every line names tests that exist in tests/ and carry its number, or says "not built"."""
import os, re, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROW = re.compile(r"\| ([A-Z]\d\d) \| (.*?) \| (.*?) \| ?(.*?) ?\|$")


def tests():
    found = set()
    for at, _, names in os.walk(os.path.join(TOP, "tests")):
        for name in names:
            if name.endswith(".c"):
                with open(os.path.join(at, name), encoding="utf-8") as f:
                    found.update(re.findall(r"^static void (test_\w+)\(", f.read(), re.M))
    return found


def check(number, line, row, there, seen):
    where = f"docs/SECURITY.md:{number}: {line}"
    if line in seen:
        return [f"{where} is there twice"]
    named = re.findall(r"`(test_\w+)`", row)
    errors = [f"{where}: no test is called {n}" for n in named if n not in there]
    errors += [f"{where}: {n} does not carry its number" for n in named if f"_{line}_" not in n]
    if not named and "not built" not in row:
        errors.append(f'{where}: neither a test nor "not built"')
    return errors


def main():
    errors, seen, there = [], set(), tests()
    with open(os.path.join(TOP, "docs", "SECURITY.md"), encoding="utf-8") as f:
        for number, text in enumerate(f, 1):
            if not re.match(r"\| [A-Z]\d\d", text):
                continue
            m = ROW.match(text.rstrip("\n"))
            if not m:
                errors.append(f"docs/SECURITY.md:{number}: not | number | what comes | what happens | tests |")
                continue
            errors += check(number, m[1], m[3] + " " + m[4], there, seen)
            seen.add(m[1])
    print("\n".join(errors))
    print(f"{len(seen)} lines, {len(errors)} wrong")
    return 1 if errors or len(seen) < 80 else 0


sys.exit(main())

#!/usr/bin/env python3
"""No god files and no giant functions: files under 600 lines, those of tests, too; functions of src/ and cli/ under 100, nearly all under 60."""
import os, re, statistics, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def functions(lines):
    """(name, length) of every function: from the line before a '{' in column 0 to its '}' in column 0."""
    start, name = None, ""
    for number, line in enumerate(lines):
        if line.startswith("{") and number and not lines[number - 1].startswith(("enum", "struct", "union")):
            start, name = number, lines[number - 1].strip()
        elif line.startswith("}") and start is not None:
            if not line.startswith("};"):
                yield name, number - start - 1
            start = None


def main():
    errors, lengths = [], []
    for root in ("src", "cli", "tests", "fuzz", "bench", "examples"):
        for at, _, names in os.walk(os.path.join(TOP, root)):
            for name in sorted(n for n in names if n.endswith((".c", ".h"))):
                path = os.path.relpath(os.path.join(at, name), TOP)
                with open(os.path.join(at, name), encoding="utf-8") as f:
                    lines = f.read().splitlines()
                if len(lines) > 600:
                    errors.append(f"{path}: {len(lines)} lines")
                if root not in ("src", "cli"):
                    continue
                for function, n in functions(lines):
                    lengths.append(n)
                    if n > 100:
                        errors.append(f"{path}: {n} lines in {function}")
    long = sum(1 for n in lengths if n > 60)
    print("\n".join(errors))
    print(f"{len(lengths)} functions, median {statistics.median(lengths)} lines, {long} over 60")
    return 1 if errors or not lengths or long > len(lengths) // 50 else 0


sys.exit(main())

#!/usr/bin/env python3
"""Everything below src/ but os/ builds as one unit: names that are static in one file are not taken in another."""
import os, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    files = subprocess.run([os.path.join(TOP, "tools/sources"), "src"], check=True, capture_output=True,
                           text=True).stdout.split()
    unit = "".join(f'#include "{os.path.join(TOP, f)}"\n' for f in files if not f.startswith(("src/os/", "src/run/")))
    run = subprocess.run(["cc", "-std=c11", "-O0", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-parameter",
                          f"-I{TOP}/include", f"-I{TOP}/src", "-x", "c", "-"], input=unit, capture_output=True, text=True)
    print(run.stderr[:4000])
    print(f"{unit.count('#include')} files in one unit")
    return 1 if run.returncode or "redefin" in run.stderr else 0


sys.exit(main())

#!/usr/bin/env python3
"""Every public header stands alone, in C and in C++."""
import os, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main():
    folder = os.path.join(TOP, "include", "hepta")
    bad = 0
    names = sorted(n for n in os.listdir(folder) if n.endswith(".h"))
    for name in names:
        for language, flags in (("c", ["-std=c11", "-Wpedantic"]), ("c++", ["-std=c++17"])):
            compiler = "cc" if language == "c" else "clang++"
            run = subprocess.run([compiler, *flags, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{TOP}/include", "-x",
                                  language, "-"], input=f'#include "hepta/{name}"\n#include "hepta/{name}"\n',
                                 capture_output=True, text=True)
            if run.returncode:
                bad += 1
                print(f"{name} as {language}:\n{run.stderr[:1500]}")
    print(f"{len(names)} headers, {bad} failures")
    return 1 if bad or not names else 0


sys.exit(main())

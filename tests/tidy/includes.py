#!/usr/bin/env python3
"""Who may include whom (docs/ARCHITECTURE.md): reads every #include line below src/ and cli/ and fails on any other."""
import os, re, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FREESTANDING = {"stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "assert.h", "stdalign.h", "limits.h", "stdarg.h",
                "immintrin.h", "emmintrin.h", "tmmintrin.h", "arm_neon.h", "nmmintrin.h",
                "sanitizer/common_interface_defs.h", "sanitizer/asan_interface.h", "sanitizer/tsan_interface.h"}
LAYERS = ["l1_physical", "l2_link", "l3_network", "l4_transport", "l5_session", "l6_presentation", "l7_application"]
FACE = {"l1_physical": "physical.h", "l2_link": "link.h", "l3_network": "network.h", "l4_transport": "transport.h",
        "l5_session": "session.h"}
SYSTEM_ALLOWED = ("src/os/", "src/run/", "cli/")


def allowed_folders(folder):
    """Folders of src/ whose headers this folder may include, besides its own and hepta/."""
    if folder == "wire":
        return {"core/bytes.h"}
    if folder in ("core",):
        return set()
    if folder in ("proc", "lab", "profiles"):
        return {"core/", "wire/"}
    if folder in ("os", "run", "l7_application", "l3_network/routing", "cli"):
        return {"wire/", "core/bytes.h", "core/text.h", "core/utf8.h"}
    if folder in LAYERS:
        below = LAYERS.index(folder) - 1
        own = {"core/", "wire/"}
        if below >= 0 and LAYERS[below] in FACE:
            own.add(f"{LAYERS[below]}/{FACE[LAYERS[below]]}")
        return own
    return set()


def check(path, folder):
    errors = []
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            kind, name = m.groups()
            where = f"{path}:{number}: "
            if kind == "<":
                if name not in FREESTANDING and not path.startswith(SYSTEM_ALLOWED):
                    errors.append(where + f"<{name}>: system headers only below src/os, src/run and cli")
                continue
            if name.startswith(("hepta/", folder + "/")) or folder == "cli" and ("/" not in name or os.path.exists(os.path.join(TOP, "cli", name))):
                continue
            if not any(name == a or (a.endswith("/") and name.startswith(a)) for a in allowed_folders(folder)):
                errors.append(where + f'"{name}": {folder} may include {sorted(allowed_folders(folder)) or "only itself"}')
    return errors


def main():
    errors, files = [], 0
    for root in ("src", "cli", "include"):
        for at, _, names in os.walk(os.path.join(TOP, root)):
            for name in sorted(names):
                if not name.endswith((".c", ".h", ".def")):
                    continue
                path = os.path.relpath(os.path.join(at, name), TOP)
                parts = path.split(os.sep)
                folder = parts[1] if parts[0] == "src" else parts[0]
                if parts[1:3] == ["l3_network", "routing"]:
                    folder = "l3_network/routing"   # programs on sockets
                if parts[0] == "include":
                    folder = "hepta"
                files += 1
                errors += check(path, folder)
    print("\n".join(errors))
    print(f"{files} files, {len(errors)} includes that the rules forbid")
    return 1 if errors or files < 50 else 0


sys.exit(main())

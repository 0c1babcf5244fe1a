#!/usr/bin/env python3
"""What `meson install` leaves is enough to build programs with: the examples, by pkg-config, against the shared and against the static library.

Usage: install.py BUILD-FOLDER"""
import glob, os, subprocess, sys, tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    with tempfile.TemporaryDirectory() as root:
        run("meson", "install", "-C", sys.argv[1], "--no-rebuild", "--destdir", root)
        (pc,) = glob.glob(f"{root}/**/pkgconfig/hepta.pc", recursive=True)
        libraries = os.path.dirname(os.path.dirname(pc))
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(pc), "PKG_CONFIG_SYSROOT_DIR": root, "LD_LIBRARY_PATH": libraries}
        flags = run("pkg-config", "--cflags", "hepta", env=env).split()
        shared = run("pkg-config", "--libs", "hepta", env=env).split()
        built = 0
        for source in sorted(glob.glob(f"{TOP}/examples/*.c")):
            for kind, libs in (("shared", shared), ("static", [f"{libraries}/libhepta.a"])):
                program = f"{root}/{os.path.basename(source)}.{kind}"
                run("cc", "-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", *flags, source, "-o", program, *libs)
                run(program, env=env, timeout=60)
                linked = "libhepta.so" in run("ldd", program, env=env)
                if linked != (kind == "shared"):
                    sys.exit(f"{program} is not linked as {kind}")
                built += 1
        (command,) = glob.glob(f"{root}/**/bin/hepta", recursive=True)
        said = run(command, "ping", "--wire", "lab:", "-c", "1", "server", env=env)
        if "1 received" not in said:
            sys.exit(said)
        print(f"{built} programs built with what was installed, and run")
        return 0 if built >= 6 else 1


sys.exit(main())

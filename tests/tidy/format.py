#!/usr/bin/env python3
"""The style of C files: the rules of .clang-format, no line over 160 columns, no tabs, no blanks at ends of lines.

.clang-format says what is left to the author; here that is left out of the comparison.  Without clang-format (Debian's, version 14) the
other rules are checked and the check is skipped (77)."""
import difflib, os, re, shutil, subprocess, sys, tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("src", "include", "cli", "tests", "fuzz", "bench", "examples")
COLUMNS = 160
FORMAT = shutil.which("clang-format-14") or shutil.which("clang-format")


def sources():
    for folder in FOLDERS:
        for at, _, names in sorted(os.walk(os.path.join(TOP, folder))):
            yield from (os.path.join(at, n) for n in sorted(names) if n.endswith((".c", ".h")))


def plain(path, text):
    """What needs no tool."""
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield f"{path}: one newline is wanted at the end"
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line or "\r" in line:
            yield f"{path}:{number}: a tab or carriage return"
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"
        if len(line) > COLUMNS and not line.lstrip().startswith('"'):  # an expected text is left whole
            yield f"{path}:{number}: {len(line)} columns, {COLUMNS} are the most"


def indent(line):
    return len(line) - len(line.lstrip())


def normal(text):
    """Lines with their indent, and every other run of blanks as one.  Version 14 takes (type)~x for a sum, (type)*(p) for a
    product, and const (*p) for a call."""
    def line(l):
        return re.sub(r"(\)) ([~-])|(const) (\(\*)|(\)) (\*) (\()", r"\1\2\3\4\5\6\7", re.sub(r"\s+", " ", l.strip()))

    return [" " * indent(l) + line(l) for l in text.splitlines()]


def code(line):
    return re.sub(r"/\*.*?(\*/|$)", "", line).strip()


def continues(lines, i):
    """Whether line i continues an expression, an initializer or a list."""
    before = next((code(l) for l in reversed(lines[:i]) if code(l)), ";")
    return not before.endswith((";", "{", "}", ":", ")")) and not before.startswith("#")


def in_macro(lines, i):
    return lines[i].startswith("#define") or (i > 0 and lines[i - 1].endswith("\\"))


def braces(lines):
    return [found[1] for found in (re.match(r"\s*(\{$|\}?\s*else|\} while)", l) for l in lines) if found]


def is_authors(have, at, end, wanted):
    """A difference in nothing but what is left to the author."""
    mine = have[at:end]
    if mine and in_macro(have, at):
        return True
    if not mine or not wanted or re.sub(r"\s", "", "".join(mine)) != re.sub(r"\s", "", "".join(wanted)):
        return False
    if all(not code(l) for l in mine) or (len(mine) == 1 and re.match(r"\w.*\) \{ .* \}$", mine[0])):  # a function on one line
        return True
    return braces(mine) == braces(wanted) and (indent(mine[0]) == indent(wanted[0]) or continues(have, at)) and \
        (len(mine) > 1 or len(wanted) > 1 or continues(have, at))


def differences(name, text, wanted):
    have, want = normal(text), normal(wanted)
    if have == want:
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, have, want, autojunk=False).get_opcodes():
        if tag != "equal" and not is_authors(have, a, b, want[c:d]):
            yield "\n".join([f"{name}:{a + 1}: .clang-format wants"] + ["-" + l for l in have[a:b]] + ["+" + l for l in want[c:d]])


def formatted(texts):
    """What clang-format makes of all of them: (name, text, wanted).  One run for a copy of the tree: its start costs more than its work."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(TOP, ".clang-format"), folder)
        for name, text in texts.items():
            os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        subprocess.run([FORMAT, "-i", "--style=file", *texts], cwd=folder, check=True)
        for name, text in texts.items():
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                yield name, text, f.read()


def main():
    texts, errors = {}, []
    for path in sources():
        with open(path, encoding="utf-8", newline="") as f:
            texts[os.path.relpath(path, TOP)] = f.read()
    for name, text in texts.items():
        errors += plain(name, text)
    if FORMAT:
        for name, text, wanted in formatted(texts):
            errors += differences(name, text, wanted)
    print("\n".join(errors))
    print(f"{len(texts)} files, {len(errors)} places")
    if not FORMAT:
        print("clang-format is not installed: indents, blanks and braces were not looked at")
    return 1 if errors or not texts else 0 if FORMAT else 77


sys.exit(main())

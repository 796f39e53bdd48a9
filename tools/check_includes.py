#!/usr/bin/env python3
"""Holds the includes to the tables of docs/architecture.md.

    tools/check_includes.py [ROOT]

Prints `file:line: what is wrong; what to do` for each finding and exits 1 if
there is any, 2 if the tables cannot be read.
"""

import os
import re
import sys

TABLES = "docs/architecture.md"
FOLDERS = ("include", "src", "cli", "tests", "bench", "fuzz", "examples")
SUFFIXES = (".h", ".cc", ".inc")
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def table_after(lines, header):
    """The rows, as lists of cells, of the table whose header row has these cells."""
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
             for line in lines]
    if header not in cells:
        raise LookupError(f"{TABLES}: there is no table with the header | {' | '.join(header)} |")
    rows = []
    for row in cells[cells.index(header) + 2:]:
        if row is None:
            break
        rows.append(row)
    return rows


def read_tables(root):
    """(folder -> what it may include, public header -> folder)."""
    with open(os.path.join(root, TABLES), encoding="utf-8") as file:
        lines = file.read().splitlines()
    allowed = {}
    for folders, row in table_after(lines, ["folder", "may include"]):
        names = {name.strip() for name in row.split(",")} - {"nothing"}
        for folder in folders.split(","):
            allowed[folder.strip()] = names
    known = set(allowed) | {"torch", "everything", "public headers"}
    for folder, names in allowed.items():
        for name in sorted(names - known):
            raise LookupError(f"{TABLES}: the row of {folder} names {name}, which has no row of its own")
    headers = {header.strip("`"): folder for header, folder in table_after(lines, ["public header", "implemented in"])}
    return allowed, headers


def folder_of(path):
    """The row that governs a file: src/engine/plan/fold.cc is engine's, include/frond's are public, others are free."""
    parts = path.split("/")
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else None
    return {"include": "include", "cli": "cli"}.get(parts[0])


def may(allowed, folder, other):
    return folder == other or other in allowed[folder] or "everything" in allowed[folder]


def judge_include(path, target, quoted, root, allowed, headers):
    """What is wrong with `target` included by `path`, or None."""
    folder = folder_of(path)
    if TORCH.match(target):
        row = allowed.get(folder, set())
        if "torch" in row or path.startswith("tests/train/"):
            return None
        return f"includes {target}; only a folder with torch in its row may: move this code to src/train"
    if target.startswith("src/"):
        other = folder_of(target)
        if folder == "include":
            return f"a public header includes {target}; declare here what it needs, or move it behind the implementation"
        if folder is None:
            return None
        if other not in allowed:
            return f"includes {target}, whose folder has no row in {TABLES}; add the row"
        if not may(allowed, folder, other):
            return (f"{folder} may not include {other} ({target}); move the code to a folder that may, "
                    f"or change the row of {folder} in {TABLES}")
        return None
    if target.startswith("frond/"):
        if target not in headers:
            return f"includes {target}, which {TABLES} does not list as a public header; add it to the table"
        if folder in (None, "include") or "public headers" in allowed[folder]:
            return None
        if not may(allowed, folder, headers[target]):
            return (f"{folder} may not include {target}, which {headers[target]} implements; move the code "
                    f"to a folder that may, or change the row of {folder} in {TABLES}")
        return None
    if target.startswith(("cli/", "tests/")):
        own = path.split("/")[0]
        if own in ("cli", "tests", "bench", "fuzz", "examples"):
            return None
        return f"includes {target}; what src/ and include/ need lies in src/ or include/"
    beside = os.path.join(root, os.path.dirname(path), target)
    if quoted and (target.startswith(".") or os.path.exists(beside)):
        full = os.path.relpath(os.path.normpath(beside), root).replace(os.sep, "/")
        full = full.removeprefix("include/")
        return f'includes "{target}" by a relative path; write "{full}"'
    return None


def judge_guard(path, text):
    """(line, what is wrong) with a header's include guard, or None."""
    name = path.removeprefix("include/")
    guard = re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_"
    if not guard.startswith("FROND_"):
        guard = "FROND_" + guard
    code = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.lstrip().startswith("//")]
    first = code[0] if code else (1, "")
    if path.endswith("-inl.h") and first[1] == f"#if defined({guard}) == defined(HWY_TARGET_TOGGLE)":
        return None  # Highway includes such a header once for each target
    if first[1] != f"#ifndef {guard}":
        return first[0], f"the include guard is not {guard}; begin with #ifndef {guard}, before any code"
    if len(code) < 2 or code[1][1] != f"#define {guard}":
        return first[0], f"#ifndef {guard} is not followed by #define {guard}; write it on the next line"
    if code[-1][1] != f"#endif  // {guard}":
        return code[-1][0], f"the last line does not close the guard; end with #endif  // {guard}"
    return None


def judge_file(root, path, allowed, headers):
    """Yields (line, what is wrong)."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    text = BLOCK_COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    folder = folder_of(path)
    if folder not in (None, "include") and folder not in allowed:
        yield 1, f"the folder {folder} has no row in {TABLES}; add the row"
        return
    if path.startswith("src/") and folder is None:
        yield 1, "lies in src/ itself; move it to one of its folders"
        return
    if path.startswith("include/") and path.removeprefix("include/") not in headers:
        yield 1, f"{TABLES} does not list this public header; add it to the table"
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            wrong = judge_include(path, match.group(2), match.group(1) == '"', root, allowed, headers)
            if wrong:
                yield number, wrong
    if path.endswith(".h"):
        wrong = judge_guard(path, text)
        if wrong:
            yield wrong


def source_files(root):
    for folder in FOLDERS:
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders.sort()
            for name in sorted(names):
                if name.endswith(SUFFIXES):
                    yield os.path.relpath(os.path.join(where, name), root).replace(os.sep, "/")


def main(arguments):
    root = arguments[1] if len(arguments) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    try:
        allowed, headers = read_tables(root)
    except (LookupError, OSError, ValueError) as error:
        print(f"check_includes: {error}", file=sys.stderr)
        return 2
    findings = files = 0
    for path in source_files(root):
        files += 1
        for line, wrong in judge_file(root, path, allowed, headers):
            findings += 1
            print(f"{path}:{line}: {wrong}")
    if files == 0:
        print(f"check_includes: no source files under {root}", file=sys.stderr)
        return 2
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

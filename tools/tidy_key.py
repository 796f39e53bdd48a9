#!/usr/bin/env python3
"""Of what clang-tidy's answer for a file depends, a hash: the checks, the tool, the flags, and the file as it is preprocessed.

    tools/tidy_key.py COMPILE_COMMANDS.json CLANG CLANG_TIDY [--checks=...] FILE.cc

scripts/tidy keeps the keys of files that were clean, and leaves them out next time.
"""

import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys


def main():
    database, clang, tidy, *checks, file = sys.argv[1:]
    here = pathlib.Path(file).resolve()
    entry = next(entry for entry in json.loads(pathlib.Path(database).read_text())
                 if (pathlib.Path(entry["directory"]) / entry["file"]).resolve() == here)
    # As tidy sees it: the flags without the compiler, the output and the file.
    words = shlex.split(entry["command"])
    flags = words[1:words.index("-o")]
    # With its comments, directives and macros, which some checks read; without this checkout's path.
    text = subprocess.run([clang, *flags, "-E", "-C", "-dD", "-dI", str(here)], cwd=entry["directory"], check=True,
                          capture_output=True).stdout
    root = str(pathlib.Path.cwd())
    # What is ours is read as it is written: comments in macros, which say what tidy is to leave out, are not in the text.
    named = re.findall(rb'^# \d+ "(' + re.escape(root.encode()) + rb'/[^"]+)"', text, re.MULTILINE)
    own = b"".join(pathlib.Path(path.decode()).read_bytes() for path in sorted(set(named)))
    version = subprocess.run([tidy, "--version"], check=True, capture_output=True).stdout
    key = hashlib.sha256()
    for part in (version, pathlib.Path(".clang-tidy").read_bytes(), " ".join(checks).encode(),
                 " ".join(flags).replace(root, "").encode(), own, text.replace(root.encode(), b"")):
        key.update(hashlib.sha256(part).digest())
    print(key.hexdigest())


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Let the CUDA build of torch load on a machine that has no CUDA libraries.

torch's shared objects list about fifteen CUDA libraries as NEEDED.  For each one missing, this compiles a stub with the
same soname whose functions all return 100 (cudaErrorNoDevice), so that torch reports no device and runs on the CPU.
Run it with the Python of the environment that holds torch; gcc and binutils must be on the PATH.
"""

import collections
import importlib.util
import pathlib
import re
import subprocess
import tempfile

CUDA_LIBRARY = re.compile(r"lib(?:cu|nv|nccl)")
CUDA_SYMBOL = re.compile(
    r"(?:__)?(?:cu[A-Z]|cuda|cublas|cudnn|cufft|cusparse|cusolver|curand|nccl|nvrtc|nvshmem|cupti|nvJitLink)"
)


def output_of(*command):
    """What `command` prints on standard output."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def scan(shared_objects):
    """The CUDA libraries named as NEEDED, and for each the functions it must export, as {version or '': [names]}."""
    needed, owner, undefined, defined = set(), {}, set(), set()
    for path in map(str, shared_objects):
        needed.update(
            name
            for name in re.findall(r"\(NEEDED\).*\[([^\]]+)\]", output_of("readelf", "-d", path))
            if CUDA_LIBRARY.match(name)
        )
        library = None
        for line in output_of("readelf", "-VW", path).splitlines():
            if found := re.search(r"File: (\S+)", line):
                library = found[1]
            elif found := re.search(r"Name: (\S+)\s+Flags", line):
                owner[found[1]] = library
        for line in output_of("nm", "-D", path).splitlines():
            *_, kind, symbol = line.split()
            (undefined if kind == "U" else defined).add(symbol)
    exports = {library: collections.defaultdict(list) for library in needed}
    for name in sorted(undefined - defined):
        symbol, _, version = name.partition("@")
        if owner.get(version) in needed:
            exports[owner[version]][version].append(symbol)
        elif not version and CUDA_SYMBOL.match(symbol):  # unversioned: any library will do for the loader
            exports[min(needed)][""].append(symbol)
    return exports


def build(soname, versions, folder):
    """Compile the stub of one library into `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        source, script = pathlib.Path(scratch, "stub.c"), pathlib.Path(scratch, "stub.map")
        source.write_text("".join(f"int {symbol}() {{ return 100; }}\n" for symbols in versions.values() for symbol in symbols))
        script.write_text(
            "".join(f"{version} {{ global: {'; '.join(symbols)}; }};\n" for version, symbols in versions.items() if version)
        )
        command = [
            "gcc",
            "-w",
            "-fno-builtin",
            "-shared",
            "-fPIC",
            "-s",
            f"-Wl,-soname,{soname}",
            str(source),
            "-o",
            str(folder / soname),
        ]
        if any(versions):
            command.append(f"-Wl,--version-script={script}")
        subprocess.run(command, check=True)


def main():
    """Write the stubs beside torch's own libraries."""
    folder = pathlib.Path(importlib.util.find_spec("torch").submodule_search_locations[0]) / "lib"
    exports = scan([path for pattern in ("libtorch*.so", "libc10*.so", "libcaffe2*.so") for path in folder.glob(pattern)])
    for soname, versions in sorted(exports.items()):
        build(soname, versions, folder)
    print(f"{len(exports)} stub libraries for torch")


if __name__ == "__main__":
    main()

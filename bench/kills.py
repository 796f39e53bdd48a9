#!/usr/bin/env python3
"""Kills a run of `frond-train` at random moments, goes on each time, and compares what comes out with an unbroken run's.

    bench/kills.py PHOTOS PRETRAINED [--kills 20] [--seed 1] [--program build/release/bin/frond-train]
                   [-- options of frond train]

Four of five moments are drawn from the first quarter of a whole run's time, else it would be at its end before it was
killed often enough, the others from nine tenths. One thread, a checkpoint every second. Ends with an error unless
model.safetensors and last.safetensors are the same bytes.
"""

import argparse
import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import train_options


def digests(out):
    return [hashlib.sha256((out / name).read_bytes()).hexdigest() for name in ("model.safetensors", "last.safetensors")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos")
    parser.add_argument("pretrained")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="build/release/bin/frond-train")
    arguments = train_options.parse(parser)
    draw = random.Random(arguments.seed)

    def start(out):
        command = [arguments.program, arguments.photos, "--pretrained", arguments.pretrained, "--threads", "1",
                   "--checkpoint-seconds", "1", "--out", str(out), *arguments.train]
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def finish(out):
        process = start(out)
        said = process.communicate()[1]
        if process.returncode:
            sys.exit(f"the run failed: {said}")

    with tempfile.TemporaryDirectory() as folder:
        unbroken, broken = pathlib.Path(folder, "unbroken"), pathlib.Path(folder, "broken")
        began = time.monotonic()
        finish(unbroken)
        whole = time.monotonic() - began
        print(f"unbroken: {whole:.1f} s", flush=True)
        kills = 0
        while kills < arguments.kills:
            process = start(broken)
            wait = draw.uniform(0, whole * (0.9 if draw.random() < 0.2 else 0.25))
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
                print(f"killed after {wait:.1f} s", flush=True)
                continue
            said = process.communicate()[1]
            if process.returncode:
                sys.exit(f"the run failed when it went on: {said}")
            # Finished: the next run only has its result to write again; a new one is begun.
            if digests(broken) != digests(unbroken):
                sys.exit("it ended with other bytes")
            print("ended, with the same bytes", flush=True)
            shutil.rmtree(broken)
        finish(broken)
        if digests(broken) != digests(unbroken):
            sys.exit("it ended with other bytes")
        print(f"{kills} kills, the same bytes")


if __name__ == "__main__":
    main()

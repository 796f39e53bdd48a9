#!/usr/bin/env python3
"""Throughput of N one-thread processes that train together, as a multiple of one's.

    bench/data_parallel.py PHOTOS PRETRAINED [--processes 2] [--rounds 5] [--pin]
                           [--program build/release/bin/frond-train] [-- options of frond train]

Runs of one and of N processes take turns, so that what else the machine does meets both. Each run is three epochs, of
which the last counts: photos a second as the run itself measured them, and the processor seconds a photo of all
processes over the whole run. On a machine with fewer free cores than processes the first ratio says little; the second
says what a process spends for the others.

--pin gives each process one core of its own. Otherwise the thread that loads photos takes of a core that one process
alone leaves idle, so even runs that have nothing to do with each other make less than N times one's.
"""

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile

import train_options


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def train(arguments, processes):
    """Photos a second of the last epoch, and processor seconds of the run."""
    port = str(free_port())
    with tempfile.TemporaryDirectory() as out:
        command = [arguments.program, arguments.photos, "--pretrained", arguments.pretrained, "--threads", "1",
                   "--epochs", "3", "--out", out, *arguments.train]
        before = processor_seconds()
        cores = sorted(os.sched_getaffinity(0))
        running = []
        for rank in range(processes):
            pinned = ["taskset", "--cpu-list", str(cores[rank % len(cores)])] if arguments.pin else []
            world = {"RANK": str(rank), "WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            environment = {**os.environ, "OMP_WAIT_POLICY": "passive", **(world if processes > 1 else {})}
            running.append(subprocess.Popen([*pinned, *command], env=environment, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.PIPE, text=True))
        said = [process.communicate()[1] for process in running]
        if any(process.returncode for process in running):
            sys.exit("\n".join(said))
        with open(os.path.join(out, "metrics.jsonl"), encoding="utf-8") as lines:
            last = [json.loads(line) for line in lines][-1]
        return last["photos_per_s"], processor_seconds() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos")
    parser.add_argument("pretrained")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pin", action="store_true", help="a core for each process, also when there is one")
    parser.add_argument("--program", default="build/release/bin/frond-train")
    arguments = train_options.parse(parser)

    print(f"{'round':>5}  {'1: photos/s':>11}  {f'{arguments.processes}: photos/s':>11}  {'ratio':>5}  {'CPU ratio':>9}")
    ratios, spent = [], []
    for number in range(1, arguments.rounds + 1):
        one, one_cpu = train(arguments, 1)
        many, many_cpu = train(arguments, arguments.processes)
        ratios.append(many / one)
        spent.append(many_cpu / one_cpu)
        print(f"{number:>5}  {one:>11.2f}  {many:>11.2f}  {ratios[-1]:>5.2f}  {spent[-1]:>9.3f}", flush=True)
    print(f"median: {statistics.median(ratios):.2f} times the photos a second, "
          f"{statistics.median(spent):.3f} times the processor seconds")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What watching costs `frond serve`: requests a second, and CPU time a request, with and without --no-monitor.

    bench/monitor/overhead.py MODEL.safetensors PHOTOS [--connections 8] [--rounds 12] [--seconds 2]
                              [--frond build/release/bin/frond] [-- options of the watched one, as --store records.db]

Both are started once and take turns under wrk (bench/serve/post.lua); each round is a pair, whose order alternates, so that what
else the machine does, and how warm it is, meets both. The one that waits is stopped (SIGSTOP). Of the rounds' ratios the median and
the quartiles are told, and the interval that has the median with at least 95 % (of order statistics, no distribution assumed). The
CPU time is the service's own: other work beside it disturbs that less than the requests a second, which it bounds where all cores
are busy.
"""

import argparse
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "serve"), str(ROOT / "bench")]

import train_options  # noqa: E402  one reading of "-- options"
from service import Service  # noqa: E402


def cpu_seconds(process):
    """Of all threads, in nanoseconds rather than the hundredths of getrusage: https://docs.kernel.org/scheduler/sched-stats.html."""
    return sum(int(file.read_text().split()[0]) for file in pathlib.Path(f"/proc/{process.pid}/task").glob("*/schedstat")) / 1e9


def load(service, connections, seconds, photos):
    """Requests a second, and CPU milliseconds a request."""
    before = cpu_seconds(service.process)
    service.process.send_signal(signal.SIGCONT)
    output = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", ROOT / "bench/serve/post.lua",
                             f"http://{service.address}"], env={**os.environ, "PHOTOS": str(photos)},
                            capture_output=True, text=True, check=True).stdout
    service.process.send_signal(signal.SIGSTOP)
    result = json.loads(output.strip().splitlines()[-1])
    if result["errors"]:
        sys.exit(f"{result['errors']} errors of {result['requests']} requests: {result['kinds']}")
    return result["requests"] / result["seconds"], (cpu_seconds(service.process) - before) * 1e3 / result["requests"]


def median_interval(ordered):
    """The narrowest pair of order statistics with the median between them in 95 % of samples; all of them where they are few."""
    count = len(ordered)
    low, beyond = 0, 0.5**count  # the chance that fewer than low + 1 lie below the median
    while low + 1 < count // 2:
        more = beyond + math.comb(count, low + 1) * 0.5**count
        if 2 * more > 0.05:
            break
        low, beyond = low + 1, more
    return ordered[low], ordered[count - 1 - low]


def tell(what, pairs):
    """Of (watched, unwatched) pairs."""
    ratios = sorted(watched / unwatched for watched, unwatched in pairs)
    low, high = median_interval(ratios)
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    watched, unwatched = (statistics.median(column) for column in zip(*pairs))
    print(f"{what}: {watched:.2f} watched, {unwatched:.2f} not; ratio {statistics.median(ratios):.4f}, quartiles {quartiles[0]:.4f} to "
          f"{quartiles[2]:.4f}, 95 % of the median {low:.4f} to {high:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--frond", default=ROOT / "build/release/bin/frond")
    arguments = train_options.parse(parser)
    photos = arguments.photos.resolve()

    with Service(arguments.frond, arguments.model, *arguments.train) as watched, \
            Service(arguments.frond, arguments.model, "--no-monitor") as unwatched:
        try:
            for service in (watched, unwatched):
                load(service, 4, 1, photos)  # warm
            rates, cpu = [], []
            for number in range(arguments.rounds):
                pair = {}
                for service in (watched, unwatched) if number % 2 == 0 else (unwatched, watched):
                    pair[service] = load(service, arguments.connections, arguments.seconds, photos)
                (with_rate, with_ms), (without_rate, without_ms) = pair[watched], pair[unwatched]
                rates.append((with_rate, without_rate))
                cpu.append((with_ms, without_ms))
                print(f"  requests/s {with_rate:7.1f} watched, {without_rate:7.1f} not: {with_rate / without_rate:.4f}   "
                      f"CPU {with_ms:6.3f}, {without_ms:6.3f} ms: {with_ms / without_ms:.4f}", flush=True)
        finally:
            for service in (watched, unwatched):
                service.process.send_signal(signal.SIGCONT)
    tell("requests a second", rates)
    tell("CPU ms a request", cpu)


if __name__ == "__main__":
    main()

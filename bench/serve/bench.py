#!/usr/bin/env python3
"""`frond serve` beside ONNX Runtime in FastAPI and LitServe: photos in, classes out, requests a second and latency.

    bench/serve/bench.py MODEL.safetensors MODEL.onnx PHOTOS [--connections 1,8,64] [--rounds 3] [--seconds 5]
                         [--frond build/release/bin/frond] [--python build/serve/venv/bin/python] [-- options of frond serve]

MODEL.safetensors is a frond model of the network in MODEL.onnx (make_models.py). wrk keeps so many connections busy (closed
loop). All servers are started once; they take turns, so that what else the machine does meets all. Each peer is given the
setting that suits it: FastAPI one process with ONNX Runtime on all cores, and a process a core with one thread; LitServe
likewise. The ratio is to the best of them at that number of connections.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))

import train_options  # noqa: E402  one reading of "-- options"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, name, command, port, environment, form=None):
        self.name, self.port = name, port
        self.load_environment = {"FORM": form} if form else {}
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=HERE, start_new_session=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.time() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=1) as reply:
                    if reply.status == 200:
                        return
            except OSError:
                pass
            if time.time() > end or self.process.poll() is not None:
                self.stop()
                sys.exit(f"{name} does not become ready")
            time.sleep(0.1)

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def stop(self):
        self.signal(signal.SIGKILL)


def servers(arguments):
    cores = len(os.sched_getaffinity(0))
    python = pathlib.Path(arguments.python).absolute()
    model = str(pathlib.Path(arguments.onnx).resolve())

    def fastapi(workers, threads):
        port = free_port()
        return Server(f"fastapi {workers}x{threads}",
                      [python, "-m", "uvicorn", "peer_fastapi:app", "--port", str(port), "--workers", str(workers), "--log-level", "error"],
                      port, {"MODEL": model, "THREADS": str(threads)})

    def litserve(workers, threads):
        port = free_port()
        return Server(f"litserve {workers}x{threads}", [python, "peer_litserve.py", str(port)], port,
                      {"MODEL": model, "THREADS": str(threads), "WORKERS": str(workers)}, form="request")

    port = free_port()
    frond = Server("frond", [pathlib.Path(arguments.frond).absolute(), "serve", pathlib.Path(arguments.model).absolute(),
                             "--port", str(port), *arguments.train], port, {})
    return [frond, fastapi(1, cores), fastapi(cores, 1), litserve(1, cores), litserve(cores, 1)]


def load(server, connections, seconds, photos):
    """Requests a second, median and 99th percentile of latency, of a run of wrk."""
    server.signal(signal.SIGCONT)
    output = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", HERE / "post.lua",
                             f"http://127.0.0.1:{server.port}"], env={**os.environ, "PHOTOS": str(photos), **server.load_environment},
                            capture_output=True, text=True, check=True).stdout
    server.signal(signal.SIGSTOP)  # some poll, and would take from the others' time
    result = json.loads(output.strip().splitlines()[-1])
    if result["errors"]:
        sys.exit(f"{server.name}: {result['errors']} errors of {result['requests']} requests: {result['kinds']}")
    return result["requests"] / result["seconds"], result["p50_ms"], result["p99_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("onnx")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--connections", default="1,8,64")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--frond", default="build/release/bin/frond")
    parser.add_argument("--python", default="build/serve/venv/bin/python")
    arguments = train_options.parse(parser)
    arguments.photos = arguments.photos.resolve()

    running = servers(arguments)
    try:
        for server in running:
            load(server, 4, 1, arguments.photos)  # warm
        for connections in map(int, arguments.connections.split(",")):
            results = {server.name: [] for server in running}
            for _ in range(arguments.rounds):
                for server in running:
                    results[server.name].append(load(server, connections, arguments.seconds, arguments.photos))
            print(f"{connections} connections")
            medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in results.items()}
            for name, (rate, p50, p99) in medians.items():
                print(f"  {name:<14} {rate:8.1f} requests/s   p50 {p50:8.2f} ms   p99 {p99:8.2f} ms")
            best = max((name for name in medians if name != "frond"), key=lambda name: medians[name][0])
            print(f"  frond: {medians['frond'][0] / medians[best][0]:.2f} times {best}'s requests, "
                  f"{medians['frond'][2] / medians[best][2]:.2f} times its p99", flush=True)
    finally:
        for server in running:
            server.stop()


if __name__ == "__main__":
    main()

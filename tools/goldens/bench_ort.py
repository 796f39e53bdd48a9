#!/usr/bin/env python3
"""Time ONNX Runtime on the CPU for the models that frond is compared with.

    build/goldens/venv/bin/python tools/goldens/bench_ort.py [--models efficientnet_b0@224 ...] [--runs 40]

Prints a line for each model and thread count: minimum and median milliseconds of one image after the warm-up.
"""

import argparse
import pathlib
import statistics
import tempfile
import time
import warnings

import generated
import libraries


def export(model_name, side, path):
    """Export a timm model with generated weights, batch 1, side px, to ONNX."""
    import torch

    model = libraries.build_torch("timm", model_name, classes=1000)
    generated.fill_torch(model, generated.input_of((1, 3, side, side)))
    warnings.simplefilter("ignore")  # the exporter's own
    torch.onnx.export(
        model, torch.zeros(1, 3, side, side), path, input_names=["images"], output_names=["logits"], dynamo=True, verbose=False
    )


def bench(path, side, threads, warmup, runs):
    """Milliseconds of each run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"images": generated.input_of((1, 3, side, side))}
    times_ms = []
    for index in range(warmup + runs):
        start = time.perf_counter()
        session.run(None, feed)
        if index >= warmup:
            times_ms.append((time.perf_counter() - start) * 1e3)
    return times_ms


def main():
    """Parse the command line and print the timings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--models",
        nargs="+",
        default=["efficientnet_b0@224", "tf_efficientnet_lite0@224", "efficientnet_b4@380"],
        help="timm name@side in px",
    )
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--keep", type=pathlib.Path, help="folder to keep the .onnx files in")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name_and_side in args.models:
            name, side = name_and_side.split("@")
            path = folder / f"{name}_{side}.onnx"
            if not path.exists():
                export(name, int(side), str(path))
            for threads in args.threads:
                times_ms = bench(str(path), int(side), threads, args.warmup, args.runs)
                median = statistics.median(times_ms)
                print(
                    f"onnxruntime {name_and_side} threads {threads}: min {min(times_ms):.2f} ms, median {median:.2f} ms",
                    flush=True,
                )


if __name__ == "__main__":
    main()

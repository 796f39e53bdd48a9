#!/usr/bin/env python3
"""Decoding and resizing of 12-megapixel photos, frond beside Pillow, one after the other in one run.

    build/goldens/venv/bin/python bench/photos_and_pillow.py build/release/bin/photos [--rounds 15] [--only WORD]

The photo is scikit-image's astronaut, coffee and scikit-learn's flower, tiled and enlarged to 4000x3000, with sensor-like noise.
Prints the median of each and the ratio of Pillow's time to frond's: above 1 frond is faster.
"""

import argparse
import io
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import PIL
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image

SIZE = (4000, 3000)
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def photo():
    """4000x3000 RGB with the statistics of a photo: shapes, texture and noise."""
    sources = [data.astronaut(), data.coffee(), load_sample_image("flower.jpg"), load_sample_image("china.jpg")]
    canvas = Image.new("RGB", SIZE)
    for i, source in enumerate(sources):
        tile = Image.fromarray(source).resize((SIZE[0] // 2, SIZE[1] // 2), Image.Resampling.BICUBIC)
        canvas.paste(tile, (i % 2 * SIZE[0] // 2, i // 2 * SIZE[1] // 2))
    noise = np.random.default_rng(0).normal(0, 2, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(np.clip(np.asarray(canvas) + noise, 0, 255).astype(np.uint8))


def write_files(folder):
    """Path by name."""
    image = photo()
    alpha = image.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(SIZE))
    files = {
        "JPEG 4:2:0": (image, "jpg", {"quality": 90, "subsampling": "4:2:0"}),
        "JPEG 4:4:4": (image, "jpg", {"quality": 90, "subsampling": "4:4:4"}),
        "JPEG progressive": (image, "jpg", {"quality": 90, "progressive": True}),
        "PNG RGB": (image, "png", {}),
        "PNG RGBA": (alpha, "png", {}),
        "WebP lossy": (image, "webp", {"quality": 85, "method": 2}),
        "WebP lossless": (image, "webp", {"lossless": True, "method": 1}),
    }
    paths = {}
    for name, (picture, suffix, options) in files.items():
        paths[name] = folder / f"{name.replace(' ', '-').replace(':', '')}.{suffix}"
        picture.save(paths[name], **options)
    return paths


class Photos:
    """bench/photos.cc as a companion process."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"photos ended at: {line}")
        return float(answer)


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def composed(image):
    """What frond's decode does: RGB, transparency over white."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", help="the program built from bench/photos.cc")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    arguments = parser.parse_args()
    ours = Photos(arguments.photos)
    print(f"Pillow {PIL.__version__}, {SIZE[0]}x{SIZE[1]}, median of {arguments.rounds}, ms")
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(pathlib.Path(folder))
        image = Image.open(paths["PNG RGB"]).convert("RGB")
        cases = []
        for name, resample in FILTERS.items():
            cases.append((f"resize to 341x256, {name}", f"resize {paths['PNG RGB']} 341 256 {name}", lambda r=resample: image.resize((341, 256), r)))

        def crop(photo):
            resized = photo.resize((341, 256), Image.Resampling.BICUBIC).crop((58, 16, 282, 240))
            return (np.asarray(resized, np.float32) / 255 - np.float32(0.5)) / np.float32(0.5)

        cases.append(("preprocess to 224x224", f"preprocess {paths['PNG RGB']} 224", lambda: crop(image)))
        for name, path in paths.items():
            encoded = path.read_bytes()
            cases.append((f"decode {name}", f"decode {path}", lambda e=encoded: Image.open(io.BytesIO(e)).load()))
            if name.startswith("JPEG"):  # frond makes pixels only of what the crop keeps
                cases.append((f"{name} to input 224x224", f"input {path} 224", lambda e=encoded: crop(Image.open(io.BytesIO(e)))))
            if name == "PNG RGBA":
                cases.append((f"decode {name} over white", f"decode {path}", lambda e=encoded: composed(Image.open(io.BytesIO(e)))))
        for name, line, work in cases:
            if arguments.only not in name:
                continue
            frond_ms, pillow_ms = [], []
            for _ in range(arguments.rounds + 1):
                frond_ms.append(ours(line))
                pillow_ms.append(timed(work))
            ours_median, theirs = statistics.median(frond_ms[1:]), statistics.median(pillow_ms[1:])
            print(f"{name:32} frond {ours_median:8.2f}   Pillow {theirs:8.2f}   ratio {theirs / ours_median:5.2f}", flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Write tests/golden/resizes.txt: what Pillow's resize makes of generated pictures, and timm's transforms of generated photos.

    tools/goldens/setup && build/goldens/venv/bin/python tools/goldens/make_resizes.py

A picture is a formula of its sides, an answer the CRC-32 of its bytes, so that hundreds of cases are a few kilobytes.
"""

import pathlib
import random
import zlib

import numpy as np
import PIL
import timm
import timm.data
import torch
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))

EXTREME = [
    (1, 1, 1, 1), (1, 1, 7, 5), (7, 5, 1, 1), (1, 40, 1, 3), (40, 1, 3, 1), (1, 300, 17, 17), (300, 1, 17, 17), (2, 2, 3, 3),
    (3, 3, 2, 2), (5, 5, 5, 5), (5, 9, 5, 4), (9, 5, 4, 5), (2000, 1, 1, 50), (1, 2000, 50, 1), (2000, 3, 2, 200), (3, 2000, 200, 2),
    (4999, 7, 3, 7), (7, 4999, 7, 3), (30000, 2, 5, 2), (2, 30000, 2, 5), (640, 480, 1, 1), (1, 1, 300, 200), (2, 1, 500, 3),
    (640, 480, 341, 256), (480, 640, 256, 341), (1000, 750, 299, 224), (801, 601, 800, 600), (600, 400, 601, 401), (13, 17, 1300, 17),
    (17, 13, 17, 1300), (255, 255, 256, 256), (257, 257, 256, 256), (1024, 1024, 224, 224), (1600, 1200, 341, 256), (22, 1, 21, 1),
    (23, 2, 21, 3), (63, 64, 32, 31), (16, 16, 4, 4), (15, 15, 60, 60), (333, 111, 111, 333),
]  # fmt: skip


def picture(width, height):
    """Noise, flat extremes and a gradient: pixel i of the C order, byte c, is a hash; each fourth 8 x 8 square is 0 or 255."""
    i = np.arange(width * height * 3, dtype=np.uint32)
    noise = ((i * np.uint32(2654435761)) >> np.uint32(13)) ^ (i >> np.uint32(3))
    y, x = np.divmod(i // np.uint32(3), np.uint32(width))
    square = x // np.uint32(8) + np.uint32(5) * (y // np.uint32(8))
    values = np.where(square % 4 == 0, np.where(square % 8 == 0, 255, 0), noise & 255)
    return Image.fromarray(values.astype(np.uint8).reshape(height, width, 3))


def sizes():
    """Extremes, then sizes drawn so that every ratio and every remainder turns up."""
    draw = random.Random(4)
    side = lambda most: int(round(most ** draw.random()))  # noqa: E731
    return EXTREME + [(side(900), side(700), side(400), side(400)) for _ in range(220 - len(EXTREME))]


def resize_lines():
    for width, height, to_width, to_height in sizes():
        for name, resample in FILTERS.items():
            out = picture(width, height).resize((to_width, to_height), resample)
            yield f"resize {name} {width} {height} {to_width} {to_height} {zlib.crc32(out.tobytes()):08x}"


def box_lines():
    for box in [(0, 0, 100, 80), (3.5, 2.25, 90.75, 79.5), (10, 20, 11, 21), (99.5, 79.5, 100, 80), (0, 0.5, 100, 80)]:
        for name, resample in FILTERS.items():
            for to_width, to_height in [(50, 33), (100, 80), (171, 140), (1, 2), (95, 31)]:
                out = picture(100, 80).resize((to_width, to_height), resample, box=box)
                numbers = " ".join(f"{value:g}" for value in box)
                yield f"box {name} {numbers} {to_width} {to_height} {zlib.crc32(out.tobytes()):08x}"


def transform_lines():
    """timm's evaluation transform, on the bits of its float32 tensor."""
    draw = random.Random(5)
    photos = [(1, 1), (1, 90), (90, 1), (500, 3), (3, 500), (37, 41), (224, 224), (256, 256), (225, 224), (300, 200), (341, 256), (257, 255)]
    photos += [(draw.randint(2, 600), draw.randint(2, 500)) for _ in range(30)]
    models = [(224, 224, 0.875), (240, 240, 0.882), (260, 260, 0.89), (240, 240, 240 / 255), (380, 380, 0.92), (65, 65, 1.0), (48, 96, 0.875), (97, 64, 0.9), (33, 31, 1.0)]
    modes = {"crop": "center", "squash": "squash", "pad": "border"}
    for n, (width, height) in enumerate(photos):
        for m, (to_height, to_width, crop_pct) in enumerate(models):
            mode = ("crop", "crop", "squash", "pad")[(n + m) % 4]
            if mode == "pad" and max(width, height) > 150 * min(width, height):
                continue  # timm rounds the shorter side to 0 and fails
            interpolation = ("bicubic", "bilinear")[(n + m // 2) % 2]
            mean, std = (IMAGENET, HALF)[n % 2]
            transform = timm.data.create_transform(
                (3, to_height, to_width), interpolation=interpolation, mean=mean, std=std, crop_pct=crop_pct, crop_mode=modes[mode]
            )
            bits = transform(picture(width, height)).contiguous().numpy().astype("<f4").tobytes()
            norm = ("imagenet", "half")[n % 2]
            yield f"transform {mode} {interpolation} {norm} {width} {height} {to_width} {to_height} {crop_pct!r} {zlib.crc32(bits):08x}"


def main():
    header = f"# tools/goldens/make_resizes.py: Pillow {PIL.__version__}, timm {timm.__version__}, torch {torch.__version__.split('+')[0]}"
    lines = [header, *resize_lines(), *box_lines(), *transform_lines()]
    path = ROOT / "tests" / "golden" / "resizes.txt"
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.relative_to(ROOT)}: {len(lines) - 1} cases")


if __name__ == "__main__":
    main()

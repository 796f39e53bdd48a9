#!/usr/bin/env python3
"""Shows what `frond predict --json` answered as a table, and holds it to the reference implementation's answers.

    frond predict MODEL FOLDER --json | tools/demo/show.py EXPECTED

EXPECTED is written by tools/goldens/compare_predict.py: the top classes of each photo and their probabilities as
efficientnet_lite_pytorch and Pillow compute them. Exits 1 where an answer is missing or differs by more than 0.001.
"""

import json
import pathlib
import sys

TOLERANCE = 1e-3
SHOWN = 3


def short(label):
    """The first of a class's names."""
    return label.split(",")[0]


def differences(results, expected):
    """What is wrong with the answers, a line each."""
    answers = {pathlib.Path(result["path"]).name: result for result in results}
    for name, classes in expected.items():
        result = answers.get(name)
        if result is None or "error" in result:
            yield f"{name}: {result['error']['message'] if result else 'no answer'}"
            continue
        scores = {label["index"]: label["score"] for label in result["labels"]}
        for wanted in classes:
            score = scores.get(wanted["index"], 0.0)
            if abs(score - wanted["score"]) > TOLERANCE:
                yield f"{name}: class {wanted['index']} has {score:.4f}, the reference gives {wanted['score']:.4f}"


def table(results):
    """A row for each photo: its likeliest classes, the times."""
    rows = [("photo", "what it shows", "ms")]
    for result in results:
        if "error" in result:
            rows.append((pathlib.Path(result["path"]).name, result["error"]["message"], ""))
            continue
        answer = ", ".join(f"{short(label['label'])} {100 * label['score']:.1f} %" for label in result["labels"][:SHOWN])
        rows.append((pathlib.Path(result["path"]).name, answer, f"{sum(result['timing_ms'].values()):.1f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows)


def main(arguments):
    """See above."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        document = json.load(sys.stdin)
    except json.JSONDecodeError:
        print("demo: frond predict gave no answer", file=sys.stderr)
        return 1
    if "error" in document:
        print(f"demo: {document['error']['message']}", file=sys.stderr)
        return 1
    results = document["results"]
    expected = json.loads(pathlib.Path(arguments[1]).read_text(encoding="utf-8"))
    print(table(results))
    wrong = list(differences(results, expected))
    for line in wrong:
        print(f"demo: {line}", file=sys.stderr)
    return 1 if wrong or not expected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

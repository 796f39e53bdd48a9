#!/usr/bin/env python3
"""schemathesis on the served OpenAPI document: schemathesis_test.py FROND MODEL (tools/serve/setup has it).

Two thousand cases or more and no failure: statuses, headers and bodies are those that the document says, wrong requests are
refused, no 500. Left out is "positive_data_acceptance", which takes whatever the schema allows for right: no schema says
which bytes are a JPEG, nor how many numbers a shape asks for.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from service import Service

CASES = 2000


def main():
    frond, model = sys.argv[1:]
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    with Service(frond, model, "--name", "leaf") as service, tempfile.TemporaryDirectory() as folder:
        generated = 0
        for seed in range(1, 20):
            run = subprocess.run([program, "run", f"http://{service.address}/openapi.json", "--no-color", "--seed", str(seed),
                                  "--max-examples", "100", "--exclude-checks", "positive_data_acceptance"],
                                 cwd=folder, capture_output=True, text=True)
            found = re.search(r"(\d+) generated", run.stdout)
            if run.returncode != 0 or not found:
                sys.exit(run.stdout + run.stderr)
            generated += int(found[1])
            if generated >= CASES:
                break
    assert service.status == 0, service.status
    assert generated >= CASES, generated
    print(f"schemathesis: {generated} cases")


if __name__ == "__main__":
    main()

"""Plants violations in a small tree and expects tools/check_includes.py to name each, and nothing else."""

import os
import subprocess
import sys
import tempfile
import unittest

CHECKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "check_includes.py")

ARCHITECTURE = """# Tables
| folder | may include |
| --- | --- |
| base | nothing |
| spec, tensor | base |
| engine | base, spec, tensor |
| train | base, engine, torch |
| serve | base, public headers |
| cli | everything |

| public header | implemented in |
| --- | --- |
| frond/result.h | base |
| frond/spec.h | spec |
"""


def header(guard, *lines):
    return "\n".join([f"#ifndef {guard}", f"#define {guard}", *lines, f"#endif  // {guard}", ""])


CLEAN = {
    "docs/architecture.md": ARCHITECTURE,
    "include/frond/result.h": header("FROND_RESULT_H_", "#include <string>"),
    "include/frond/spec.h": header("FROND_SPEC_H_", '#include "frond/result.h"'),
    "src/base/text.h": header("FROND_SRC_BASE_TEXT_H_", '#include "frond/result.h"'),
    "src/spec/cost.cc": '#include "frond/spec.h"\n#include "src/base/text.h"\n#include "hwy/highway.h"\n',
    "src/engine/plan/fold-inl.h": "// Once for each target.\n"
                                  "#if defined(FROND_SRC_ENGINE_PLAN_FOLD_INL_H_) == defined(HWY_TARGET_TOGGLE)\n#endif\n",
    "src/train/loop.cc": "#include <torch/torch.h>\n",
    "src/serve/edge.cc": '#include "frond/spec.h"\n',
    "cli/main.cc": '#include "src/engine/plan/fold-inl.h"\n',
    "tests/engine/fold_test.cc": '#include "src/engine/plan/fold-inl.h"\n#include "tests/expect.h"\n',
}


class CheckIncludes(unittest.TestCase):
    def check(self, **changes):
        """Exit code and standard output over CLEAN with these files changed."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **changes}.items():
                path = os.path.join(root, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            run = subprocess.run([sys.executable, CHECKER, root], capture_output=True, text=True, check=False)
            return run.returncode, run.stdout + run.stderr

    def expect_one(self, path, text, place, *words):
        code, output = self.check(**{path: text})
        self.assertEqual(code, 1, output)
        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertTrue(output.startswith(place + ": "), output)
        for word in words:
            self.assertIn(word, output)

    def test_clean_tree_passes(self):
        self.assertEqual(self.check(), (0, ""))

    def test_include_that_looks_up(self):
        self.expect_one("src/base/text.cc", '#include <string>\n#include "src/engine/run.h"\n', "src/base/text.cc:2",
                        "base may not include engine", "row of base")

    def test_include_of_a_neighbour(self):
        self.expect_one("src/tensor/a.cc", '#  include "src/spec/cost.h"\n', "src/tensor/a.cc:1", "tensor may not include spec")

    def test_public_header_of_a_folder_above(self):
        self.expect_one("src/base/text.cc", '#include "frond/spec.h"\n', "src/base/text.cc:1", "which spec implements")

    def test_angle_brackets_hide_nothing(self):
        self.expect_one("src/base/text.cc", "#include <src/engine/run.h>\n", "src/base/text.cc:1", "may not include engine")

    def test_public_header_that_includes_the_inside(self):
        self.expect_one("include/frond/result.h", header("FROND_RESULT_H_", '#include "src/base/text.h"'),
                        "include/frond/result.h:3", "public header includes src/base/text.h")

    def test_public_header_outside_the_table(self):
        self.expect_one("include/frond/new.h", header("FROND_NEW_H_"), "include/frond/new.h:1", "add it to the table")

    def test_torch_outside_train(self):
        for path in ("src/engine/a.cc", "cli/a.cc", "tests/engine/a.cc", "include/frond/spec.h"):
            text = "#include <ATen/ATen.h>\n"
            if path.endswith(".h"):
                text = header("FROND_SPEC_H_", text.strip())
            self.expect_one(path, text, f"{path}:{3 if path.endswith('.h') else 1}", "src/train")

    def test_source_that_includes_the_program(self):
        self.expect_one("src/engine/a.cc", '#include "cli/flags.h"\n', "src/engine/a.cc:1", "cli/flags.h")

    def test_relative_include(self):
        self.expect_one("src/base/text.cc", '#include "text.h"\n', "src/base/text.cc:1", '"src/base/text.h"')
        self.expect_one("src/spec/a.cc", '#include "../engine/run.h"\n', "src/spec/a.cc:1", '"src/engine/run.h"')

    def test_folder_without_a_row(self):
        self.expect_one("src/utils/a.cc", "", "src/utils/a.cc:1", "utils has no row")

    def test_guards(self):
        self.expect_one("src/spec/a.h", header("SPEC_A_H"), "src/spec/a.h:1", "FROND_SRC_SPEC_A_H_")
        self.expect_one("src/spec/a.h", "#pragma once\n", "src/spec/a.h:1", "FROND_SRC_SPEC_A_H_")
        self.expect_one("src/spec/a.h", header("FROND_SRC_SPEC_A_H_") + "int x;\n", "src/spec/a.h:4", "#endif")

    def test_comments_are_not_includes(self):
        text = '/*\n#include "src/engine/run.h"\n*/\n// #include "src/engine/run.h"\n'
        self.assertEqual(self.check(**{"src/base/text.cc": text}), (0, ""))

    def test_missing_tables_are_an_error_and_not_a_pass(self):
        code, output = self.check(**{"docs/architecture.md": "# Nothing\n"})
        self.assertEqual(code, 2, output)
        self.assertIn("folder | may include", output)


if __name__ == "__main__":
    unittest.main()

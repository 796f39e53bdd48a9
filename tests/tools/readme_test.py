"""Holds README.md to examples/: every block of C++, C or CMake is a part of an example, which tests/install builds."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv[1])
BLOCK = re.compile(r"^```(cpp|c|cmake)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLES = {"cpp": "*/*.cc", "c": "*/*.c", "cmake": "*/CMakeLists.txt"}


class Readme(unittest.TestCase):
    """Every code block of the README."""

    def test_blocks_are_examples(self):
        blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
        self.assertTrue(any(language == "cpp" for language, _ in blocks))
        for language, text in blocks:
            examples = [path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob(EXAMPLES[language])]
            self.assertTrue(
                any(text.strip() in example for example in examples),
                f"this {language} block of README.md is not a part of any example; copy it from examples/:\n{text}",
            )


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

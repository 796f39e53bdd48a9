#!/usr/bin/env python3
"""Installs frond into an empty folder and uses it from there, as another project would.

    install_test.py BUILD SOURCE CMAKE CONFIG PHOTO

Promises: the library needs the image codecs, zlib and the C and C++ runtime and nothing else; it exports the public
headers' functions and nothing else; stripped it is under 3 MB; find_package(frond) finds it from C++ and from C alone;
the examples build without warnings and answer as `frond predict` does, or watch what they run.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE, CMAKE, CONFIG, PHOTO = sys.argv[1:6]
SOURCE = pathlib.Path(SOURCE)
MAX_BYTES = 3_000_000
MAY_NEED = re.compile(r"^(lib(jpeg|spng|webp|sharpyuv|z|stdc\+\+|gcc_s|m|c|c\+\+|pthread)|ld-linux[-\w]*)\.so")
STRICT = {"CXX": "-Wall -Wextra -Wpedantic -Werror", "C": "-std=c99 -Wall -Wextra -Wpedantic -Werror"}


def call(*command):
    """What a command prints; fails with what it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    """The tree under the prefix."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.scratch.name)
        cls.prefix = cls.root / "prefix"
        call(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        cls.frond = cls.prefix / "bin/frond"
        cls.model = cls.root / "model.safetensors"
        labels = cls.root / "labels.txt"
        labels.write_text("apple\nbirch\ncherry\ndate\nelder\n")
        tiny = SOURCE / "tests/golden/tiny"
        call(cls.frond, "import", tiny / "tiny.safetensors", "--arch", tiny / "spec.json", "--labels", labels, "-o", cls.model)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def library(self):
        """libfrond's real file."""
        (found,) = [path for path in self.prefix.glob("lib*/**/libfrond.so.*.*.*") if not path.is_symlink()]
        return found

    def test_needs_codecs_and_runtime_only(self):
        needed = re.findall(r"\(NEEDED\).*\[([^\]]+)\]", call("readelf", "-d", self.library()))
        self.assertTrue(needed)
        for name in needed:
            self.assertRegex(name, MAY_NEED)

    def test_has_a_versioned_soname(self):
        self.assertRegex(call("readelf", "-d", self.library()), r"\(SONAME\).*\[libfrond\.so\.\d+\.\d+\]")

    def test_exports_the_public_headers_only(self):
        public = set(re.findall(r"\bfrond_\w+(?=\()", (self.prefix / "include/frond/frond.h").read_text()))
        exported = [line.split(" ", 2)[2] for line in call("nm", "-DC", "--defined-only", self.library()).splitlines()]
        self.assertEqual({name for name in exported if not name.startswith("frond::")}, public)
        self.assertTrue(any(name.startswith("frond::Model::Load(") for name in exported))
        self.assertFalse([name for name in exported if "Impl::" in name.split("(")[0] or "anonymous" in name])

    def test_is_small(self):
        if CONFIG != "Release":
            self.skipTest("only a release build is what users get")
        stripped = self.root / "stripped.so"
        call("strip", "-o", stripped, self.library())
        self.assertLess(stripped.stat().st_size, MAX_BYTES)

    def build_example(self, name, language):
        """The program of an example of examples/, built against the prefix."""
        folder = self.root / name
        call(CMAKE, "-G", "Ninja", "-S", SOURCE / "examples" / name, "-B", folder, f"-DCMAKE_PREFIX_PATH={self.prefix}",
             f"-DCMAKE_{language}_FLAGS={STRICT[language]}")
        call(CMAKE, "--build", folder)
        return folder / name

    def check_example(self, name, language):
        """Builds an example and compares its answer with the program's."""
        program = self.build_example(name, language)
        answer = json.loads(call(self.frond, "predict", self.model, PHOTO, "--json"))
        expected = "".join(f"{row['score']:.4f}  {row['label']}\n" for row in answer["results"][0]["labels"])
        self.assertEqual(call(program, self.model, PHOTO), expected)
        self.assertEqual(expected.count("\n"), 5)
        refused = subprocess.run([program, self.model, self.model], capture_output=True, text=True, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(str(self.model), refused.stderr)

    def test_a_project_in_cxx(self):
        self.check_example("classify", "CXX")

    def test_a_project_in_c(self):
        self.check_example("classify_c", "C")

    def test_a_project_that_watches_its_model(self):
        program = self.build_example("monitor", "CXX")
        document = json.loads(call(program, self.model, PHOTO, PHOTO))
        self.assertEqual(document["model"], "crop-disease-v1")
        self.assertEqual(document["requests"]["answered"], 2)
        self.assertEqual(document["photos"], 2)
        # Neither the store of records nor what it stands on is part of it.
        needed = call("readelf", "-d", program) + call("readelf", "-d", self.library())
        self.assertNotIn("sqlite", needed)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

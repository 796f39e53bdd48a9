#!/usr/bin/env python3
"""Which libtorch cmake/torch.cmake takes, shown with packages that behave as PyPI's and Debian's do.

    torch_test.py SOURCE CMAKE
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE, CMAKE = sys.argv[1:3]

PROJECT = f"""
cmake_minimum_required(VERSION 3.22)
project(of_a_test LANGUAGES NONE)
include("{SOURCE}/cmake/torch.cmake")
message(STATUS "trainer: ${{FROND_HAS_TORCH}}")
if(TARGET torch)
  get_target_property(place torch INTERFACE_LINK_LIBRARIES)
  message(STATUS "torch: ${{place}}")
endif()
"""
VERSION = """
set(PACKAGE_VERSION "{version}")
if(NOT PACKAGE_VERSION VERSION_LESS "${{PACKAGE_FIND_VERSION}}")
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
"""
CONFIG = """
get_filename_component(TORCH_INSTALL_PREFIX "${{CMAKE_CURRENT_LIST_DIR}}/../../.." ABSOLUTE)
find_package(Caffe2 REQUIRED PATHS "${{CMAKE_CURRENT_LIST_DIR}}/../Caffe2")
set(TORCH_CXX_FLAGS "{flags}")
set(TORCH_FOUND TRUE)
message(WARNING "static library kineto_LIBRARY-NOTFOUND not found.")
"""
CAFFE2 = """
if({cuda} AND NOT TARGET torch::cudart)
  message(FATAL_ERROR "Your installed Caffe2 version uses CUDA but I cannot find the CUDA libraries.")
endif()
add_library(torch INTERFACE IMPORTED)
set_target_properties(torch PROPERTIES INTERFACE_LINK_LIBRARIES "{prefix}/lib/libtorch.so")
"""


class Torch(unittest.TestCase):
    """One build folder, configured once or more."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name).resolve()
        (self.root / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")

    def package(self, name, version, cuda="OFF", flags=""):
        """Writes a libtorch's CMake files under the prefix that comes back."""
        prefix = self.root / name
        files = {
            "Torch/TorchConfigVersion.cmake": VERSION.format(version=version),
            "Torch/TorchConfig.cmake": CONFIG.format(flags=flags),
            "Caffe2/Caffe2Config.cmake": CAFFE2.format(cuda=cuda, prefix=prefix),
        }
        for path, text in files.items():
            file = prefix / "share/cmake" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return prefix

    def configure(self, *options, compiler="GNU"):
        """Exit status and all that CMake says."""
        done = subprocess.run(
            [CMAKE, "-S", str(self.root), "-B", str(self.root / "build"), f"-DCMAKE_CXX_COMPILER_ID={compiler}", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def assert_takes(self, prefix, *options, compiler="GNU"):
        code, said = self.configure(*options, compiler=compiler)
        self.assertEqual(code, 0, said)
        self.assertIn("trainer: TRUE", said)
        self.assertIn(f"torch: {prefix}/lib/libtorch.so\n", said)
        self.assertNotIn("Warning", said)
        return said

    def test_a_cuda_build_needs_no_cuda_toolkit(self):
        wheel = self.package("wheel", "2.13.0", cuda="ON")
        self.assert_takes(wheel, f"-DCMAKE_PREFIX_PATH={wheel}")

    def test_the_prefix_that_torch_itself_names_will_do(self):
        wheel = self.package("wheel", "2.13.0", cuda="ON")
        self.assert_takes(wheel, f"-DCMAKE_PREFIX_PATH={wheel}/share/cmake")

    def test_a_prefix_given_later_replaces_what_was_found_before(self):
        old, new = self.package("old", "1.13.0"), self.package("new", "2.13.0")
        self.assert_takes(old, f"-DCMAKE_PREFIX_PATH={old}")
        self.assert_takes(new, f"-DCMAKE_PREFIX_PATH={new}")
        self.assert_takes(new)

    def test_torch_dir_brings_the_caffe2_beside_it(self):
        system, wheel = self.package("system", "1.13.0"), self.package("wheel", "2.13.0")
        options = f"-DCMAKE_PREFIX_PATH={system}", f"-DTorch_DIR={wheel}/share/cmake/Torch"
        self.assertIn("libtorch 2.13.0", self.assert_takes(wheel, *options))

    def test_headers_before_2_are_for_gcc_alone(self):
        old, new = self.package("old", "1.13.0"), self.package("new", "2.13.0")
        code, said = self.configure(f"-DCMAKE_PREFIX_PATH={old}", compiler="Clang")
        self.assertEqual(code, 0, said)
        self.assertIn("trainer: FALSE", said)
        self.assertIn("frond-train is left out: libtorch 1.13.0 compiles with GCC only", said)  # scripts/build reads it
        self.assert_takes(new, f"-DCMAKE_PREFIX_PATH={new}", compiler="Clang")

    def test_a_least_version_is_kept(self):
        old = self.package("old", "1.13.0")
        code, said = self.configure(f"-DCMAKE_PREFIX_PATH={old}", "-DFROND_TRAIN=ON", "-DFROND_TORCH_VERSION=2")
        self.assertNotEqual(code, 0)
        self.assertIn('compatible\n  with requested version "2"', said)

    def test_a_library_of_the_old_abi_is_named_and_left_out(self):
        old = self.package("old", "2.5.0", flags="-D_GLIBCXX_USE_CXX11_ABI=0")
        code, said = self.configure(f"-DCMAKE_PREFIX_PATH={old}")
        self.assertEqual(code, 0, said)
        self.assertIn("trainer: FALSE", said)
        self.assertIn("frond-train is left out, for libtorch 2.5.0", said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

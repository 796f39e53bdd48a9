// ReadTensorFile: the format is told from the bytes, and what is no weights at
// all is recognised with a remedy.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

class TensorFiles : public ::testing::Test {
 protected:
  std::string path_ = ::testing::TempDir() + "frond_tensor_file_" + std::to_string(getpid());
  void TearDown() override { std::remove(path_.c_str()); }
  Result<TensorFile> Read(const std::string& contents) {
    std::ofstream(path_, std::ios::binary) << contents;
    return ReadTensorFile(path_);
  }
};

TEST_F(TensorFiles, EveryFormatIsTold) {
  EXPECT_EQ(Read(GoodSafetensors())->format, "safetensors");
  EXPECT_EQ(Read(GoodTorchZip())->format, "pytorch-zip");
  EXPECT_EQ(Read(GoodTorchLegacy(4))->format, "pytorch-legacy");
}

TEST_F(TensorFiles, OthersAreRecognised) {
  const auto bad = ErrorCode::kBadFormat;
  const auto unsupported = ErrorCode::kUnsupported;
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  const Hostile cases[] = {
      {"empty", "", bad, "empty"},
      {"zeros", std::string(1000, '\0'), bad, "all zeros"},
      {"one byte", "x", bad, "begins with 'x'"},
      {"HTML", "<!DOCTYPE html><html>", bad, "web page"},
      {"HTML after a line", "\n  <HTML lang=en>", bad, "web page"},
      {"XML", "<?xml version='1.0'?><Error/>", bad, "web page"},
      {"Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", bad, "Git LFS pointer"},
      {"ONNX", std::string("\x08\x08\x12\x07pytorch", 11), unsupported, "ONNX"},
      {"TFLite", std::string("\x1c\0\0\0TFL3", 8), unsupported, "TFLite"},
      {"gzip", "\x1f\x8b\x08", unsupported, "gzip"},
      {"bzip2", "BZh9", unsupported, "bzip2"},
      {"xz",
       "\xfd"
       "7zXZ",
       unsupported, "xz"},
      {"zstd", "\x28\xb5\x2f\xfd", unsupported, "zstd"},
      {"tar", tar, unsupported, "tar archive"},
      {"GGUF", "GGUF\x03", unsupported, "GGUF"},
      {"npy", "\x93NUMPY\x01", unsupported, "NumPy"},
      {"PNG", "\x89PNG\r\n", bad, "PNG"},
      {"JPEG", "\xff\xd8\xff\xe0", bad, "JPEG"},
      {"text", "hello, world", bad, "begins with 'hello, world'"},
      {"another ZIP", Zip({{"readme.txt", "x"}}), bad, "without data.pkl"},
      {"cut ZIP", GoodTorchZip().substr(0, 300), bad, "without its table"},
      {"cut safetensors", GoodSafetensors().substr(0, 100), bad, "does not fit"},
  };
  for (const Hostile& c : cases) {
    const Result<TensorFile> file = Read(c.file);
    ExpectError(file, c.code, c.says, c.title);
    EXPECT_NE(file.error().message.find(path_), std::string::npos) << c.title;
    EXPECT_FALSE(file.error().remedy.empty()) << c.title;
  }
}

TEST_F(TensorFiles, PathsThatAreNoFiles) {
  ExpectError(ReadTensorFile(path_ + ".absent"), ErrorCode::kNotFound, "cannot open", "absent");
  ExpectError(ReadTensorFile(::testing::TempDir()), ErrorCode::kInvalidArgument, "regular file", "folder");
}

}  // namespace
}  // namespace frond::testing

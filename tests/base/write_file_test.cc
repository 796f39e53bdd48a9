#include "src/base/write_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "src/base/mapped_file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"

namespace frond {
namespace {

std::span<const std::byte> Bytes(const char* text) { return std::as_bytes(std::span(text, std::strlen(text))); }

std::string Content(const std::string& path) {
  const auto file = MappedFile::Open(path);
  return file.ok() ? std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size())
                   : file.error().message;
}

size_t FilesIn(const TempDir& dir) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path())) ++count;
  return count;
}

TEST(WriteFileTest, ReplacesTheWholeFileAndLeavesNothingBeside) {
  const TempDir dir;
  const std::string path = dir.File("out");
  ASSERT_TRUE(WriteFileAtomically(path, {Bytes("old and longer")}).ok());
  ASSERT_TRUE(WriteFileAtomically(path, {Bytes("ne"), Bytes("w")}).ok());
  EXPECT_EQ(Content(path), "new");
  EXPECT_EQ(FilesIn(dir), 1U);
}

TEST(WriteFileTest, AFailureNamesThePathAndKeepsWhatWasThere) {
  const TempDir dir;
  const Status missing = WriteFileAtomically(dir.File("no/such/folder"), {Bytes("x")});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_NE(missing.error().message.find("no/such/folder"), std::string::npos);

  std::filesystem::create_directory(dir.File("folder"));  // cannot be replaced by a file
  EXPECT_FALSE(WriteFileAtomically(dir.File("folder"), {Bytes("x")}).ok());
  EXPECT_TRUE(std::filesystem::is_directory(dir.File("folder")));
  EXPECT_EQ(FilesIn(dir), 1U);
}

TEST(WriteFileTest, LinksAreFollowedAndPipesAreNotReplaced) {
  const TempDir dir;
  ASSERT_TRUE(WriteFileAtomically(dir.File("real"), {Bytes("old")}).ok());
  std::filesystem::create_symlink("real", dir.File("link"));
  ASSERT_TRUE(WriteFileAtomically(dir.File("link"), {Bytes("new")}).ok());
  EXPECT_TRUE(std::filesystem::is_symlink(dir.File("link")));
  EXPECT_EQ(Content(dir.File("real")), "new");

  if (!ThreadsStart()) GTEST_SKIP() << "where threads are absent, so are pipes";
  const std::string pipe = dir.File("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] {
    std::ifstream in(pipe);
    in >> read;
  });
  EXPECT_TRUE(WriteFileAtomically(pipe, {Bytes("through")}).ok());
  reader.join();
  EXPECT_EQ(read, "through");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(FilesIn(dir), 3U);
}

TEST(MappedFileTest, APipeIsRefusedAtOnce) {
  if (!ThreadsStart()) GTEST_SKIP() << "where threads are absent, so are pipes";
  const TempDir dir;
  ASSERT_EQ(mkfifo(dir.File("pipe").c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::Open(dir.File("pipe")).error().code, ErrorCode::kInvalidArgument);
}

TEST(MappedFileTest, MissingEmptyAndIrregularFiles) {
  const TempDir dir;
  EXPECT_EQ(MappedFile::Open(dir.File("absent")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MappedFile::Open(dir.path().string()).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(WriteFileAtomically(dir.File("empty"), {}).ok());
  EXPECT_EQ(MappedFile::Open(dir.File("empty"))->bytes().size(), 0U);
}

}  // namespace
}  // namespace frond

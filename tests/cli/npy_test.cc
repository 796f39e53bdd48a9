#include "cli/npy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace frond::cli {
namespace {

std::string Npy(const std::string& header, const std::string& data, char version = 1) {
  std::string file = "\x93NUMPY";
  file += {version, '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  if (version > 1) file += std::string(2, '\0');
  return file + header + data;
}

class NpyTest : public testing::Test {
 protected:
  Result<NpyFile> Read(const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return NpyFile::Read(path);
  }
  TempDir dir;
  std::string path = dir.File("x.npy");
};

TEST_F(NpyTest, ReadsWhatItWrote) {
  for (const Shape& shape : {Shape{}, Shape{6}, Shape{2, 3}, Shape{0, 3}, Shape{1, 3, 2, 1}}) {
    std::vector<float> values(static_cast<size_t>(ElementCount(shape).value()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 3;
    ASSERT_TRUE(WriteNpy(path, shape, values).ok());
    const Result<NpyFile> file = NpyFile::Read(path);
    ASSERT_TRUE(file.ok()) << file.error().ToString();
    EXPECT_EQ(file->shape(), shape);
    EXPECT_TRUE(std::equal(values.begin(), values.end(), file->values().begin(), file->values().end()));
  }
}

TEST_F(NpyTest, WritesNumPysOwnHeader) {
  ASSERT_TRUE(WriteNpy(path, {2, 3}, std::vector<float>(6)).ok());
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text.substr(10, 59), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ((text.size() - 24) % 64, 0u);
}

TEST_F(NpyTest, ReadsVersionsAndUnalignedData) {
  const std::string header = "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}";
  for (const char version : {1, 2, 3}) {
    for (const char* padding : {"", " ", "  "}) {
      const Result<NpyFile> file = Read(Npy(header + padding, std::string("\0\0\x80\x3f\0\0\0\x40", 8), version));
      ASSERT_TRUE(file.ok()) << file.error().ToString();
      EXPECT_EQ(file->values()[0], 1.0F);
      EXPECT_EQ(file->values()[1], 2.0F);
    }
  }
}

TEST_F(NpyTest, RefusesOtherTypesWithARemedy) {
  const Result<NpyFile> wide =
      Read(Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", std::string(8, '\0')));
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(wide.error().remedy.find("astype"), std::string::npos);
  EXPECT_FALSE(Read(Npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", std::string(24, '\0'))).ok());
}

TEST_F(NpyTest, RefusesDamage) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  const std::string data(8, '\0');
  EXPECT_FALSE(Read("").ok());
  EXPECT_FALSE(Read("PK\x03\x04 and so on").ok());
  EXPECT_FALSE(Read(Npy(good, data, 4)).ok());
  EXPECT_FALSE(Read(Npy(good, data + "x")).ok());
  EXPECT_FALSE(Read(Npy(good, data.substr(1))).ok());
  EXPECT_FALSE(Read(Npy(good, data).substr(0, 40)).ok());
  for (const char* header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (281474976710656, 65536), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': True}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x"}) {
    EXPECT_FALSE(Read(Npy(header, data)).ok()) << header;
  }
}

}  // namespace
}  // namespace frond::cli

// Good safetensors files are read and written; every breach of the format is named.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

std::string Row(const std::string& name, const std::string& dtype, const std::string& shape,
                const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}
std::string Object(std::string_view rows) { return std::string("{").append(rows).append("}"); }
std::string One(const std::string& dtype, const std::string& shape, const std::string& offsets, size_t data_bytes) {
  return Safetensors(Object(Row("w", dtype, shape, offsets)), std::string(data_bytes, 'x'));
}

TEST(Safetensors, ReadsNamesShapesValuesAndMetadata) {
  const Result<TensorFile> file = ReadCopy(ReadSafetensors, GoodSafetensors());
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  EXPECT_EQ(file->format, "safetensors");
  EXPECT_EQ(file->metadata.at("format"), "pt");
  ASSERT_EQ(file->tensors.size(), 3u);
  EXPECT_EQ(file->tensors[0].name, "a.weight");  // the file's order
  EXPECT_EQ(file->tensors[0].shape, (Shape{2, 3}));
  EXPECT_EQ(file->tensors[0].strides, (Shape{3, 1}));
  EXPECT_EQ(ToFloat(file->tensors[0]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  ASSERT_NE(file->Find("a.steps"), nullptr);
  EXPECT_EQ(ToFloat(*file->Find("a.steps")), std::vector<float>{11});
  EXPECT_EQ(file->Find("absent"), nullptr);
}

TEST(Safetensors, ReadsTheEdgesOfTheFormat) {
  const std::string good[] = {
      Safetensors("{}", ""),
      Safetensors("{}   ", ""),
      Safetensors("{\"__metadata__\":{}}", ""),
      One("F32", "[0]", "[0,0]", 0),
      One("F32", "[0,281474976710656]", "[0,0]", 0),
      One("F16", "[3]", "[0,6]", 6),
      Safetensors(Object(Row("b", "U8", "[3]", "[1,4]") + "," + Row("a", "U8", "[1]", "[0,1]")), "abcd"),
      Safetensors("{\"w\":{\"data_offsets\":[0,1],\"shape\":[],\"dtype\":\"BOOL\"}}", "x"),
      Safetensors(Object(Row("\xc3\xa9", "U8", "[1]", "[0,1]")), "x"),
  };
  for (const std::string& file : good) {
    const Result<TensorFile> read = ReadCopy(ReadSafetensors, file);
    EXPECT_TRUE(read.ok()) << file << ": " << read.error().ToString();
  }
}

TEST(Safetensors, NamesEveryBreach) {
  const auto bad = ErrorCode::kBadFormat;
  const std::string deep_arrays =
      "{\"w\":{\"dtype\":\"U8\",\"data_offsets\":[0,1],\"shape\":" + std::string(1 << 20, '[');
  std::string deep_objects;
  for (int i = 0; i < 100000; ++i) deep_objects += "{\"a\":";
  std::string many = "{";
  for (int i = 0; i < 65537; ++i) many.append(i == 0 ? "" : ",").append(Row(std::to_string(i), "U8", "[0]", "[0,0]"));
  const Hostile cases[] = {
      {"empty", "", bad, "at least 8 bytes"},
      {"seven bytes", "1234567", bad, "at least 8 bytes"},
      {"length only", Le<uint64_t>(0), bad, "does not begin with '{'"},
      {"length beyond the file", Le<uint64_t>(100) + "{}", bad, "does not fit"},
      {"length one too long", Le<uint64_t>(3) + "{}", bad, "does not fit"},
      {"length 2^63", Le<uint64_t>(uint64_t{1} << 63) + "{}", ErrorCode::kLimit, "exceeds"},
      {"length 2^64-1", Le<uint64_t>(~uint64_t{0}) + "{}", ErrorCode::kLimit, "exceeds"},
      {"length 2^64-8", Le<uint64_t>(~uint64_t{0} - 7) + "{}", ErrorCode::kLimit, "exceeds"},
      {"length above 100 MB", Le<uint64_t>(100'000'001) + "{}", ErrorCode::kLimit, "exceeds"},
      {"array", Safetensors("[]", ""), bad, "'{'"},
      {"leading space", Safetensors(" {}", ""), bad, "'{'"},
      {"byte order mark", Safetensors("\xef\xbb\xbf{}", ""), bad, "'{'"},
      {"unclosed", Safetensors("{", ""), bad, "not JSON"},
      {"two documents", Safetensors("{}{}", ""), bad, "not JSON"},
      {"trailing zero", Safetensors(std::string("{}\0", 3), ""), bad, "zero byte"},
      {"hidden behind a zero", Safetensors(std::string("{}\0{\"a\":1}", 10), ""), bad, "zero byte"},
      {"comment", Safetensors("{/**/}", ""), bad, "not JSON"},
      {"trailing comma", Safetensors("{\"a\":1,}", ""), bad, "out of place"},
      {"invalid UTF-8 name", Safetensors(Object(Row("\xff\xfe", "U8", "[1]", "[0,1]")), "x"), bad, "UTF-8"},
      {"overlong UTF-8", Safetensors(Object(Row("\xc0\xaf", "U8", "[1]", "[0,1]")), "x"), bad, "UTF-8"},
      {"lone surrogate", Safetensors(Object(Row("\\ud800", "U8", "[1]", "[0,1]")), "x"), bad, "not JSON"},
      {"NUL in a name", Safetensors(Object(Row("a\\u0000b", "U8", "[1]", "[0,1]")), "x"), bad, "control"},
      {"long name", Safetensors(Object(Row(std::string(2000, 'n'), "U8", "[1]", "[0,1]")), "x"), bad, "longer"},
      {"deep arrays", Safetensors(deep_arrays, "x"), bad, "out of place"},
      {"deep objects", Safetensors(deep_objects, ""), bad, ""},
      {"tensor is a number", Safetensors("{\"w\":1}", ""), bad, "out of place"},
      {"tensor is null", Safetensors("{\"w\":null}", ""), bad, "null"},
      {"tensor is a string", Safetensors("{\"w\":\"x\"}", ""), bad, "a string"},
      {"tensor is a list", Safetensors("{\"w\":[]}", ""), bad, "an array"},
      {"tensor without fields", Safetensors("{\"w\":{}}", ""), bad, "lacks"},
      {"no dtype", Safetensors("{\"w\":{\"shape\":[1],\"data_offsets\":[0,1]}}", "x"), bad, "lacks"},
      {"no shape", Safetensors("{\"w\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", "x"), bad, "lacks"},
      {"no offsets", Safetensors("{\"w\":{\"dtype\":\"U8\",\"shape\":[1]}}", "x"), bad, "lacks"},
      {"unknown field", Safetensors("{\"w\":{\"x\":1}}", ""), bad, "unknown field"},
      {"field twice", Safetensors("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", ""), bad, "twice"},
      {"tensor twice", Safetensors(Object(Row("w", "U8", "[0]", "[0,0]") + "," + Row("w", "U8", "[0]", "[0,0]")), ""),
       bad, "twice"},
      {"metadata twice", Safetensors("{\"__metadata__\":{},\"__metadata__\":{}}", ""), bad, "twice"},
      {"metadata key twice", Safetensors("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", ""), bad, "twice"},
      {"metadata of numbers", Safetensors("{\"__metadata__\":{\"a\":1}}", ""), bad, "not a string"},
      {"metadata nested", Safetensors("{\"__metadata__\":{\"a\":{}}}", ""), bad, "not a string"},
      {"metadata list", Safetensors("{\"__metadata__\":[]}", ""), bad, "not an object"},
      {"unknown dtype", One("F33", "[1]", "[0,4]", 4), bad, "unknown dtype"},
      {"empty dtype", One("", "[1]", "[0,4]", 4), bad, "unknown dtype"},
      {"dtype frond has not", One("F8_E4M3", "[4]", "[0,4]", 4), ErrorCode::kUnsupported, "F8_E4M3"},
      {"dtype is a number", Safetensors("{\"w\":{\"dtype\":4}}", ""), bad, "a number"},
      {"shape too small", One("F32", "[2]", "[0,4]", 4), bad, "wants 8 bytes"},
      {"shape too large", One("F32", "[1]", "[0,8]", 8), bad, "wants 4 bytes"},
      {"wrong dtype for size", One("F64", "[1]", "[0,4]", 4), bad, "wants 8 bytes"},
      {"negative extent", One("F32", "[-1]", "[0,4]", 4), bad, "negative"},
      {"fraction", One("F32", "[1.0]", "[0,4]", 4), bad, "no 64-bit integer"},
      {"exponent", One("F32", "[1e0]", "[0,4]", 4), bad, "no 64-bit integer"},
      {"extent 2^63", One("F32", "[9223372036854775808]", "[0,4]", 4), bad, "out of range"},
      {"extent 2^64", One("F32", "[18446744073709551616]", "[0,4]", 4), bad, "no 64-bit integer"},
      {"product wraps to 4 bytes", One("F32", "[4294967296,4294967296,1]", "[0,4]", 4), bad, "too large"},
      {"product 2^62+1 of F32", One("F32", "[4611686018427387905]", "[0,4]", 4), bad, "too large"},
      {"hidden behind a zero extent", One("F32", "[0,9223372036854775807]", "[0,0]", 0), bad, "too large"},
      {"17 dimensions", One("U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]", 1), bad, "16 dimensions"},
      {"null in shape", One("F32", "[null]", "[0,4]", 4), bad, "null"},
      {"nested shape", One("F32", "[[1]]", "[0,4]", 4), bad, "an array"},
      {"offsets backwards", One("F32", "[1]", "[4,0]", 4), bad, "backwards"},
      {"offsets beyond", One("F32", "[1]", "[4,8]", 4), bad, "file holds 4"},
      {"offsets 2^63", One("F32", "[1]", "[9223372036854775808,9223372036854775812]", 4), bad, "file holds"},
      {"end 2^64-1", One("U8", "[1]", "[18446744073709551614,18446744073709551615]", 4), bad, "file holds"},
      {"negative offset", One("F32", "[1]", "[-4,0]", 4), bad, "negative"},
      {"one offset", One("F32", "[1]", "[0]", 4), bad, "two numbers"},
      {"three offsets", One("F32", "[1]", "[0,4,4]", 4), bad, "more than two"},
      {"no offsets in list", One("F32", "[1]", "[]", 4), bad, "two numbers"},
      {"hole before", One("F32", "[1]", "[4,8]", 8), bad, "hole of 4 bytes before tensor 'w'"},
      {"bytes after", One("F32", "[1]", "[0,4]", 8), bad, "4 bytes after the last tensor"},
      {"data without tensors", Safetensors("{}", "abc"), bad, "3 bytes after"},
      {"hole between",
       Safetensors(Object(Row("a", "U8", "[1]", "[0,1]") + "," + Row("b", "U8", "[1]", "[2,3]")), "abc"), bad,
       "before tensor 'b'"},
      {"overlap", Safetensors(Object(Row("a", "U8", "[2]", "[0,2]") + "," + Row("b", "U8", "[2]", "[1,3]")), "abc"),
       bad, "'b' overlaps"},
      {"same bytes twice",
       Safetensors(Object(Row("a", "U8", "[2]", "[0,2]") + "," + Row("b", "U8", "[2]", "[0,2]")), "ab"), bad,
       "overlaps"},
      {"one byte cut", GoodSafetensors().substr(0, GoodSafetensors().size() - 1), bad, "file holds 39"},
      {"65,537 tensors", Safetensors(many + "}", ""), ErrorCode::kLimit, "65536"},
  };
  for (const Hostile& c : cases) ExpectError(ReadCopy(ReadSafetensors, c.file), c.code, c.says, c.title);
}

class SafetensorsWriter : public ::testing::Test {
 protected:
  std::string path_ = ::testing::TempDir() + "frond_safetensors_" + std::to_string(getpid()) + ".safetensors";
  void TearDown() override { std::remove(path_.c_str()); }
};

TEST_F(SafetensorsWriter, RoundTripsAndAligns) {
  const std::vector<float> six = {1, 2, 3, 4, 5, 6};
  const std::vector<float> none;
  const Status written =
      WriteSafetensors(path_, {{"z", {2, 3}, six}, {"a\"\xc3\xa9", {0, 4}, none}, {"s", {}, {six.data(), 1}}},
                       {{"frond.format", "1"}, {"note", "\"quoted\"\n"}});
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  const Result<TensorFile> file = ReadTensorFile(path_);
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  ASSERT_EQ(file->tensors.size(), 3u);
  EXPECT_EQ(file->tensors[0].name, "z");
  EXPECT_EQ(ToFloat(file->tensors[0]), six);
  EXPECT_EQ(file->tensors[1].name, "a\"\xc3\xa9");
  EXPECT_EQ(file->metadata.at("note"), "\"quoted\"\n");
  std::ifstream in(path_, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, text.str().data(), 8);
  EXPECT_EQ((header_bytes + 8) % 64, 0u);
}

TEST_F(SafetensorsWriter, RefusesWhatItCouldNotReadBack) {
  const std::vector<float> two = {1, 2};
  const auto refused = [&](const std::vector<TensorToWrite>& tensors,
                           const std::map<std::string, std::string>& metadata) {
    const Status status = WriteSafetensors(path_, tensors, metadata);
    return !status.ok() && status.error().code == ErrorCode::kInvalidArgument && access(path_.c_str(), F_OK) != 0;
  };
  EXPECT_TRUE(refused({{"w", {3}, two}}, {}));
  EXPECT_TRUE(refused({{"w", {-2}, two}}, {}));
  EXPECT_TRUE(refused({{"w", {2}, two}, {"w", {2}, two}}, {}));
  EXPECT_TRUE(refused({{"__metadata__", {2}, two}}, {}));
  EXPECT_TRUE(refused({{"\xff", {2}, two}}, {}));
  EXPECT_TRUE(refused({}, {{"k", "\xff"}}));
}

}  // namespace
}  // namespace frond::testing

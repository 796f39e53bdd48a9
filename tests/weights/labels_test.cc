#include "src/weights/labels.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace frond {
namespace {

using Labels = std::vector<std::string>;

TEST(LabelsJson, ListsAndMaps) {
  EXPECT_EQ(ParseLabelsJson(R"(["cat", "dog"])").value(), (Labels{"cat", "dog"}));
  EXPECT_EQ(ParseLabelsJson(R"({"1": "dog", "0": "Käfer"})").value(), (Labels{"Käfer", "dog"}));
}

TEST(LabelsJson, RefusesAnythingElse) {
  for (const char* json : {"", "{", "[1]", "[null]", "\"cat\"", "[[\"cat\"]]", R"({"a": "cat"})",
                           R"({"0": "cat", "2": "dog"})", R"({"0": "cat", "0": "dog"})", R"([""])", R"(["a\nb"])",
                           R"({"99999999999999999999": "cat"})", R"({"-1": "cat"})"}) {
    const Result<Labels> labels = ParseLabelsJson(json);
    ASSERT_FALSE(labels.ok()) << json;
    EXPECT_EQ(labels.error().code, ErrorCode::kBadFormat) << json;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(ParseLabelsJson("[\"cat\"]\0, \"dog\"]"sv).error().code, ErrorCode::kBadFormat);
  EXPECT_FALSE(ParseLabelsJson(std::string(10'000'000, '[')).ok());  // constant stack
}

TEST(LabelsFile, OneALine) {
  const TempDir dir;
  std::ofstream(dir.File("labels.txt"), std::ios::binary) << "\xef\xbb\xbf"
                                                             "cat\r\ndog\r\n\r\n";
  EXPECT_EQ(ReadLabelsFile(dir.File("labels.txt")).value(), (Labels{"cat", "dog"}));
  std::ofstream(dir.File("hole.txt")) << "cat\n\ndog\n";
  const Result<Labels> hole = ReadLabelsFile(dir.File("hole.txt"));
  ASSERT_FALSE(hole.ok());
  EXPECT_NE(hole.error().message.find("line 2"), std::string::npos) << hole.error().message;
  std::ofstream(dir.File("latin1.txt")) << "K\xe4"
                                           "fer\n";
  EXPECT_FALSE(ReadLabelsFile(dir.File("latin1.txt")).ok());
}

}  // namespace
}  // namespace frond

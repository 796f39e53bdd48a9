#include "src/serve/http/multipart.h"

#include <gtest/gtest.h>

#include "src/serve/http/url.h"

namespace frond::serve {
namespace {

const std::string kType = "multipart/form-data; boundary=\"x y\"";

TEST(Multipart, PartsHaveNamesFilesAndBytes) {
  const std::string body =
      "preamble\r\n--x y\r\nContent-Disposition: form-data; name=\"a;b\"; filename=\"le\\\"af.jpg\"\r\n"
      "Content-Type: image/jpeg\r\n\r\n\r\n--x\r\n\r\n--x y  \r\ncontent-disposition: form-data;name=second\r\n\r\n"
      "\r\n--x y--\r\nepilogue";
  const auto parts = ParseForm(kType, body, 2);
  ASSERT_TRUE(parts.ok()) << parts.error().ToString();
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "a;b");
  EXPECT_EQ((*parts)[0].file_name, "le\"af.jpg");
  EXPECT_EQ((*parts)[0].value, "\r\n--x\r\n");
  EXPECT_EQ((*parts)[1].name, "second");
  EXPECT_EQ((*parts)[1].file_name, "");
  EXPECT_EQ((*parts)[1].value, "");
  EXPECT_EQ(ParseForm(kType, body, 1).error().code, ErrorCode::kLimit);
  // Cut anywhere before the last boundary's end it is no form.
  const size_t whole = body.find("--\r\nepilogue") + 2;
  for (size_t size = 0; size < whole; ++size) {
    const auto cut = ParseForm(kType, std::string_view(body).substr(0, size), 2);
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(cut.error().code, ErrorCode::kBadFormat);
  }
}

TEST(Multipart, WhatIsNoFormIsRefused) {
  const std::string part = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--x--";
  EXPECT_TRUE(ParseForm("multipart/form-data; boundary=x", part, 9).ok());
  for (const char* type :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""}) {
    EXPECT_FALSE(ParseForm(type, part, 9).ok()) << type;
  }
  EXPECT_FALSE(ParseForm("multipart/form-data; boundary=" + std::string(71, 'x'), part, 9).ok());
  for (const char* body :
       {"", "--x", "--y--", "--x\r\n\r\nv\r\n--x--", "--x\r\nno colon\r\n\r\nv\r\n--x--",
        "--x\r\nContent-Type: a\r\n\r\nv\r\n--x--", "--xContent-Disposition: form-data; name=a\r\n\r\nv\r\n--x--"}) {
    EXPECT_FALSE(ParseForm("multipart/form-data; boundary=x", body, 9).ok()) << body;
  }
}

TEST(Url, TargetsAreDecodedOnce) {
  std::string path;
  std::string query;
  ASSERT_TRUE(SplitTarget("/v2/models/a%20b%2Fc%252e?top=3&model=x+y%26", path, query));
  EXPECT_EQ(path, "/v2/models/a b/c%2e");
  EXPECT_EQ(QueryValue(query, "top"), "3");
  EXPECT_EQ(QueryValue(query, "model"), "x y&");
  EXPECT_EQ(QueryValue(query, "absent"), std::nullopt);
  EXPECT_EQ(PathParts("/a//b/"), (std::vector<std::string>{"a", "", "b", ""}));
  for (const char* bad : {"", "*", "http://here/", "/%", "/%4", "/%zz", "/%00"}) {
    EXPECT_FALSE(SplitTarget(bad, path, query)) << bad;
  }
}

}  // namespace
}  // namespace frond::serve

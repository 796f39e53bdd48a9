#ifndef FROND_TESTS_WEIGHTS_EXPECT_H_
#define FROND_TESTS_WEIGHTS_EXPECT_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "src/weights/tensor_file.h"

namespace frond::testing {

// A hostile file and what must be said about it.
struct Hostile {
  std::string title;
  std::string file;
  ErrorCode code;
  std::string says;  // substring of the message
};

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

// Readers over a copy of exactly the file's size on the heap, so that AddressSanitizer
// sees a read of one byte too many.
template <class Reader>
Result<TensorFile> ReadCopy(Reader reader, const std::string& file) {
  auto copy = std::make_shared<std::vector<char>>(file.begin(), file.end());
  const auto bytes = std::as_bytes(std::span<const char>(*copy));
  return reader(bytes, copy);
}

template <class T>
void ExpectError(const Result<T>& result, ErrorCode code, const std::string& says, const std::string& title) {
  ASSERT_FALSE(result.ok()) << title << ": was read";
  EXPECT_EQ(ErrorCodeName(result.error().code), ErrorCodeName(code)) << title << ": " << result.error().ToString();
  EXPECT_NE(result.error().message.find(says), std::string::npos)
      << title << ": " << result.error().ToString() << "\nwants: " << says;
}

// Each file is refused by ReadPyTorch, with its code and reason.
inline void ExpectAll(const std::vector<Hostile>& cases) {
  for (const Hostile& c : cases) ExpectError(ReadCopy(ReadPyTorch, c.file), c.code, c.says, c.title);
}

}  // namespace frond::testing

#endif  // FROND_TESTS_WEIGHTS_EXPECT_H_

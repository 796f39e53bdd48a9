#include "cli/npy.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "src/base/format.h"
#include "src/base/write_file.h"

namespace frond::cli {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeaderBytes = 65535;  // of version 1; an array of numbers never needs more
constexpr size_t kMaxRank = 32;            // NumPy's own until 2.0

Error Bad(std::string message) {
  return Error{ErrorCode::kBadFormat, std::move(message), "write it with numpy.save(path, x.astype('<f4'))"};
}

// The header is a Python literal of a dict with exactly three keys. Only what
// numpy.save writes is understood: quoted texts, True or False, a tuple of integers.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool Take(char c) {
    Skip();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::optional<std::string_view> Quoted() {
    Skip();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) return std::nullopt;
    const size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view inner = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return inner;
  }

  std::optional<bool> Bool() {
    Skip();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    return std::nullopt;
  }

  std::optional<Shape> Tuple() {
    if (!Take('(')) return std::nullopt;
    Shape shape;
    while (!Take(')')) {
      Skip();
      int64_t extent = -1;
      const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (code != std::errc() || extent < 0 || shape.size() == kMaxRank) return std::nullopt;
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      shape.push_back(extent);
      if (!Take(',')) {
        if (!Take(')')) return std::nullopt;
        break;
      }
    }
    return shape;
  }

  bool AtEnd() {
    Skip();
    return text_.empty();
  }

 private:
  void Skip() {
    const size_t first = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(first == std::string_view::npos ? text_.size() : first);
  }
  std::string_view text_;
};

struct Header {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

Result<Header> ParseHeader(std::string_view text) {
  HeaderParser parser(text);
  std::optional<std::string_view> descr;
  std::optional<bool> fortran;
  std::optional<Shape> shape;
  const Error malformed = Bad("the .npy header " + Quote(text) + " is not what NumPy writes");
  if (!parser.Take('{')) return malformed;
  while (!parser.Take('}')) {
    const std::optional<std::string_view> key = parser.Quoted();
    if (!key || !parser.Take(':')) return malformed;
    bool good = false;
    if (*key == "descr" && !descr) good = (descr = parser.Quoted()).has_value();
    if (*key == "fortran_order" && !fortran) good = (fortran = parser.Bool()).has_value();
    if (*key == "shape" && !shape) good = (shape = parser.Tuple()).has_value();
    if (!good) return malformed;
    if (!parser.Take(',')) {
      if (!parser.Take('}')) return malformed;
      break;
    }
  }
  if (!parser.AtEnd() || !descr || !fortran || !shape) return malformed;
  return Header{std::string(*descr), *fortran, *std::move(shape)};
}

}  // namespace

Status NpyFile::Parse() {
  const std::span<const std::byte> bytes = file_.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || !text.starts_with(kMagic)) return Bad("not a .npy file");
  const int version = static_cast<unsigned char>(text[6]);
  if (version < 1 || version > 3 || text[7] != 0)
    return Bad(StrCat(".npy version ", version, ".", static_cast<int>(text[7]), " is not 1.0, 2.0 or 3.0"));
  const size_t length_bytes = version == 1 ? 2 : 4;
  uint32_t header_bytes = 0;  // little-endian, as the machine is
  std::memcpy(&header_bytes, text.data() + 8, length_bytes);
  const size_t begin = 8 + length_bytes;
  if (header_bytes > kMaxHeaderBytes || header_bytes > text.size() - begin)
    return Bad(StrCat("a .npy header of ", header_bytes, " bytes does not fit"));
  FROND_ASSIGN(Header header, ParseHeader(text.substr(begin, header_bytes)));
  if (header.descr != "<f4") {
    return Error{ErrorCode::kUnsupported, StrCat("the array's type is ", Quote(header.descr), ", not '<f4' (float32)"),
                 "save x.astype('<f4')"};
  }
  if (header.fortran_order && header.shape.size() > 1) {
    return Error{ErrorCode::kUnsupported, "the array is in Fortran order", "save numpy.ascontiguousarray(x)"};
  }
  const std::optional<int64_t> count = ElementCount(header.shape);
  const std::string_view data = text.substr(begin + header_bytes);
  if (!count || static_cast<uint64_t>(*count) * sizeof(float) != data.size()) {
    return Bad(StrCat("an array of ", ToString(header.shape), " does not take the ", data.size(),
                      " bytes that the file holds"));
  }
  shape_ = std::move(header.shape);
  const auto size = static_cast<size_t>(*count);
  if (reinterpret_cast<uintptr_t>(data.data()) % alignof(float) == 0) {
    values_ = {reinterpret_cast<const float*>(data.data()), size};
  } else {
    copy_.resize(size);
    if (size > 0) std::memcpy(copy_.data(), data.data(), data.size());
    values_ = copy_;
  }
  return {};
}

Result<NpyFile> NpyFile::Read(const std::string& path) {
  FROND_ASSIGN(MappedFile mapped, MappedFile::Open(path));
  NpyFile file(std::move(mapped));
  if (const Status status = file.Parse(); !status.ok()) return status.error().In(path);
  return file;
}

Status WriteNpy(const std::string& path, const Shape& shape, std::span<const float> values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const int64_t extent : shape) header += StrCat(extent, ", ");
  header += "), }";
  if (shape.size() != 1 && header.size() > 5) {  // Python's repr: "(2, 3)", but "(2,)"
    const size_t last = header.rfind(", ), }");
    if (last != std::string::npos) header.erase(last, 2);
  }
  constexpr size_t kPrefix = 10;
  while ((kPrefix + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string start(kMagic);
  start += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  start += header;
  return WriteFileAtomically(path, {std::as_bytes(std::span<const char>(start)), std::as_bytes(values)});
}

}  // namespace frond::cli

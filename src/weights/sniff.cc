#include "src/weights/sniff.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/zip.h"

namespace frond {
namespace {

using namespace std::string_view_literals;

std::string_view Head(std::span<const std::byte> bytes, size_t count) {
  return AsText(bytes.first(std::min(count, bytes.size())));
}

// Signatures of what people take for weights. `at` is the signature's offset.
struct Lookalike {
  size_t at;
  std::string_view signature;
  ErrorCode code;
  const char* message;
  const char* remedy;
};

constexpr Lookalike kLookalikes[] = {
    {0, "version https://git-lfs"sv, ErrorCode::kBadFormat, "is a Git LFS pointer, not the weights it points to",
     "fetch the file itself: git lfs pull"},
    {4, "TFL3"sv, ErrorCode::kUnsupported, "is a TFLite model; frond reads weights, not finished graphs",
     "give the .safetensors, .pth or .keras file it was made from"},
    {0, "\x1f\x8b"sv, ErrorCode::kUnsupported, "is compressed with gzip",
     "unpack it first: gunzip, or tar xzf for a .tar.gz"},
    {0, "BZh"sv, ErrorCode::kUnsupported, "is compressed with bzip2", "unpack it first: bunzip2"},
    {0,
     "\xfd"
     "7zXZ"sv,
     ErrorCode::kUnsupported, "is compressed with xz", "unpack it first: unxz"},
    {0, "\x28\xb5\x2f\xfd"sv, ErrorCode::kUnsupported, "is compressed with zstd", "unpack it first: unzstd"},
    {0, "7z\xbc\xaf\x27\x1c"sv, ErrorCode::kUnsupported, "is a 7z archive", "unpack it first"},
    {257, "ustar"sv, ErrorCode::kUnsupported, "is a tar archive", "unpack it first: tar xf"},
    {0, "GGUF"sv, ErrorCode::kUnsupported, "is a GGUF file", "give the .safetensors or .pth file it was made from"},
    {0, "\x93NUMPY"sv, ErrorCode::kUnsupported, "is a single NumPy array", "save all tensors to one .safetensors file"},
    {0, "\x89PNG"sv, ErrorCode::kBadFormat, "is a PNG picture, not weights",
     "give the model file; were two arguments swapped?"},
    {0, "\xff\xd8\xff"sv, ErrorCode::kBadFormat, "is a JPEG picture, not weights",
     "give the model file; were two arguments swapped?"},
};

// ONNX is protobuf without a signature: ir_version (field 1, a small varint),
// then the producer's name (field 2) or the graph (7) or opset imports (8).
bool LooksLikeOnnx(std::string_view head) {
  return head.size() > 4 && head[0] == 0x08 && head[1] > 0 && head[1] < 0x20 &&
         (head[2] == 0x12 || head[2] == 0x3a || head[2] == 0x42);
}

bool LooksLikeHtml(std::string_view head) {
  const size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  std::string lower(head.substr(start, 64));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.starts_with("<?xml") ||
         lower.starts_with("<head");
}

}  // namespace

bool IsSafetensors(std::span<const std::byte> bytes) {
  // A length of up to 2^32 is left to the reader, which says that it is too much.
  return bytes.size() > 8 && bytes[8] == std::byte{'{'} && LoadLittle<uint64_t>(bytes.data()) < (uint64_t{1} << 32);
}

bool IsZip(std::span<const std::byte> bytes) { return Head(bytes, 4) == "PK\x03\x04"sv; }

bool IsPickle(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x80} && bytes[1] >= std::byte{2} && bytes[1] <= std::byte{5};
}

bool IsKerasArchive(std::span<const std::byte> bytes) {
  if (!IsZip(bytes)) return false;
  const Result<ZipArchive> archive = ZipArchive::Open(bytes);
  return archive.ok() && archive->Find("model.weights.h5") != nullptr;
}

bool IsHdf5(std::span<const std::byte> bytes) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n"sv;
  const std::string_view text = AsText(bytes);
  if (text.starts_with(kSignature)) return true;
  for (size_t at = 512; at < text.size(); at *= 2) {
    if (text.substr(at).starts_with(kSignature)) return true;
  }
  return false;
}

Error DescribeUnknown(std::span<const std::byte> bytes) {
  constexpr const char* kFormats = "give a .safetensors, .pth or .keras file";
  if (bytes.empty())
    return Error{ErrorCode::kBadFormat, "the file is empty", "the download or copy did not finish: repeat it"};
  const std::string_view head = Head(bytes, 512);
  for (const Lookalike& row : kLookalikes) {
    if (head.size() >= row.at && head.substr(row.at).starts_with(row.signature)) {
      return Error{row.code, StrCat("the file ", row.message), row.remedy};
    }
  }
  if (LooksLikeHtml(head)) {
    return Error{ErrorCode::kBadFormat, "the file is a web page (HTML), not weights",
                 "the link leads to a page about the file, or asks for a login: use the direct download link"};
  }
  if (LooksLikeOnnx(head)) {
    return Error{ErrorCode::kUnsupported, "the file looks like an ONNX model; frond reads weights, not finished graphs",
                 "give the .safetensors, .pth or .keras file it was made from"};
  }
  if (std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; })) {
    return Error{ErrorCode::kBadFormat, "the file is all zeros", "the download or copy did not finish: repeat it"};
  }
  return Error{ErrorCode::kBadFormat,
               StrCat("unknown weights format; the file begins with ", Quote(head.substr(0, 16))), kFormats};
}

}  // namespace frond

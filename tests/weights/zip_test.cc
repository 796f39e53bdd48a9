// The ZIP reader: what it lists, views and inflates, and what it refuses.

#include "src/weights/zip.h"

#include <gtest/gtest.h>

#include "src/weights/convert_bytes.h"
#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

TEST(Zip, ViewsStoredAndInflatesDeflated) {
  const std::string text(10000, 'a');
  for (const bool zip64 : {false, true}) {
    const ZipPart deflated{.name = "config.json", .contents = Deflate(text), .method = 8, .bytes = 10000};
    const std::string file =
        Zip({{"a", "hello"}, deflated, {"empty", ""}}, {.zip64 = zip64, .comment = "PK\x05\x06 in a comment"});
    const Result<ZipArchive> archive = ZipArchive::Open(AsBytes(file));
    ASSERT_TRUE(archive.ok()) << archive.error().ToString();
    ASSERT_EQ(archive->entries().size(), 3u);
    EXPECT_EQ(AsText(*archive->View(*archive->Find("a"))), "hello");
    EXPECT_EQ(archive->View(*archive->Find("empty"))->size(), 0u);
    EXPECT_EQ(archive->Find("b"), nullptr);
    const ZipEntry& entry = *archive->Find("config.json");
    ExpectError(archive->View(entry), ErrorCode::kUnsupported, "compressed", "view of a deflated entry");
    ExpectError(archive->Inflate(entry, 9999), ErrorCode::kLimit, "at most 9999", "limit");
    EXPECT_EQ(AsText(*archive->Inflate(*archive->Find("a"), 100)), "hello");
  }
}

TEST(Zip, InflateVerifiesSizeAndChecksum) {
  const std::string text(10000, 'a');
  const std::string packed = Deflate(text);
  const auto inflate = [](const ZipPart& part) {
    const std::string file = Zip({part});
    const Result<ZipArchive> archive = ZipArchive::Open(AsBytes(file));
    return archive.ok() ? archive->Inflate(archive->entries()[0], uint64_t{64} << 20)
                        : Result<std::vector<std::byte>>(archive.error());
  };
  const ZipArchive reference = *ZipArchive::Open(AsBytes(Zip({{"t", text}})));
  const auto crc = static_cast<int64_t>(reference.entries()[0].crc);
  ZipPart part{.name = "t", .contents = packed, .method = 8, .bytes = 10000, .crc = crc};
  ASSERT_TRUE(inflate(part).ok()) << inflate(part).error().ToString();
  EXPECT_EQ(AsText(*inflate(part)), text);
  part.crc = crc ^ 1;
  ExpectError(inflate(part), ErrorCode::kBadFormat, "checksum", "crc");
  part.crc = crc;
  for (const int64_t wrong : {9999, 10001, 0}) {
    part.bytes = wrong;
    ExpectError(inflate(part), ErrorCode::kBadFormat, "stated size", "size");
  }
  part.bytes = int64_t{63} << 20;
  ExpectError(inflate(part), ErrorCode::kBadFormat, "cannot reach", "bomb by claim");
  part.bytes = int64_t{65} << 20;
  ExpectError(inflate(part), ErrorCode::kLimit, "at most", "bomb above the limit");
  part = {.name = "t", .contents = "not deflate at all", .method = 8, .bytes = 100};
  ExpectError(inflate(part), ErrorCode::kBadFormat, "stated size", "garbage");
  part = {.name = "t", .contents = packed, .method = 12, .bytes = 10000};
  ExpectError(inflate(part), ErrorCode::kUnsupported, "method 12", "bzip2");
  part = {.name = "t", .contents = Deflate(""), .method = 8, .bytes = 0};
  EXPECT_TRUE(inflate(part).ok());
}

TEST(Zip, ARealBombStopsAtTheLimit) {
  const std::string packed = Deflate(std::string(size_t{80} << 20, '\0'));
  const std::string file = Zip({{.name = "config.json", .contents = packed, .method = 8, .bytes = int64_t{60} << 20}});
  const Result<ZipArchive> archive = ZipArchive::Open(AsBytes(file));
  ASSERT_TRUE(archive.ok());
  ExpectError(archive->Inflate(archive->entries()[0], uint64_t{64} << 20), ErrorCode::kBadFormat, "stated size",
              "understated bomb");
}

TEST(Zip, RefusesEveryBreach) {
  const auto bad = ErrorCode::kBadFormat;
  const std::string good = Zip({{"a", "hello"}, {"b", "world"}});
  const std::string good64 = Zip({{"a", "hello"}}, {.zip64 = true});
  std::string end64_moved = good64;
  end64_moved.replace(good64.rfind("PK\x06\x07") + 8, 8, Le<uint64_t>(~uint64_t{0} - 10));
  std::string end64_wrong = good64;
  end64_wrong.replace(good64.rfind("PK\x06\x07") + 8, 8, Le<uint64_t>(3));
  std::string multi_disk = good;
  multi_disk[good.size() - 18] = 1;
  const Hostile cases[] = {
      {"empty", "", bad, "too short"},
      {"only a local header", "PK\x03\x04", bad, "too short"},
      {"directory cut", good.substr(0, good.size() - 1), bad, "without its table"},
      {"tail cut", good.substr(0, good.size() / 2), bad, "without its table"},
      {"trailing bytes", good + "x", bad, "without its table"},
      {"missing front", good.substr(10), bad, ""},
      {"more entries than rows", Zip({{"a", "hello"}}, {.entries = 2}), bad, "damaged"},
      {"65,535 entries claimed", Zip({{"a", "hello"}}, {.entries = 65535}), bad, "damaged"},
      {"2^63 entries claimed", Zip({{"a", "hello"}}, {.zip64 = true, .entries = INT64_MAX}), ErrorCode::kLimit,
       "at most 65536"},
      {"directory beyond", Zip({{"a", "hello"}}, {.directory_offset = 1 << 30}), bad, "outside"},
      {"directory 2^63", Zip({{"a", "hello"}}, {.zip64 = true, .directory_offset = INT64_MAX}), bad, "outside"},
      {"directory too long", Zip({{"a", "hello"}}, {.directory_bytes = 1 << 30}), bad, "outside"},
      {"directory 2^63 long", Zip({{"a", "hello"}}, {.zip64 = true, .directory_bytes = INT64_MAX}), bad, "outside"},
      {"directory too short", Zip({{"a", "hello"}}, {.directory_bytes = 20}), bad, "damaged"},
      {"ZIP64 record beyond", end64_moved, bad, "outside"},
      {"ZIP64 record elsewhere", end64_wrong, bad, "not found"},
      {"several disks", multi_disk, ErrorCode::kUnsupported, "disks"},
      {"offset beyond", Zip({{.name = "a", .contents = "x", .local_offset = 1 << 30}}), bad, "outside"},
      {"offset 2^63", Zip({{.name = "a", .contents = "x", .local_offset = INT64_MAX}}, {.zip64 = true}), bad,
       "outside"},
      {"offset at nothing", Zip({{.name = "a", .contents = "x", .local_offset = 1}}), bad, ""},
      {"size beyond", Zip({{.name = "a", .contents = "x", .bytes = 1000, .packed_bytes = 1000}}), bad, "outside"},
      {"size 2^32-1", Zip({{.name = "a", .contents = "x", .bytes = 0xffffffff, .packed_bytes = 0xffffffff}}), bad,
       "outside"},
      {"size 2^63",
       Zip({{.name = "a", .contents = "x", .bytes = INT64_MAX, .packed_bytes = INT64_MAX}}, {.zip64 = true}), bad,
       "outside"},
      {"stored with two sizes", Zip({{.name = "a", .contents = "xyz", .bytes = 1000}}), bad, "two sizes"},
      {"encrypted", Zip({{.name = "a", .contents = "x", .flags = 1}}), ErrorCode::kUnsupported, "encrypted"},
      {"name twice", Zip({{"a", "x"}, {"a", "y"}}), bad, "twice"},
      {"names disagree", Zip({{.name = "a", .contents = "x", .local_name = "b"}}), bad, "not where"},
      {"overlap", Zip({{.name = "a", .contents = std::string(50, 'x'), .bytes = 60, .packed_bytes = 60}, {"b", "y"}}),
       bad, "overlap"},
      {"long name", Zip({{std::string(5000, 'n'), "x"}}), bad, "name of 5000"},
  };
  for (const Hostile& c : cases) {
    const std::vector<char> copy(c.file.begin(), c.file.end());
    ExpectError(ZipArchive::Open(std::as_bytes(std::span<const char>(copy))), c.code, c.says, c.title);
  }
}

TEST(Zip, RefusesEntriesThatShareContents) {
  // Two rows of the table that point at one local header: the classic quadratic bomb needs
  // equal names or nested headers; the former is refused as a duplicate, the latter here.
  const std::string inner = Zip({{"b", "y"}}).substr(0, 32);  // local header and contents of b
  const std::string file = Zip({{"a", inner}, {.name = "b", .contents = "y", .local_offset = 31}});
  ExpectError(ZipArchive::Open(AsBytes(file)), ErrorCode::kBadFormat, "overlap", "nested entry");
}

}  // namespace
}  // namespace frond::testing

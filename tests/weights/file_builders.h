#ifndef FROND_TESTS_WEIGHTS_FILE_BUILDERS_H_
#define FROND_TESTS_WEIGHTS_FILE_BUILDERS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Small writers of every container frond reads, free to write nonsense: each
// takes the wrong value as gladly as the right one. Files are std::string.
namespace frond::testing {

template <class T>
std::string Le(T value) {
  std::string out(sizeof(T), '\0');
  std::memcpy(out.data(), &value, sizeof(T));
  return out;
}

// The bytes of float32 values.
std::string Floats(const std::vector<float>& values);

// A safetensors file: length, header as given, data as given.
std::string Safetensors(std::string_view header, std::string_view data);

// One entry of a ZIP archive; negative means "the true value".
struct ZipPart {
  std::string name = {};
  std::string contents = {};  // as packed
  uint16_t method = 0;
  uint16_t flags = 0;
  int64_t bytes = -1;           // unpacked size claimed
  int64_t packed_bytes = -1;    // packed size claimed
  int64_t local_offset = -1;    // offset claimed
  int64_t crc = -1;             // of contents if negative
  std::string local_name = {};  // in the local header, if another one
};
struct ZipOptions {
  bool zip64 = false;  // all sizes and offsets through ZIP64 fields
  std::string comment = {};
  int64_t entries = -1;  // count claimed
  int64_t directory_offset = -1;
  int64_t directory_bytes = -1;
};
std::string Zip(const std::vector<ZipPart>& parts, const ZipOptions& options = {});

// Raw deflate.
std::string Deflate(std::string_view contents);

// Appends pickle opcodes; protocol 2 unless told otherwise.
class Pickler {
 public:
  explicit Pickler(int protocol = 2) : protocol_(protocol) { out_ = {'\x80', static_cast<char>(protocol)}; }

  Pickler& Raw(std::string_view bytes) { return out_ += bytes, *this; }
  Pickler& Text(std::string_view text);
  Pickler& Int(int64_t value);  // BININT1, BININT or LONG1 as fits
  Pickler& Global(const std::string& module, const std::string& name);
  Pickler& Mark() { return Raw("("); }
  Pickler& Tuple() { return Raw("t"); }
  Pickler& None() { return Raw("N"); }
  Pickler& Dict() { return Raw("}"); }
  Pickler& OrderedDict() { return Global("collections", "OrderedDict").Raw(")R"); }
  Pickler& Ints(const std::vector<int64_t>& values);  // a tuple
  std::string Stop() { return out_ + "."; }

  struct TensorArgs {
    std::string storage = "FloatStorage";
    std::string key = "0";
    int64_t elements = 6;
    int64_t offset = 0;
    std::vector<int64_t> shape = {2, 3};
    std::vector<int64_t> strides = {3, 1};
    bool legacy = false;             // persistent id with a sixth element
    std::vector<int64_t> view = {};  // legacy view: offset, size
  };
  Pickler& Tensor(const TensorArgs& args);

 private:
  int protocol_;
  std::string out_;
};

using Storages = std::vector<std::pair<std::string, std::string>>;  // key, bytes

// torch.save's archive around a pickle.
std::string TorchZip(std::string_view pickle, const Storages& storages, std::string_view byteorder = "little",
                     const ZipOptions& options = {});

// The same around a pickle and one storage "0" of the floats 1 to 6.
std::string ZippedPickle(std::string_view pickle);

// torch.save's legacy form; element_bytes divides each storage into a count.
std::string TorchLegacy(std::string_view pickle, const Storages& storages, size_t element_bytes = 4,
                        bool little_endian = true);

// One good file of each form, each with "a.weight" = 1..6 as 2x3 and more.
std::string GoodSafetensors();
std::string GoodTorchZip(int protocol = 2);
std::string GoodTorchLegacy(int protocol = 2);

}  // namespace frond::testing

#endif  // FROND_TESTS_WEIGHTS_FILE_BUILDERS_H_

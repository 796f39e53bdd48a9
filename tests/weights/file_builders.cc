#include "tests/weights/file_builders.h"

#include <zlib.h>

namespace frond::testing {

std::string Floats(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

std::string Safetensors(std::string_view header, std::string_view data) {
  return Le<uint64_t>(header.size()) + std::string(header) + std::string(data);
}

std::string Deflate(std::string_view contents) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, contents.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(contents.data()));
  stream.avail_in = static_cast<uInt>(contents.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zip(const std::vector<ZipPart>& parts, const ZipOptions& options) {
  std::string out;
  std::string directory;
  for (const ZipPart& part : parts) {
    const auto bytes = static_cast<uint64_t>(part.bytes >= 0 ? part.bytes : static_cast<int64_t>(part.contents.size()));
    const auto packed =
        static_cast<uint64_t>(part.packed_bytes >= 0 ? part.packed_bytes : static_cast<int64_t>(part.contents.size()));
    const auto offset = part.local_offset >= 0 ? static_cast<uint64_t>(part.local_offset) : out.size();
    const auto crc = part.crc >= 0
                         ? static_cast<uint32_t>(part.crc)
                         : static_cast<uint32_t>(
                               crc32_z(0, reinterpret_cast<const Bytef*>(part.contents.data()), part.contents.size()));
    const std::string local_name = part.local_name.empty() ? part.name : part.local_name;
    out += "PK\x03\x04" + Le<uint16_t>(20) + Le<uint16_t>(part.flags) + Le<uint16_t>(part.method) + Le<uint32_t>(0) +
           Le(crc) + Le(static_cast<uint32_t>(packed)) + Le(static_cast<uint32_t>(bytes)) +
           Le(static_cast<uint16_t>(local_name.size())) + Le<uint16_t>(0) + local_name + part.contents;
    const std::string extra = options.zip64
                                  ? Le<uint16_t>(1) + Le<uint16_t>(24) + Le(bytes) + Le(packed) + Le<uint64_t>(offset)
                                  : std::string();
    const auto narrow = [&](uint64_t value) { return options.zip64 ? 0xffffffffu : static_cast<uint32_t>(value); };
    directory += "PK\x01\x02" + Le<uint16_t>(20) + Le<uint16_t>(20) + Le<uint16_t>(part.flags) +
                 Le<uint16_t>(part.method) + Le<uint32_t>(0) + Le(crc) + Le(narrow(packed)) + Le(narrow(bytes)) +
                 Le(static_cast<uint16_t>(part.name.size())) + Le(static_cast<uint16_t>(extra.size())) +
                 Le<uint16_t>(0) + Le<uint16_t>(0) + Le<uint16_t>(0) + Le<uint32_t>(0) + Le(narrow(offset)) +
                 part.name + extra;
  }
  const auto count = options.entries >= 0 ? static_cast<uint64_t>(options.entries) : parts.size();
  const auto at = options.directory_offset >= 0 ? static_cast<uint64_t>(options.directory_offset) : out.size();
  const auto size = options.directory_bytes >= 0 ? static_cast<uint64_t>(options.directory_bytes) : directory.size();
  out += directory;
  if (options.zip64) {
    const uint64_t record = out.size();
    out += "PK\x06\x06" + Le<uint64_t>(44) + Le<uint16_t>(45) + Le<uint16_t>(45) + Le<uint32_t>(0) + Le<uint32_t>(0) +
           Le<uint64_t>(count) + Le<uint64_t>(count) + Le<uint64_t>(size) + Le<uint64_t>(at);
    out += "PK\x06\x07" + Le<uint32_t>(0) + Le(record) + Le<uint32_t>(1);
  }
  const bool wide = options.zip64;
  out += "PK\x05\x06" + Le<uint32_t>(0) + Le(static_cast<uint16_t>(wide ? 0xffff : count)) +
         Le(static_cast<uint16_t>(wide ? 0xffff : count)) + Le(static_cast<uint32_t>(wide ? 0xffffffff : size)) +
         Le(static_cast<uint32_t>(wide ? 0xffffffff : at)) + Le(static_cast<uint16_t>(options.comment.size())) +
         options.comment;
  return out;
}

Pickler& Pickler::Text(std::string_view text) {
  if (protocol_ >= 4 && text.size() < 256) return Raw("\x8c").Raw(Le(static_cast<uint8_t>(text.size()))).Raw(text);
  return Raw("X").Raw(Le(static_cast<uint32_t>(text.size()))).Raw(text);
}

Pickler& Pickler::Int(int64_t value) {
  if (value >= 0 && value < 256) return Raw("K").Raw(Le(static_cast<uint8_t>(value)));
  if (value == static_cast<int32_t>(value)) return Raw("J").Raw(Le(static_cast<int32_t>(value)));
  return Raw("\x8a\x08").Raw(Le(value));
}

Pickler& Pickler::Global(const std::string& module, const std::string& name) {
  if (protocol_ >= 4) return Text(module).Text(name).Raw("\x93");
  return Raw("c" + module + "\n" + name + "\n");
}

Pickler& Pickler::Ints(const std::vector<int64_t>& values) {
  Mark();
  for (const int64_t value : values) Int(value);
  return Tuple();
}

Pickler& Pickler::Tensor(const TensorArgs& args) {
  Global("torch._utils", "_rebuild_tensor_v2").Mark();
  Mark().Text("storage").Global("torch", args.storage).Text(args.key).Text("cpu").Int(args.elements);
  if (!args.view.empty()) {
    Mark().Text("view");
    for (const int64_t value : args.view) Int(value);
    Tuple();
  } else if (args.legacy) {
    None();
  }
  Tuple().Raw("Q").Int(args.offset).Ints(args.shape).Ints(args.strides).Raw("\x89").OrderedDict();
  return Tuple().Raw("R");
}

std::string TorchZip(std::string_view pickle, const Storages& storages, std::string_view byteorder,
                     const ZipOptions& options) {
  std::vector<ZipPart> parts = {{"archive/data.pkl", std::string(pickle)}};
  if (!byteorder.empty()) parts.push_back({"archive/byteorder", std::string(byteorder)});
  for (const auto& [key, contents] : storages) parts.push_back({"archive/data/" + key, contents});
  parts.push_back({"archive/version", "3\n"});
  return Zip(parts, options);
}

std::string ZippedPickle(std::string_view pickle) { return TorchZip(pickle, {{"0", Floats({1, 2, 3, 4, 5, 6})}}); }

std::string TorchLegacy(std::string_view pickle, const Storages& storages, size_t element_bytes, bool little_endian) {
  using namespace std::string_view_literals;
  std::string out = Pickler().Raw("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv).Stop();
  out += Pickler().Raw("M\xe9\x03"sv).Stop();
  out += Pickler()
             .Dict()
             .Mark()
             .Text("protocol_version")
             .Int(1001)
             .Text("little_endian")
             .Raw(little_endian ? "\x88" : "\x89")
             .Raw("u")
             .Stop();
  out += pickle;
  Pickler keys;
  keys.Raw("](");
  for (const auto& storage : storages) keys.Text(storage.first);
  out += keys.Raw("e").Stop();
  for (const auto& storage : storages)
    out += Le(static_cast<int64_t>(storage.second.size() / element_bytes)) + storage.second;
  return out;
}

namespace {

const std::vector<float> kSix = {1, 2, 3, 4, 5, 6};

std::string GoodPickle(int protocol, bool legacy) {
  Pickler p(protocol);
  p.Dict().Mark().Text("epoch").Int(7).Text("state_dict").OrderedDict().Mark();
  p.Text("a.weight").Tensor({.legacy = legacy});
  p.Text("a.channels_last").Tensor({.strides = {1, 2}, .legacy = legacy});
  p.Text("a.bias").Tensor({.key = "1", .elements = 3, .offset = 1, .shape = {2}, .strides = {1}, .legacy = legacy});
  p.Text("a.steps").Tensor(
      {.storage = "LongStorage", .key = "2", .elements = 1, .shape = {}, .strides = {}, .legacy = legacy});
  return p.Raw("uu").Stop();
}

}  // namespace

std::string GoodSafetensors() {
  return Safetensors(R"({"__metadata__":{"format":"pt"},)"
                     R"("a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                     R"("a.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},)"
                     R"("a.steps":{"dtype":"I64","shape":[],"data_offsets":[32,40]}})",
                     Floats(kSix) + Floats({8, 9}) + Le<int64_t>(11));
}

std::string GoodTorchZip(int protocol) {
  return TorchZip(GoodPickle(protocol, false), {{"0", Floats(kSix)}, {"1", Floats({7, 8, 9})}, {"2", Le<int64_t>(11)}});
}

std::string GoodTorchLegacy(int protocol) {
  std::string file =
      TorchLegacy(GoodPickle(protocol, true), {{"0", Floats(kSix)}, {"1", Floats({7, 8, 9})}, {"2", Le<int64_t>(11)}});
  // The last storage is of int64: two of TorchLegacy's float counts are one element.
  file.replace(file.size() - 16, 8, Le<int64_t>(1));
  return file;
}

}  // namespace frond::testing

#include "src/train/metrics_log.h"

#include <array>
#include <cstring>
#include <span>

#include "src/base/write_file.h"
#include "src/train/epoch_json.h"

namespace frond {
namespace {

// Castagnoli's polynomial, reflected (RFC 3720, appendix B.4).
uint32_t Crc32c(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
  }
  return ~crc;
}

// TensorFlow's record_writer.cc stores checksums so that a checksum over them is no special case.
uint32_t Masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8; }

// Protocol buffers' wire format, as far as an Event needs it.
void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
template <class T>
void AppendFixed(std::string& out, T value) {  // little-endian, as all machines that libtorch runs on
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}
enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
void AppendTag(std::string& out, int field, WireType type) {
  AppendVarint(out, static_cast<uint64_t>(field) << 3 | type);
}
void AppendBytes(std::string& out, int field, std::string_view bytes) {
  AppendTag(out, field, kBytes);
  AppendVarint(out, bytes.size());
  out += bytes;
}

// Event {1: wall_time double, 2: step int64, 3: file_version string, 5: Summary {1: Value {1: tag, 2: simple_value}}}
std::string Event(double wall_time, int step, const std::vector<std::pair<std::string, double>>& scalars) {
  std::string event;
  AppendTag(event, 1, kFixed64);
  AppendFixed(event, wall_time);
  if (scalars.empty()) {
    AppendBytes(event, 3, "brain.Event:2");
    return event;
  }
  AppendTag(event, 2, kVarint);
  AppendVarint(event, static_cast<uint64_t>(step));
  std::string summary;
  for (const auto& [tag, scalar] : scalars) {
    std::string value;
    AppendBytes(value, 1, tag);
    AppendTag(value, 2, kFixed32);
    AppendFixed(value, static_cast<float>(scalar));
    AppendBytes(summary, 1, value);
  }
  AppendBytes(event, 5, summary);
  return event;
}

void AppendRecord(std::string& out, const std::string& event) {
  std::string length;
  AppendFixed(length, static_cast<uint64_t>(event.size()));
  out += length;
  AppendFixed(out, Masked(Crc32c(length)));
  out += event;
  AppendFixed(out, Masked(Crc32c(event)));
}

}  // namespace

Status WriteMetricsLines(const std::string& path, const std::vector<EpochRecord>& records) {
  std::string text;
  for (const EpochRecord& record : records) text += nlohmann::json(record).dump() + "\n";
  return WriteTextAtomically(path, text);
}

Status WriteTensorBoard(const std::string& path, const std::vector<EpochRecord>& records, double wall_time) {
  std::string file;
  AppendRecord(file, Event(wall_time, 0, {}));
  for (const EpochRecord& record : records) {
    std::vector<std::pair<std::string, double>> scalars = {
        {"loss/train", record.train_loss},         {"loss/val", record.val_loss},
        {"accuracy/train", record.train_accuracy}, {"accuracy/val", record.val_accuracy},
        {"learning_rate", record.learning_rate},   {"photos_per_s", record.photos_per_s}};
    for (const auto& [task, accuracy] : record.val_accuracy_of) scalars.emplace_back("accuracy/val/" + task, accuracy);
    AppendRecord(file, Event(wall_time + record.epoch, record.epoch, scalars));
  }
  return WriteTextAtomically(path, file);
}

}  // namespace frond

#include "src/weights/safetensors_header.h"

#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "src/base/format.h"
#include "src/weights/convert_bytes.h"

namespace frond {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxTensors = 65536;
constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxRank = 16;
constexpr size_t kMaxMetadata = 4096;           // entries; ours has four, others' about ten
constexpr size_t kMaxMetadataBytes = 80 << 20;  // keys and values; the largest labels that are read take 64 MiB
constexpr const char* kRemedy = "write it again with the safetensors library";

// The header's whole grammar is four levels deep, so this is a state machine over
// SAX events and never builds a tree: {name: {"dtype", "shape": [], "data_offsets": []},
// "__metadata__": {string: string}}. Returning false stops the parser.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  SafetensorsHeader header;
  Error error;

  bool start_object(size_t) override {
    switch (state_) {
      case State::kStart: state_ = State::kTop; return true;
      case State::kName:
        state_ = State::kTensor;
        seen_ = 0;
        return true;
      case State::kMetadataName: state_ = State::kMetadata; return true;
      default: return Unexpected("an object");
    }
  }

  bool key(string_t& text) override {
    if (state_ == State::kTop) return TopKey(text);
    if (state_ == State::kMetadata) {
      if (header.metadata.size() == kMaxMetadata)
        return TooLarge(StrCat("__metadata__ has more than ", kMaxMetadata, " entries"));
      key_ = text;
      if (header.metadata.contains(key_)) return Fail(StrCat("metadata key ", Quote(key_), " appears twice"));
      state_ = State::kMetadataValue;
      return true;
    }
    const unsigned bit = text == "dtype" ? kDType : text == "shape" ? kShape : text == "data_offsets" ? kOffsets : 0u;
    if (bit == 0) return Fail(StrCat("tensor ", Tensor(), " has an unknown field ", Quote(text)));
    if ((seen_ & bit) != 0) return Fail(StrCat("tensor ", Tensor(), " has ", Quote(text), " twice"));
    seen_ |= bit;
    field_ = bit;
    state_ = State::kField;
    return true;
  }

  bool end_object() override {
    if (state_ == State::kTensor) {
      if (seen_ != (kDType | kShape | kOffsets)) {
        return Fail(StrCat("tensor ", Tensor(), " lacks one of dtype, shape, data_offsets"));
      }
      state_ = State::kTop;
    } else if (state_ == State::kMetadata) {
      state_ = State::kTop;
    } else {
      state_ = State::kDone;
    }
    return true;
  }

  bool start_array(size_t) override {
    if (state_ != State::kField || field_ == kDType) return Unexpected("an array");
    offsets_seen_ = 0;
    state_ = State::kArray;
    return true;
  }

  bool end_array() override {
    if (field_ == kOffsets && offsets_seen_ != 2) {
      return Fail(StrCat("tensor ", Tensor(), ": data_offsets wants two numbers, has ", offsets_seen_));
    }
    state_ = State::kTensor;
    return true;
  }

  bool string(string_t& text) override {
    if (state_ == State::kMetadataValue) {
      metadata_bytes_ += key_.size() + text.size();
      if (metadata_bytes_ > kMaxMetadataBytes)
        return TooLarge(StrCat("__metadata__ has more than ", kMaxMetadataBytes, " bytes"));
      header.metadata.emplace(key_, std::move(text));
      state_ = State::kMetadata;
      return true;
    }
    if (state_ != State::kField || field_ != kDType) return Unexpected("a string");
    header.entries.back().dtype = text;
    state_ = State::kTensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (state_ != State::kArray) return Unexpected("a number");
    SafetensorsEntry& entry = header.entries.back();
    if (field_ == kShape) {
      if (entry.shape.size() == kMaxRank) return Fail(StrCat("tensor ", Tensor(), " has more than 16 dimensions"));
      if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return Fail(StrCat("tensor ", Tensor(), ": extent ", number, " is out of range"));
      }
      entry.shape.push_back(static_cast<int64_t>(number));
      return true;
    }
    if (offsets_seen_ == 0) entry.begin = number;
    if (offsets_seen_ == 1) entry.end = number;
    if (++offsets_seen_ > 2) return Fail(StrCat("tensor ", Tensor(), ": data_offsets has more than two numbers"));
    return true;
  }

  bool number_integer(number_integer_t number) override {  // called for negative ones only
    return Fail(StrCat("negative number ", number, " for tensor ", Tensor()));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return Fail(StrCat("number ", Quote(text), " for tensor ", Tensor(), " is no 64-bit integer"));
  }
  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a boolean"); }
  bool binary(binary_t&) override { return Unexpected("binary data"); }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& exception) override {
    const std::string what = exception.what();
    const bool utf8 = what.find("UTF-8") != std::string::npos;
    return Fail(StrCat("header is not JSON at byte ", position, utf8 ? " (invalid UTF-8)" : ""));
  }

  bool Done() const { return state_ == State::kDone; }

 private:
  enum class State { kStart, kTop, kName, kTensor, kField, kArray, kMetadataName, kMetadata, kMetadataValue, kDone };
  static constexpr unsigned kDType = 1;
  static constexpr unsigned kShape = 2;
  static constexpr unsigned kOffsets = 4;

  bool TopKey(const std::string& text) {
    if (text == "__metadata__") {
      if (std::exchange(metadata_seen_, true)) return Fail("__metadata__ appears twice");
      state_ = State::kMetadataName;
      return true;
    }
    if (text.size() > kMaxNameBytes || !IsCleanUtf8(text)) {
      return Fail(StrCat("tensor name ", Quote(text), " is longer than 1024 bytes or has control characters"));
    }
    if (!names_.insert(text).second) return Fail(StrCat("tensor ", Quote(text), " appears twice"));
    if (header.entries.size() == kMaxTensors) return TooLarge("more than 65536 tensors");
    header.entries.emplace_back().name = text;
    state_ = State::kName;
    return true;
  }

  std::string Tensor() const { return header.entries.empty() ? "''" : Quote(header.entries.back().name); }

  bool Unexpected(const char* what) {
    switch (state_) {
      case State::kStart: return Fail(StrCat("header is ", what, ", not an object"));
      case State::kMetadataName: return Fail(StrCat("__metadata__ is ", what, ", not an object"));
      case State::kMetadataValue: return Fail(StrCat("metadata ", Quote(key_), " is ", what, ", not a string"));
      default: return Fail(StrCat("tensor ", Tensor(), " has ", what, " out of place"));
    }
  }

  bool TooLarge(std::string message) {
    error = Error{ErrorCode::kLimit, std::move(message), kRemedy};
    return false;
  }

  bool Fail(std::string message) {
    error = Error{ErrorCode::kBadFormat, std::move(message), kRemedy};
    return false;
  }

  State state_ = State::kStart;
  unsigned seen_ = 0;
  unsigned field_ = 0;
  int offsets_seen_ = 0;
  bool metadata_seen_ = false;
  size_t metadata_bytes_ = 0;
  std::string key_;
  std::unordered_set<std::string> names_;
};

}  // namespace

Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json) {
  // The parser takes a zero byte for the end, and would not see what hides behind it.
  if (json.find('\0') != std::string_view::npos) return Error{ErrorCode::kBadFormat, "header has a zero byte", kRemedy};
  HeaderHandler handler;
  try {
    const bool parsed =
        Json::sax_parse(json.begin(), json.end(), &handler, nlohmann::detail::input_format_t::json, true);
    if (!parsed || !handler.Done()) {
      if (handler.error.message.empty()) return Error{ErrorCode::kBadFormat, "header is not a JSON object", kRemedy};
      return handler.error;
    }
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kLimit, StrCat("no memory for a header of ", json.size(), " bytes"), kRemedy};
  } catch (const Json::exception& exception) {  // the library's edge
    return Error{ErrorCode::kBadFormat, StrCat("header cannot be parsed: ", exception.what()), kRemedy};
  }
  return std::move(handler.header);
}

}  // namespace frond

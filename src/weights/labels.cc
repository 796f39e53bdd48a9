#include "src/weights/labels.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "src/base/format.h"
#include "src/base/mapped_file.h"
#include "src/weights/convert_bytes.h"

namespace frond {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = 64 << 20;
constexpr size_t kMaxLabels = 1'000'000;  // ValidateSpec's limit of classes
constexpr size_t kMaxLabelBytes = 4096;
constexpr const char* kForms = R"(write ["cat", "dog"] or {"0": "cat", "1": "dog"} or, as text, one label a line)";

Error Bad(std::string message) { return Error{ErrorCode::kBadFormat, std::move(message), kForms}; }

Status CheckLabel(std::string_view label, size_t index) {
  if (label.empty()) return Bad(StrCat("label ", index, " is empty"));
  if (label.size() > kMaxLabelBytes)
    return Bad(StrCat("label ", index, " is ", label.size(), " bytes long, more than ", kMaxLabelBytes));
  if (!IsCleanUtf8(label)) return Bad(StrCat("label ", index, " ", Quote(label), " is not UTF-8 text of one line"));
  return {};
}

// Accepts one flat list or map of texts and stops at anything else.
class LabelsHandler : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Fail("null"); }
  bool boolean(bool) override { return Fail("a boolean"); }
  bool number_integer(number_integer_t) override { return Fail("a number"); }
  bool number_unsigned(number_unsigned_t) override { return Fail("a number"); }
  bool number_float(number_float_t, const string_t&) override { return Fail("a number"); }
  bool binary(binary_t&) override { return Fail("binary data"); }
  bool start_object(size_t) override { return Open(true); }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return Open(false); }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_ = Bad(StrCat("labels: not JSON at byte ", position));
    return false;
  }

  bool key(string_t& text) override {
    size_t index = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (code != std::errc() || end != text.data() + text.size() || index >= kMaxLabels)
      return Fail("the key " + Quote(text));
    index_ = index;
    return true;
  }

  bool string(string_t& text) override {
    if (!open_) return Fail("a lone text");
    const size_t index = map_ ? index_ : count_;
    if (const Status status = CheckLabel(text, index); !status.ok()) {
      error_ = status.error().In("labels");
      return false;
    }
    if (index >= kMaxLabels) {
      error_ = Error{ErrorCode::kLimit, StrCat("more than ", kMaxLabels, " labels"), ""};
      return false;
    }
    if (labels_.size() <= index) labels_.resize(index + 1);
    if (!labels_[index].empty()) return Fail(StrCat("the key ", index, " twice"));
    labels_[index] = text;
    ++count_;
    return true;
  }

  Result<std::vector<std::string>> Take() {
    if (error_) return *error_;
    if (count_ != labels_.size()) {
      size_t missing = 0;
      while (!labels_[missing].empty()) ++missing;
      return Bad(StrCat("labels: no label for class ", missing, ", though there is one for ", labels_.size() - 1));
    }
    return std::move(labels_);
  }

 private:
  bool Fail(const std::string& what) {
    error_ = Bad(StrCat("labels: ", what, " where a label is wanted"));
    return false;
  }
  bool Open(bool map) {
    if (open_) return Fail("a nested list or map");
    open_ = true;
    map_ = map;
    return true;
  }

  bool open_ = false;
  bool map_ = false;
  size_t index_ = 0;
  size_t count_ = 0;
  std::vector<std::string> labels_;
  std::optional<Error> error_;
};

Result<std::vector<std::string>> ParseLines(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    labels.emplace_back(line);
    if (labels.size() > kMaxLabels) return Error{ErrorCode::kLimit, StrCat("more than ", kMaxLabels, " labels"), ""};
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  for (size_t i = 0; i < labels.size(); ++i) {
    if (const Status status = CheckLabel(labels[i], i); !status.ok()) return status.error().In(StrCat("line ", i + 1));
  }
  return labels;
}

}  // namespace

Result<std::vector<std::string>> ParseLabelsJson(std::string_view json) {
  if (json.size() > kMaxBytes) return Error{ErrorCode::kLimit, StrCat("labels of ", json.size(), " bytes"), ""};
  // The parser takes a zero byte for the end, and would not see what hides behind it.
  if (json.find('\0') != std::string_view::npos) return Bad("labels: the JSON has a zero byte");
  LabelsHandler handler;
  Json::sax_parse(json.begin(), json.end(), &handler);
  return handler.Take();
}

Result<std::vector<std::string>> ReadLabelsFile(const std::string& path) {
  FROND_ASSIGN(const MappedFile file, MappedFile::Open(path));
  std::string_view text = AsText(file.bytes());
  if (text.size() > kMaxBytes) return Error{ErrorCode::kLimit, StrCat(path, ": labels of ", text.size(), " bytes"), ""};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Bad(path + ": no labels");
  const bool json = text[first] == '[' || text[first] == '{';
  Result<std::vector<std::string>> labels = json ? ParseLabelsJson(text) : ParseLines(text);
  if (!labels.ok()) return labels.error().In(path);
  return labels;
}

std::string LabelsToJson(const std::vector<std::string>& labels) {
  return Json(labels).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace frond

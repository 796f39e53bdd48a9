#include "src/weights/hub_config.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "src/base/format.h"
#include "src/base/mapped_file.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/labels.h"

namespace frond {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = 16 << 20;

// Values deeper than any config nests are dropped while parsing: destroying a
// tree a million deep would overflow the stack.
Json ParseShallow(std::string_view text) {
  constexpr int kMaxDepth = 16;
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= kMaxDepth; };
  return Json::parse(text.begin(), text.end(), shallow, /*allow_exceptions=*/false);
}

// Reads members of one object and keeps the first complaint.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  const Json* Find(const char* key) const {
    const auto found = object_.is_object() ? object_.find(key) : object_.end();
    return !object_.is_object() || found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string Text(const char* key) {
    const Json* json = Find(key);
    if (json == nullptr) return "";
    if (!json->is_string()) return Complain(key), "";
    return json->get<std::string>();
  }

  std::vector<double> Numbers(const char* key, size_t count) {
    const Json* json = Find(key);
    if (json == nullptr) return {};
    std::vector<double> values;
    if (json->is_array() && json->size() == count) {
      for (const Json& value : *json) {
        if (value.is_number()) values.push_back(value.get<double>());
      }
    }
    if (values.size() != count) return Complain(key), std::vector<double>{};
    return values;
  }

  void Complain(const char* key) {
    if (complaint_.empty()) complaint_ = StrCat("field ", Quote(key), " cannot be used");
  }
  const std::string& complaint() const { return complaint_; }

 private:
  const Json& object_;
  std::string complaint_;
};

template <class T>
void ReadWord(Fields& fields, const char* key, std::initializer_list<std::pair<const char*, T>> words,
              std::optional<T>& out) {
  const std::string text = fields.Text(key);
  if (text.empty()) return;
  for (const auto& [word, value] : words) {
    if (text == word) out = value;
  }
  if (!out) fields.Complain(key);
}

void ReadTriple(Fields& fields, const char* key, std::optional<std::array<double, 3>>& out) {
  if (const std::vector<double> values = fields.Numbers(key, 3); !values.empty())
    out = {values[0], values[1], values[2]};
}

void ReadPretrained(Fields& fields, HubConfig& config) {
  config.tag = fields.Text("tag");
  if (const std::vector<double> size = fields.Numbers("input_size", 3); !size.empty()) {
    // ValidateSpec sees the values again; here they only have to fit an int.
    if (size[1] >= 1 && size[1] <= 1e6 && size[2] >= 1 && size[2] <= 1e6) {
      config.height = static_cast<int>(size[1]);
      config.width = static_cast<int>(size[2]);
    } else {
      fields.Complain("input_size");
    }
  }
  if (const Json* crop = fields.Find("crop_pct"); crop != nullptr) {
    if (crop->is_number())
      config.crop_pct = crop->get<double>();
    else
      fields.Complain("crop_pct");
  }
  ReadWord<ResizeMode>(fields, "crop_mode",
                       {{"center", ResizeMode::kCrop}, {"squash", ResizeMode::kSquash}, {"border", ResizeMode::kPad}},
                       config.mode);
  ReadWord<Interpolation>(fields, "interpolation",
                          {{"bicubic", Interpolation::kBicubic}, {"bilinear", Interpolation::kBilinear}},
                          config.interpolation);
  ReadTriple(fields, "mean", config.mean);
  ReadTriple(fields, "std", config.std);
}

}  // namespace

Result<std::optional<HubConfig>> ParseHubConfig(std::string_view text) {
  const auto bad = [](std::string message) {
    return Error{ErrorCode::kBadFormat, std::move(message), "correct or remove the file, or choose with --arch"};
  };
  // The parser takes a zero byte for the end, and would not see what hides behind it.
  if (text.find('\0') != std::string_view::npos) return bad("a zero byte");
  const Json json = ParseShallow(text);
  if (json.is_discarded()) return bad("not JSON");
  Fields top(json);
  HubConfig config;
  config.architecture = top.Text("architecture");
  if (config.architecture.empty() && top.complaint().empty()) return std::optional<HubConfig>();
  const Json* pretrained = top.Find("pretrained_cfg");
  Fields fields(pretrained != nullptr ? *pretrained : json);
  ReadPretrained(fields, config);
  const Json* labels = top.Find("label_names");
  if (labels == nullptr) labels = fields.Find("label_names");
  if (labels != nullptr) {
    Result<std::vector<std::string>> list =
        ParseLabelsJson(labels->dump(-1, ' ', false, Json::error_handler_t::replace));
    if (!list.ok()) return list.error().In("label_names");
    config.labels = std::move(list).value();
  }
  for (const std::string* complaint : {&top.complaint(), &fields.complaint()}) {
    if (!complaint->empty()) return bad(*complaint);
  }
  return std::optional<HubConfig>(std::move(config));
}

void HubConfig::ApplyTo(Preprocessing& preprocessing) const {
  preprocessing.height = height.value_or(preprocessing.height);
  preprocessing.width = width.value_or(preprocessing.width);
  preprocessing.crop_pct = crop_pct.value_or(preprocessing.crop_pct);
  preprocessing.mode = mode.value_or(preprocessing.mode);
  preprocessing.interpolation = interpolation.value_or(preprocessing.interpolation);
  preprocessing.mean = mean.value_or(preprocessing.mean);
  preprocessing.std = std.value_or(preprocessing.std);
}

Result<std::optional<HubConfig>> ReadHubConfig(const std::string& weights_path) {
  const std::string path = std::filesystem::path(weights_path).replace_filename("config.json").string();
  Result<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) {
    if (file.error().code == ErrorCode::kNotFound) return std::optional<HubConfig>();
    return file.error();
  }
  const std::string_view text = AsText(file->bytes());
  if (text.size() > kMaxBytes)
    return Error{ErrorCode::kLimit, StrCat(path, ": ", text.size(), " bytes"), "no config is that large: move it away"};
  Result<std::optional<HubConfig>> config = ParseHubConfig(text);
  if (!config.ok()) return config.error().In(path);
  return config;
}

}  // namespace frond

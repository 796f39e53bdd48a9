#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include "frond/spec.h"
#include "src/base/format.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

template <class Enum>
struct EnumName {
  Enum value;
  const char* name;
};

constexpr std::array<EnumName<Activation>, 2> kActivations = {
    {{Activation::kSwish, "swish"}, {Activation::kRelu6, "relu6"}}};
constexpr std::array<EnumName<Padding>, 2> kPaddings = {{{Padding::kSymmetric, "symmetric"}, {Padding::kSame, "same"}}};
constexpr std::array<EnumName<BlockKind>, 2> kKinds = {
    {{BlockKind::kMBConv, "mbconv"}, {BlockKind::kFusedMBConv, "fused_mbconv"}}};
constexpr std::array<EnumName<ResizeMode>, 3> kModes = {
    {{ResizeMode::kCrop, "crop"}, {ResizeMode::kSquash, "squash"}, {ResizeMode::kPad, "pad"}}};
constexpr std::array<EnumName<Interpolation>, 2> kInterpolations = {
    {{Interpolation::kBilinear, "bilinear"}, {Interpolation::kBicubic, "bicubic"}}};

constexpr const auto& NamesOf(Activation) { return kActivations; }
constexpr const auto& NamesOf(Padding) { return kPaddings; }
constexpr const auto& NamesOf(BlockKind) { return kKinds; }
constexpr const auto& NamesOf(ResizeMode) { return kModes; }
constexpr const auto& NamesOf(Interpolation) { return kInterpolations; }

// One list of fields serves both directions: reading and writing visit it.
template <class Visitor, class T>
void VisitStage(Visitor& v, T& stage) {
  v("kind", stage.kind);
  v("kernel", stage.kernel);
  v("stride", stage.stride);
  v("expand_ratio", stage.expand_ratio);
  v("channels", stage.channels);
  v("layers", stage.layers);
  v("se_ratio", stage.se_ratio);
}

template <class Visitor, class T>
void VisitPreprocessing(Visitor& v, T& preprocessing) {
  v("height", preprocessing.height);
  v("width", preprocessing.width);
  v("crop_pct", preprocessing.crop_pct);
  v("mode", preprocessing.mode);
  v("interpolation", preprocessing.interpolation);
  v("mean", preprocessing.mean);
  v("std", preprocessing.std);
  v("draft", preprocessing.draft);
}

template <class Visitor, class T>
void VisitGroupNorm(Visitor& v, T& group_norm) {
  v("channels_per_group", group_norm.channels_per_group);
  v("from_block", group_norm.from_block);
}

template <class Visitor, class T>
void VisitSpec(Visitor& v, T& spec) {
  v("name", spec.name);
  v("stem_channels", spec.stem_channels);
  v("stages", spec.stages);
  v("head_channels", spec.head_channels);
  v("hidden_units", spec.hidden_units);
  v("num_classes", spec.num_classes);
  v("activation", spec.activation);
  v("padding", spec.padding);
  v("bn_epsilon", spec.bn_epsilon);
  v("bn_momentum", spec.bn_momentum);
  v("group_norm", spec.group_norm);
  v("dropout", spec.dropout);
  v("drop_path", spec.drop_path);
  v("preprocessing", spec.preprocessing);
}

struct Writer {
  Json out = Json::object();

  template <class T>
  void operator()(const char* field, const T& value) {
    if constexpr (std::is_enum_v<T>) {
      for (const auto& row : NamesOf(value)) {
        if (row.value == value) out[field] = row.name;
      }
    } else if constexpr (std::is_same_v<T, Preprocessing>) {
      Writer nested;
      VisitPreprocessing(nested, value);
      out[field] = std::move(nested.out);
    } else if constexpr (std::is_same_v<T, GroupNormSpec>) {
      if (value == GroupNormSpec{}) return;
      Writer nested;
      VisitGroupNorm(nested, value);
      out[field] = std::move(nested.out);
    } else if constexpr (std::is_same_v<T, std::vector<StageSpec>>) {
      out[field] = Json::array();
      for (const StageSpec& stage : value) {
        Writer nested;
        VisitStage(nested, stage);
        out[field].push_back(std::move(nested.out));
      }
    } else {
      out[field] = value;
    }
  }
};

// Fills a struct from an object and keeps the first error; Finish() also refuses fields nobody asked for.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) Fail("", "is not an object", "write it in braces");
  }

  template <class T>
  void operator()(const char* field, T& value) {
    if (!status_.ok()) return;
    const auto found = object_.find(field);
    if (found == object_.end()) return;
    ++known_;
    Read(field, *found, value);
  }

  Status Finish(const std::vector<std::string>& known_names) {
    if (!status_.ok() || known_ == object_.size()) return status_;
    for (const auto& item : object_.items()) {
      if (std::find(known_names.begin(), known_names.end(), item.key()) == known_names.end()) {
        Fail(item.key(), "is no field of it", "remove it, or check its spelling");
        break;
      }
    }
    return status_;
  }

  const Status& status() const { return status_; }

 private:
  void Fail(std::string_view field, const std::string& what, const std::string& remedy) {
    if (!status_.ok()) return;
    status_ = Error{ErrorCode::kInvalidArgument, StrCat("spec: ", where_, Quote(field), " ", what), remedy};
  }

  void Read(const char* field, const Json& json, int& value) {
    if (!json.is_number_integer() || json.get<double>() < std::numeric_limits<int>::min() ||
        json.get<double>() > std::numeric_limits<int>::max()) {
      return Fail(
          field, StrCat("is ", Quote(json.dump(-1, ' ', true, Json::error_handler_t::replace)), ", not a whole number"),
          "give a whole number");
    }
    value = json.get<int>();
  }
  void Read(const char* field, const Json& json, double& value) {
    if (!json.is_number()) return Fail(field, "is not a number", "give a number");
    value = json.get<double>();
  }
  void Read(const char* field, const Json& json, bool& value) {
    if (!json.is_boolean()) return Fail(field, "is neither true nor false", "give one of them");
    value = json.get<bool>();
  }
  void Read(const char* field, const Json& json, std::string& value) {
    if (!json.is_string()) return Fail(field, "is not a text", "put it in quotes");
    value = json.get<std::string>();
  }
  void Read(const char* field, const Json& json, std::array<double, 3>& value) {
    if (!json.is_array() || json.size() != 3)
      return Fail(field, "is not a list of three numbers", "give one for each of R, G, B");
    for (size_t i = 0; i < 3; ++i) Read(field, json[i], value[i]);
  }
  void Read(const char* field, const Json& json, std::vector<StageSpec>& value);
  void Read(const char* field, const Json& json, Preprocessing& value);
  void Read(const char* field, const Json& json, GroupNormSpec& value);

  template <class Enum>
    requires std::is_enum_v<Enum>
  void Read(const char* field, const Json& json, Enum& value) {
    std::string choices;
    for (const auto& row : NamesOf(value)) {
      if (json == row.name) {
        value = row.value;
        return;
      }
      choices += choices.empty() ? row.name : StrCat(" or ", row.name);
    }
    Fail(field, "has an unknown value", StrCat("give ", choices));
  }

  const Json& object_;
  std::string where_;
  size_t known_ = 0;
  Status status_;
};

// The names a Visit function passes on.
struct NameCollector {
  std::vector<std::string> names;
  template <class T>
  void operator()(const char* field, const T& /*value*/) {
    names.emplace_back(field);
  }
};

template <class T, class VisitFn>
Status ReadStruct(const Json& json, const std::string& where, T& value, VisitFn visit) {
  Reader reader(json, where);
  visit(reader, value);
  NameCollector collector;
  visit(collector, value);
  return reader.Finish(collector.names);
}

constexpr auto kVisitStage = [](auto& v, auto& s) { VisitStage(v, s); };
constexpr auto kVisitPreprocessing = [](auto& v, auto& p) { VisitPreprocessing(v, p); };
constexpr auto kVisitGroupNorm = [](auto& v, auto& g) { VisitGroupNorm(v, g); };
constexpr auto kVisitSpec = [](auto& v, auto& s) { VisitSpec(v, s); };

void Reader::Read(const char* field, const Json& json, std::vector<StageSpec>& value) {
  if (!json.is_array()) return Fail(field, "is not a list", "give the stages in brackets");
  value.clear();
  for (size_t i = 0; i < json.size() && status_.ok(); ++i) {
    status_ = ReadStruct(json[i], StrCat(where_, field, "[", i, "]."), value.emplace_back(), kVisitStage);
  }
}

void Reader::Read(const char* field, const Json& json, Preprocessing& value) {
  status_ = ReadStruct(json, StrCat(where_, field, "."), value, kVisitPreprocessing);
}

void Reader::Read(const char* field, const Json& json, GroupNormSpec& value) {
  status_ = ReadStruct(json, StrCat(where_, field, "."), value, kVisitGroupNorm);
}

// nlohmann's parser keeps its own stack on the heap, but destroying a value
// nested a million deep would not: a spec has four levels.
bool TooDeep(std::string_view json) {
  constexpr int kMaxDepth = 16;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::string SpecToJson(const Spec& spec) {
  Writer writer;
  VisitSpec(writer, spec);
  return writer.out.dump(2, ' ', false, Json::error_handler_t::replace);
}

Result<Spec> SpecFromJson(std::string_view text) {
  constexpr size_t kMaxBytes = size_t{64} << 10;  // the largest published network takes 3 KiB
  if (text.size() > kMaxBytes) {
    return Error{ErrorCode::kLimit, StrCat("spec: ", text.size(), " bytes of JSON"),
                 StrCat("give at most ", kMaxBytes)};
  }
  const Json json = TooDeep(text) || text.find('\0') != text.npos
                        ? Json(Json::value_t::discarded)
                        : Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return Error{ErrorCode::kBadFormat, StrCat("spec: ", Quote(text.substr(0, 40)), " is not valid JSON"),
                 "`frond info b0 --spec` prints one to start from"};
  }
  Spec spec;
  FROND_RETURN_IF_ERROR(ReadStruct(json, "", spec, kVisitSpec));
  FROND_RETURN_IF_ERROR(ValidateSpec(spec));
  return spec;
}

}  // namespace frond

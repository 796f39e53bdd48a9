#include "cli/predict_output.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/output.h"
#include "src/base/format.h"

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool IsUtf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::exception&) {  // the library's only way to say it
    return false;
  }
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return out;
}

// Microseconds are what a clock tells apart; more digits are noise.
double Rounded(double ms) { return std::round(ms * 1000) / 1000; }

std::string Fixed(double value, int decimals) {
  char text[48];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

std::string Describe(const Timing& timing) {
  return StrCat("decode ", Fixed(timing.decode_ms, 1), " ms, preprocess ", Fixed(timing.preprocess_ms, 1),
                " ms, inference ", Fixed(timing.inference_ms, 1), " ms");
}

}  // namespace

bool PredictWriter::Begin() {
  if (!json_) return true;
  const Json model = {
      {"name", std::filesystem::path(file_).stem().string()}, {"arch", model_.spec().name}, {"file", file_}};
  return Print(StrCat("{\n  \"model\": ", Dump(model), ",\n  \"results\": [")) == kExitOk;
}

bool PredictWriter::Write(const Answer& answer) {
  const bool first = answered_ + failed_ == 0;
  if (answer.error) {
    ++failed_;
    if (!json_) Fail(*answer.error, false);
  } else {
    ++answered_;
    sum_.decode_ms += answer.timing.decode_ms;
    sum_.preprocess_ms += answer.timing.preprocess_ms;
    sum_.inference_ms += answer.timing.inference_ms;
  }
  if (json_) return Print(StrCat(first ? "\n    " : ",\n    ", Element(answer))) == kExitOk;
  return answer.error || Print(Text(answer)) == kExitOk;
}

bool PredictWriter::End(int64_t skipped, bool interrupted) {
  if (!json_) return Print(Summary(skipped, interrupted)) == kExitOk;
  const bool empty = answered_ + failed_ == 0;
  return Print(StrCat(empty ? "" : "\n  ", "],\n  \"skipped\": ", skipped,
                      interrupted ? ",\n  \"interrupted\": true" : "", "\n}\n")) == kExitOk;
}

std::string PredictWriter::Text(const Answer& answer) const {
  const std::vector<std::string>& labels = model_.labels();
  std::string text = Clean(answer.path) + "\n";
  for (const Score& score : answer.scores) {
    const std::string percent = Fixed(100.0 * static_cast<double>(score.score), 2);
    text +=
        StrCat(std::string(8 - std::min<size_t>(8, percent.size()), ' '), percent, " %  ",
               labels.empty() ? StrCat("class ", score.index) : Clean(labels[static_cast<size_t>(score.index)]), "\n");
  }
  return text;
}

std::string PredictWriter::Element(const Answer& answer) const {
  Json json = {{"path", answer.path}};
  if (!IsUtf8(answer.path)) json["path_base64"] = Base64(answer.path);
  if (answer.error) {
    json["error"] = {{"code", ErrorCodeName(answer.error->code)},
                     {"message", answer.error->message},
                     {"remedy", answer.error->remedy}};
    return Dump(json);
  }
  json["labels"] = Json::array();
  for (const Score& score : answer.scores) {
    Json label = {{"index", score.index}, {"label", nullptr}, {"score", score.score}};
    if (!model_.labels().empty()) label["label"] = model_.labels()[static_cast<size_t>(score.index)];
    json["labels"].push_back(std::move(label));
  }
  json["timing_ms"] = {{"decode", Rounded(answer.timing.decode_ms)},
                       {"preprocess", Rounded(answer.timing.preprocess_ms)},
                       {"inference", Rounded(answer.timing.inference_ms)}};
  return Dump(json);
}

std::string PredictWriter::Summary(int64_t skipped, bool interrupted) const {
  std::string text = StrCat(answered_, answered_ == 1 ? " photo" : " photos");
  if (answered_ > 0) {
    const auto count = static_cast<double>(answered_);
    text += StrCat(": ", Describe({sum_.decode_ms / count, sum_.preprocess_ms / count, sum_.inference_ms / count}),
                   answered_ > 1 ? " each" : "");
  }
  if (failed_ > 0) text += StrCat("; ", failed_, " could not be answered");
  if (skipped > 0) text += StrCat("; ", skipped, skipped == 1 ? " file that is no photo" : " files that are no photos");
  if (interrupted) text += "; interrupted";
  return text + "\n";
}

}  // namespace frond::cli

#include "cli/predict_output.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "src/base/base64.h"
#include "src/base/format.h"
#include "src/base/text.h"
#include "src/classify/answer_json.h"

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsUtf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::exception&) {  // the library's only way to say it
    return false;
  }
}

std::string Describe(const PhotoTiming& timing) {
  return StrCat("decode ", Fixed(timing.decode_ms, 1), " ms, preprocess ", Fixed(timing.preprocess_ms, 1),
                " ms, inference ", Fixed(timing.inference_ms, 1), " ms");
}

}  // namespace

bool PredictWriter::Begin() {
  if (!json_) return true;
  const Json model = {
      {"name", std::filesystem::path(file_).stem().string()}, {"arch", model_.spec().name}, {"file", file_}};
  return Print(StrCat("{\n  \"model\": ", DumpJson(model), ",\n  \"results\": [")) == kExitOk;
}

bool PredictWriter::Write(const PhotoAnswer& answer) {
  const bool first = answered_ + failed_ == 0;
  const Result<Scores> scores =
      answer.error ? Result<Scores>(*answer.error) : TopScoresByTask(model_, answer.logits, top_);
  if (!scores.ok()) {
    ++failed_;
    if (!json_) Fail(scores.error(), false);
  } else {
    ++answered_;
    sum_.decode_ms += answer.timing.decode_ms;
    sum_.preprocess_ms += answer.timing.preprocess_ms;
    sum_.inference_ms += answer.timing.inference_ms;
  }
  if (json_) return Print(StrCat(first ? "\n    " : ",\n    ", Element(answer, scores))) == kExitOk;
  return !scores.ok() || Print(Text(answer, *scores)) == kExitOk;
}

bool PredictWriter::End(int64_t skipped, bool interrupted) {
  if (!json_) return Print(Summary(skipped, interrupted)) == kExitOk;
  const bool empty = answered_ + failed_ == 0;
  return Print(StrCat(empty ? "" : "\n  ", "],\n  \"skipped\": ", skipped,
                      interrupted ? ",\n  \"interrupted\": true" : "", "\n}\n")) == kExitOk;
}

std::string PredictWriter::Text(const PhotoAnswer& answer, const Scores& scores) const {
  const std::vector<std::string>& labels = model_.labels();
  std::string text = Clean(answer.path) + "\n";
  for (const TaskScores& task : scores) {
    if (!task.task.empty()) text += "  " + Clean(task.task) + "\n";
    for (const Score& score : task.scores) {
      const std::string percent = Fixed(100.0 * static_cast<double>(score.score), 2);
      text += StrCat(std::string(8 - std::min<size_t>(8, percent.size()), ' '), percent, " %  ",
                     labels.empty() ? StrCat("class ", score.index) : Clean(labels[static_cast<size_t>(score.index)]),
                     "\n");
    }
  }
  return text;
}

std::string PredictWriter::Element(const PhotoAnswer& answer, const Result<Scores>& scores) const {
  Json json = {{"path", answer.path}};
  if (!IsUtf8(answer.path)) json["path_base64"] = Base64(answer.path);
  if (!scores.ok()) {
    json["error"] = ErrorToJson(scores.error());
    return DumpJson(json);
  }
  AddScores(model_, *scores, json);
  json["timing_ms"] = {{"decode", RoundedMs(answer.timing.decode_ms)},
                       {"preprocess", RoundedMs(answer.timing.preprocess_ms)},
                       {"inference", RoundedMs(answer.timing.inference_ms)}};
  return DumpJson(json);
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

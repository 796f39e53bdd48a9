#include "cli/info_table.h"

#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "src/base/format.h"

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Size(int height, int width) { return StrCat(height, "x", width); }

std::string Triple(const std::array<double, 3>& values) { return StrCat(values[0], ", ", values[1], ", ", values[2]); }

const char* ModeName(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kCrop: return "centre crop";
    case ResizeMode::kSquash: return "squash";
    case ResizeMode::kPad: return "pad";
  }
  return "";
}

std::string DescribeNorms(const Spec& spec) {
  const GroupNormSpec& groups = spec.group_norm;
  std::string epsilon = StrCat("batch-norm epsilon ", spec.bn_epsilon);
  if (groups.channels_per_group == 0) return epsilon;
  return StrCat(epsilon, ", GroupNorms of ", groups.channels_per_group, " channels from block ", groups.from_block,
                " on");
}

std::string DescribePreprocessing(const Preprocessing& p) {
  return StrCat("preprocessing  ", Size(p.height, p.width), " px, ", ModeName(p.mode),
                p.mode == ResizeMode::kCrop || p.crop_pct != 1 ? StrCat(" of ", p.crop_pct) : "", ", ",
                p.interpolation == Interpolation::kBicubic ? "bicubic" : "bilinear", p.draft ? ", JPEG drafts" : "",
                "\n               mean ", Triple(p.mean), "; std ", Triple(p.std), "\n");
}

bool HaveNames(const std::vector<Task>& tasks) { return !tasks.empty() && !tasks.front().name.empty(); }

std::string DescribeTasks(const std::vector<Task>& tasks) {
  if (!HaveNames(tasks)) return "";
  std::string text;
  for (const Task& task : tasks) {
    text += StrCat(text.empty() ? "\ntasks          " : ", ", Clean(task.name), " (", task.classes,
                   task.classes == 1 ? " class)" : " classes)");
  }
  return text;
}

std::string DescribeFile(const FileFacts& file) {
  return StrCat("file           ", Clean(file.path), ", ", Bytes(file.bytes), ", ",
                file.labels > 0 ? StrCat(file.labels, " labels") : "no labels", DescribeTasks(file.tasks),
                file.source_json.empty() ? "" : "\nsource         " + Clean(file.source_json), "\n");
}

Json StageJson(const StageCost& stage) {
  return {{"operator", stage.op},    {"height", stage.in_height},
          {"width", stage.in_width}, {"channels", stage.channels},
          {"layers", stage.layers},  {"parameters", stage.parameters},
          {"macs", stage.macs},      {"activation_bytes", stage.activation_bytes}};
}

Json SubjectJson(const Subject& subject) {
  Json json = {{"name", subject.spec.name},
               {"height", subject.height},
               {"width", subject.width},
               {"parameters", subject.cost.parameters},
               {"macs", subject.cost.macs},
               {"peak_activation_bytes", subject.cost.peak_activation_bytes},
               {"file_bytes", subject.file ? subject.file->bytes : subject.cost.file_bytes},
               {"stages", Json::array()},
               {"spec", Json::parse(SpecToJson(subject.spec), nullptr, false)}};
  for (const StageCost& stage : subject.cost.stages) json["stages"].push_back(StageJson(stage));
  if (subject.file) {
    json["file"] = subject.file->path;
    json["labels"] = subject.file->labels;
    if (HaveNames(subject.file->tasks)) {
      for (const Task& task : subject.file->tasks) {
        json["tasks"].push_back({{"name", task.name}, {"classes", task.classes}});
      }
    }
    json["source"] = subject.file->source_json;  // a text: what a file says is not parsed for show
  }
  return json;
}

}  // namespace

std::string DescribeOne(const Subject& subject) {
  std::vector<std::vector<std::string>> rows = {
      {"stage", "operator", "input", "channels", "layers", "params", "MACs", "activations"}};
  for (size_t i = 0; i < subject.cost.stages.size(); ++i) {
    const StageCost& stage = subject.cost.stages[i];
    rows.push_back({StrCat(i + 1), stage.op, Size(stage.in_height, stage.in_width), StrCat(stage.channels),
                    StrCat(stage.layers), Count(stage.parameters), Count(stage.macs), Bytes(stage.activation_bytes)});
  }
  const Spec& spec = subject.spec;
  const NetworkCost& cost = subject.cost;
  return StrCat(Clean(spec.name), " at ", Size(subject.height, subject.width), " px, ",
                spec.num_classes > 0 ? StrCat(spec.num_classes, " classes") : "feature extractor", "\n\n",
                Table(rows, 2), "\n", "parameters     ", Count(cost.parameters), " (", cost.parameters, ")\n",
                "MACs           ", Count(cost.macs), " for one image\n", "activations    ",
                Bytes(cost.peak_activation_bytes), " at the peak, float32\n", "model file     ", Bytes(cost.file_bytes),
                ", float32\n", "dialect        ", spec.padding == Padding::kSame ? "\"same\"" : "symmetric",
                " padding, ", DescribeNorms(spec), ", ", spec.activation == Activation::kRelu6 ? "ReLU6" : "swish",
                "\n", DescribePreprocessing(spec.preprocessing), subject.file ? DescribeFile(*subject.file) : "");
}

std::string Compare(const std::vector<Subject>& subjects) {
  std::vector<std::vector<std::string>> rows = {{"model", "input", "params", "MACs", "activations", "file"}};
  for (const Subject& subject : subjects) {
    const NetworkCost& cost = subject.cost;
    rows.push_back({Clean(subject.file ? subject.file->path : subject.spec.name), Size(subject.height, subject.width),
                    Count(cost.parameters), Count(cost.macs), Bytes(cost.peak_activation_bytes),
                    Bytes(subject.file ? subject.file->bytes : cost.file_bytes)});
  }
  return Table(rows);
}

std::string InfoDocument(const std::vector<Subject>& subjects, const CompoundScaling* scaling) {
  Json json = {{"models", Json::array()}};
  for (const Subject& subject : subjects) json["models"].push_back(SubjectJson(subject));
  if (scaling != nullptr) {
    json["scaling"] = {{"phi", scaling->phi},
                       {"alpha", scaling->alpha},
                       {"beta", scaling->beta},
                       {"gamma", scaling->gamma},
                       {"depth", scaling->depth()},
                       {"width", scaling->width()},
                       {"resolution", scaling->resolution()},
                       {"cost_growth", scaling->cost_growth()}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frond::cli

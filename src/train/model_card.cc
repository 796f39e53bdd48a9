#include "src/train/model_card.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "src/base/format.h"
#include "src/base/write_file.h"

namespace frond {
namespace {

// A JSON string is a YAML one too (YAML 1.2, section 1.3).
std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Text of a file's or folder's name that Markdown leaves as it is.
std::string Plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) continue;
    if (std::string_view("\\`*_[]<>|#&").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string MetricsYaml(const std::string& split, const std::string& data, const Evaluation& evaluation) {
  const std::string of = evaluation.task.empty() ? "" : " of " + evaluation.task;
  return StrCat("    - task:\n        type: image-classification\n      dataset:\n        type: folder\n        name: ",
                Quoted(data), "\n        split: ", split, "\n      metrics:\n        - type: accuracy\n",
                of.empty() ? "" : StrCat("          name: ", Quoted("accuracy" + of), "\n"),
                "          value: ", evaluation.top1,
                "\n        - type: f1\n          name: ", of.empty() ? "macro F1" : Quoted("macro F1" + of),
                "\n          value: ", evaluation.macro_f1, "\n");
}

std::string Row(const char* split, const Evaluation& e) {
  return StrCat("| ", split, e.task.empty() ? "" : StrCat(", ", Plain(e.task)), " | ", e.n, " | ", e.top1, " (",
                e.top1_interval.low, " to ", e.top1_interval.high, ") | ", e.macro_f1, " | ", e.ece, " |\n");
}

// A list of them, for each task that has a name under that.
std::string Classes(const Dataset& dataset) {
  std::string out;
  for (const Task& task : dataset.tasks) {
    if (!task.name.empty()) out += StrCat(out.empty() ? "" : "\n", "### ", Plain(task.name), "\n\n");
    for (const std::string& label : dataset.LabelsOf(task)) out += StrCat("- ", Plain(label), "\n");
  }
  return out;
}

}  // namespace

Status WriteModelCard(const std::string& path, const TrainOptions& options, const Setup& setup,
                      const TrainResult& result) {
  const Spec& spec = setup.module.spec();
  const std::string data = std::filesystem::path(options.data).lexically_normal().filename().string();
  std::string card =
      StrCat("---\nlibrary_name: frond\npipeline_tag: image-classification\ntags:\n  - image-classification\n  - ",
             Quoted(spec.name), "\nmodel-index:\n- name: ", Quoted(spec.name + " on " + data), "\n  results:\n");
  for (const Evaluation& one : result.val) card += MetricsYaml("validation", data, one);
  for (const Evaluation& one : result.test) card += MetricsYaml("test", data, one);
  const bool measured = !result.val.empty() || !result.test.empty();
  if (!measured) card += "    []\n";
  card += StrCat("---\n\n# ", Plain(spec.name), " on ", Plain(data), "\n\nFine-tuned with frond from ",
                 options.pretrained.empty() ? "random weights"
                                            : Plain(std::filesystem::path(options.pretrained).filename().string()),
                 ": ", setup.dataset.Indices(Split::kTrain).size(), " photos, ", spec.num_classes, " classes, best of ",
                 options.epochs, " epochs: ", result.best_epoch,
                 ".\n\n## Use\n\n```\nfrond predict model.safetensors PHOTO\n```\n\n");
  if (measured) {
    card +=
        "## Measured\n\n| split | photos | accuracy (95 %) | macro F1 | calibration error |\n| --- | --- | --- | --- | "
        "--- |\n";
    for (const Evaluation& one : result.val) card += Row("validation", one);
    for (const Evaluation& one : result.test) card += Row("test", one);
  }
  card += StrCat(
      "\nValidation chose the epoch and the temperature (", Plain(TemperatureText(result)),
      "): its figures flatter. What the photos are worth stands in the audit of `report.html`.\n\n## Classes\n\n");
  return WriteTextAtomically(path, card + Classes(setup.dataset));
}

}  // namespace frond

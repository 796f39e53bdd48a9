// frond evaluate: a model's figures on photos whose classes are known.

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/dataset_options.h"
#include "cli/output.h"
#include "cli/precision.h"
#include "cli/predict_progress.h"
#include "cli/verbs.h"
#include "src/base/format.h"
#include "src/evaluate/evaluation.h"
#include "src/evaluate/json_lines.h"
#include "src/evaluate/predict_dataset.h"
#include "src/evaluate/report.h"

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kAllSplits = "all";
constexpr size_t kWarnings = 20;  // of photos that cannot be read, one by one; the JSON and the report have all

struct Options {
  std::string model;
  std::string data;
  std::string split = "test";
  std::string precision = "fp32";
  std::string report;
  DatasetOptions dataset;
  PredictDatasetOptions predict;
  bool json = false;
};

void WarnOfUnreadable(const Dataset& dataset, const std::vector<UnreadablePhoto>& unreadable) {
  for (size_t i = 0; i < std::min(unreadable.size(), kWarnings); ++i) {
    const std::string& path = dataset.samples[unreadable[i].sample].path;
    const std::string& message = unreadable[i].error.message;
    Warn(StrCat("left out: ", message.find(path) == std::string::npos ? StrCat(path, ": ") : "", message));
  }
  if (unreadable.size() > kWarnings) Warn(StrCat("left out: ", unreadable.size() - kWarnings, " photos more"));
}

// Absent: all. The command line was checked.
std::optional<Split> ChosenSplit(const Options& options) {
  if (options.split == kAllSplits) return std::nullopt;
  return ParseSplit(options.split).value();
}

size_t Photos(const Options& options, const Dataset& dataset) {
  const std::optional<Split> split = ChosenSplit(options);
  return split ? dataset.Indices(*split).size() : dataset.samples.size();
}

std::vector<double> TemperaturesOf(const Model& model) {
  std::vector<double> temperatures;
  for (size_t t = 0; t < model.tasks().size(); ++t) temperatures.push_back(model.temperature(t));
  return temperatures;
}

void WarnOfUnmeasured(const DatasetPredictions& predicted) {
  for (const Predictions& task : predicted.tasks) {
    if (task.count() == 0) Warn(StrCat("no photo has a label for ", task.task, ": nothing is known of it"));
  }
}

std::string TextOf(const std::vector<Evaluation>& tasks) {
  std::string text;
  for (const Evaluation& task : tasks) text += StrCat(text.empty() ? "" : "\n", EvaluationToText(task));
  return text;
}

std::string Document(const Options& options, const Model& model, const Dataset& dataset,
                     const DatasetPredictions& predicted, const std::vector<Evaluation>& tasks) {
  Json json = {{"model", {{"arch", model.spec().name}, {"file", options.model}}},
               {"data", options.data},
               {"split", options.split}};
  for (const Evaluation& evaluation : tasks) {
    const Json figures = Json::parse(EvaluationToJson(evaluation));
    if (evaluation.task.empty()) {
      json.update(figures);
    } else {
      json["tasks"][evaluation.task] = figures;
    }
  }
  json["unreadable"] = Json::array();
  for (const UnreadablePhoto& photo : predicted.unreadable) {
    const Error& error = photo.error;
    json["unreadable"].push_back(
        {{"path", dataset.samples[photo.sample].path},
         {"error", {{"code", ErrorCodeName(error.code)}, {"message", error.message}, {"remedy", error.remedy}}}});
  }
  return JsonLines(json);
}

Report ReportOf(const Options& options, const Model& model, const Dataset& dataset, DatasetPredictions predicted,
                std::vector<Evaluation> tasks) {
  const Preprocessing& input = model.spec().preprocessing;
  Report report;
  report.title = "Evaluation of " + model.spec().name;
  report.split = options.split == kAllSplits ? "all splits" : options.split;
  report.facts = {{"Model", options.model},
                  {"Architecture", model.spec().name},
                  {"Input", StrCat(input.width, " × ", input.height, " px")},
                  {"Precision", options.precision},
                  {"Classes", StrCat(model.labels().size())},
                  {"Data", StrCat(options.data, " (", dataset.form, ")")},
                  {"Photos evaluated", StrCat(Photos(options, dataset) - predicted.unreadable.size())},
                  {"Photos that could not be read", StrCat(predicted.unreadable.size())}};
  report.tasks = ReportedTasks(std::move(tasks), std::move(predicted.tasks));
  report.log = dataset.warnings;
  for (const UnreadablePhoto& photo : predicted.unreadable) {
    report.log.push_back("left out: " + dataset.samples[photo.sample].path + ": " + photo.error.ToString());
  }
  return report;
}

int Run(const Options& options) {
  const Result<Model> model = LoadModel(options.model, options.precision);
  if (!model.ok()) return Fail(model.error(), options.json);
  const Result<Dataset> dataset = ReadDataset(options.data, options.dataset);
  if (!dataset.ok()) return Fail(dataset.error(), options.json);
  for (const std::string& warning : dataset->warnings) Warn(warning);

  PredictDatasetOptions predict = options.predict;
  predict.split = ChosenSplit(options);
  Progress progress(Photos(options, *dataset));
  Result<DatasetPredictions> predicted =
      PredictDataset(*model, *dataset, predict, [&](size_t done, size_t /*of*/) { progress.Show(done); });
  progress.Clear();
  if (!predicted.ok()) return Fail(predicted.error().In(options.data), options.json);
  WarnOfUnreadable(*dataset, predicted->unreadable);

  Result<std::vector<Evaluation>> tasks = EvaluateTasks(predicted->tasks, TemperaturesOf(*model));
  if (!tasks.ok()) return Fail(tasks.error().In(options.model), options.json);
  WarnOfUnmeasured(*predicted);
  const std::string answer = options.json ? Document(options, *model, *dataset, *predicted, *tasks) : TextOf(*tasks);
  if (!options.report.empty()) {
    const Report report = ReportOf(options, *model, *dataset, *std::move(predicted), *std::move(tasks));
    if (const Status status = WriteReport(options.report, report); !status.ok()) {
      return Fail(status.error(), options.json);
    }
  }
  return Print(answer);
}

}  // namespace

void AddEvaluate(CLI::App& app, Action& run) {
  constexpr int kMaxBatch = 65536;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("evaluate", "Measure a model on photos whose classes are known");
  verb->add_option("MODEL", options->model, "model file, as `frond import` writes it")->required();
  verb->add_option("DATA", options->data, "folder with a folder for each class, or of splits, or a CSV")->required();
  verb->add_option("--split", options->split, "train, val, test or all")
      ->check([](const std::string& name) {
        if (name == kAllSplits) return std::string();
        const Result<Split> split = ParseSplit(name);
        return split.ok() ? std::string() : split.error().message + ": train, val, test or all";
      })
      ->capture_default_str();
  verb->add_option("--report", options->report, "write a report here, as one HTML file");
  AddDatasetOptions(*verb, options->dataset);
  verb->add_option("--seed", options->dataset.seed, "of --split-method random")->capture_default_str();
  AddPrecision(*verb, options->precision);
  verb->add_option("--threads", options->predict.threads, "0: one for each CPU")->check(CLI::Range(0, 256));
  verb->add_option("--batch", options->predict.batch, "photos at a time, or fewer where memory is short")
      ->check(CLI::Range(1, kMaxBatch))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "answer as JSON");
  verb->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace frond::cli

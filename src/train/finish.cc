#include "src/train/finish.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/write_file.h"
#include "src/evaluate/predict_dataset.h"
#include "src/train/model_card.h"
#include "src/train/observe_photos.h"
#include "src/weights/reference.h"

namespace frond {
namespace {

using Json = nlohmann::ordered_json;

// What is expected of a run's temperature: some tens of validation photos, neighbours of each other, would be believed
// too much. Label smoothing leaves a network less sure than it is right; what a probe began is right more often than
// the probe was, by which its scale is set. Chosen on ten folds of two sets of photos (docs/train.md).
TemperaturePrior PriorOf(const TrainOptions& options) {
  const bool smoothed = options.label_smoothing > 0;
  return {.temperature = options.head == "probe" ? 0.9 : smoothed ? 0.85 : 1.0, .spread = 0.1};
}

Json Summary(const Evaluation* evaluation) {
  if (evaluation == nullptr) return nullptr;
  return {{"n", evaluation->n},     {"top1", evaluation->top1}, {"macro_f1", evaluation->macro_f1},
          {"nll", evaluation->nll}, {"ece", evaluation->ece},   {"ece_debiased", evaluation->ece_debiased}};
}

void AddAccuracy(const char* split, const Evaluation& evaluation, Report& report) {
  report.facts.emplace_back(StrCat("accuracy on ", split, evaluation.task.empty() ? "" : StrCat(", ", evaluation.task)),
                            PercentText(evaluation.top1));
}

Status WriteRunReport(const TrainOptions& options, const Setup& setup, const Trainer& trainer,
                      const TrainResult& result, std::vector<Predictions> shown, const std::string& path) {
  const Spec& spec = setup.module.spec();
  Report report;
  report.title = StrCat("Training of ", spec.name, " on ", std::filesystem::path(options.data).filename().string());
  report.facts = {{"architecture", spec.name},
                  {"input", StrCat(spec.preprocessing.width, " x ", spec.preprocessing.height, " px")},
                  {"classes", StrCat(spec.num_classes)},
                  {"photos", StrCat(setup.dataset.Indices(Split::kTrain).size(), " train, ",
                                    setup.dataset.Indices(Split::kVal).size(), " val, ",
                                    setup.dataset.Indices(Split::kTest).size(), " test")},
                  {"frozen", options.freeze},
                  {"best epoch", StrCat(result.best_epoch, " of ", trainer.state().records.size())},
                  {"temperature", TemperatureText(result)},
                  {"trained on", ComputeText(setup.compute)}};
  if (const Watchdog& watchdog = trainer.state().watchdog; watchdog.all_skips + watchdog.tamed > 0) {
    report.facts.emplace_back("watchdog", StrCat(watchdog.all_skips, " batches or steps left out, ",
                                                 watchdog.all_roll_backs, " times back to a good state: see the log"));
  }
  for (const Evaluation& one : result.val) AddAccuracy("val", one, report);
  for (const Evaluation& one : result.test) AddAccuracy("test", one, report);
  report.epochs = trainer.state().records;
  report.best_epoch = result.best_epoch;
  report.split = result.test.empty() ? "val" : "test";
  report.tasks = ReportedTasks(result.test.empty() ? result.val : result.test, std::move(shown));
  report.audit = setup.audit;
  report.audited = setup.audited;
  report.log = trainer.state().log;
  return WriteReport(path, report);
}

}  // namespace

Result<TrainResult> FinishRun(const TrainOptions& options, Setup& setup, Trainer& trainer) {
  const auto file = [&](const char* name) { return options.out + "/" + name; };
  TrainResult result{file("model.safetensors"), file("last.safetensors"), file("report.html")};
  result.best_epoch = trainer.state().best_epoch;
  result.expected_memory_bytes = setup.memory.total();
  result.peak_memory_bytes = PeakResidentBytes();
  result.tasks = setup.dataset.tasks;
  result.temperatures.assign(result.tasks.size(), PriorOf(options).temperature);
  ModelInfo info = InfoOf(setup);
  if (trainer.leads()) {
    {
      const Ema::Swapped averaged(trainer.ema());
      FROND_RETURN_IF_ERROR(SaveModel(result.last, setup.module, info, {}));
    }
    // A run that was finished before has its best weights in the model alone.
    std::error_code missing;
    const bool unfinished = std::filesystem::exists(file("best.safetensors"), missing);
    FROND_ASSIGN(const ModelFile best, ReadModelFile(unfinished ? file("best.safetensors") : result.model));
    FROND_RETURN_IF_ERROR(LoadWeights(best, setup.module));
  }
  trainer.ShareTensors();
  trainer.ema().Reset();

  const bool has_val = !setup.dataset.Indices(Split::kVal).empty();
  const Split held_out = has_val ? Split::kVal : Split::kTrain;
  FROND_ASSIGN(const ModulePass pass, trainer.Pass(held_out));
  if (!trainer.leads()) {
    trainer.RemoveKept();
    return result;
  }
  if (has_val) {
    FROND_ASSIGN(result.temperatures, FitTemperatures(pass.predictions, PriorOf(options)));
    FROND_ASSIGN(result.val, EvaluateTasks(pass.predictions, result.temperatures));
  }
  info.temperatures = result.temperatures;
  // Drift is told by what the engine sees, and so the reference is from the model as it is saved.
  FROND_RETURN_IF_ERROR(SaveModel(result.model, setup.module, info, {}));
  FROND_ASSIGN(const std::optional<TrainingReference> reference,
               ObserveTraining(result.model, setup.dataset, options.threads));
  if (reference) {
    info.reference_json = ReferenceToJson(*reference);
    FROND_RETURN_IF_ERROR(SaveModel(result.model, setup.module, info, ReferenceTensors(*reference)));
  }

  std::vector<Predictions> shown;
  if (has_val) shown = pass.predictions;
  if (!setup.dataset.Indices(Split::kTest).empty()) {
    FROND_ASSIGN(const Model model, Model::Load(result.model));
    FROND_ASSIGN(DatasetPredictions test,
                 PredictDataset(model, setup.dataset, {.split = Split::kTest, .threads = options.threads}));
    FROND_ASSIGN(result.test, EvaluateTasks(test.tasks, result.temperatures));
    shown = std::move(test.tasks);
  }
  FROND_RETURN_IF_ERROR(WriteRunReport(options, setup, trainer, result, std::move(shown), result.report));
  FROND_RETURN_IF_ERROR(WriteModelCard(file("README.md"), options, setup, result));
  const std::string json = ResultToJson(result);
  FROND_RETURN_IF_ERROR(WriteTextAtomically(file("result.json"), json));
  std::error_code ignored;
  std::filesystem::remove(file("best.safetensors"), ignored);
  trainer.RemoveKept();
  return result;
}

const Evaluation* FindTask(const std::vector<Evaluation>& evaluations, const Task& task) {
  const auto found =
      std::ranges::find_if(evaluations, [&](const Evaluation& evaluation) { return evaluation.task == task.name; });
  return found == evaluations.end() ? nullptr : &*found;
}

std::string TemperatureText(const TrainResult& result) {
  std::string text;
  for (size_t t = 0; t < result.tasks.size(); ++t) {
    const std::string& name = result.tasks[t].name;
    text += StrCat(text.empty() ? "" : ", ", name, name.empty() ? "" : " ", Fixed(result.temperatures[t], 2));
  }
  return text;
}

std::string ResultToJson(const TrainResult& result) {
  Json json = {
      {"model", result.model},
      {"last", result.last},
      {"report", result.report},
      {"best_epoch", result.best_epoch},
      {"memory", {{"expected_bytes", result.expected_memory_bytes}, {"peak_bytes", result.peak_memory_bytes}}}};
  for (size_t t = 0; t < result.tasks.size(); ++t) {
    const Task& task = result.tasks[t];
    const Json figures = {{"temperature", result.temperatures[t]},
                          {"val", Summary(FindTask(result.val, task))},
                          {"test", Summary(FindTask(result.test, task))}};
    if (task.name.empty()) {
      json.update(figures);
    } else {
      json["tasks"][task.name] = figures;
    }
  }
  if (!json.contains("val")) {
    json["val"] = result.val.empty() ? Json(nullptr) : Json{{"top1", MeanAccuracy(result.val)}};
    json["test"] = result.test.empty() ? Json(nullptr) : Json{{"top1", MeanAccuracy(result.test)}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frond

#include "src/evaluate/match_tasks.h"

#include <algorithm>
#include <map>

#include "src/base/format.h"
#include "src/base/text.h"

namespace frond {
namespace {

constexpr size_t kNamedLabels = 12;
constexpr size_t kLabelColumns = 40;

std::string Quoted(const std::string& label) { return "\"" + Shortened(Printable(label), kLabelColumns) + "\""; }

std::string Listed(const std::vector<std::string>& labels) {
  std::string text;
  for (size_t i = 0; i < std::min(labels.size(), kNamedLabels); ++i) text += (i == 0 ? "" : ", ") + Quoted(labels[i]);
  if (labels.size() > kNamedLabels) text += StrCat(" and ", labels.size() - kNamedLabels, " more");
  return text;
}

std::string NamesOf(const std::vector<Task>& tasks) {
  std::vector<std::string> names;
  for (const Task& task : tasks) names.push_back(task.name);
  return names == std::vector<std::string>{""} ? "one task without a name" : "the tasks " + Listed(names);
}

// For each of the data's tasks the model's of that name; two that are alone belong together whatever their names.
Result<std::vector<size_t>> MatchNames(const std::vector<Task>& data, const std::vector<Task>& model) {
  if (data.size() == 1 && model.size() == 1) return std::vector<size_t>{0};
  std::vector<size_t> matched;
  for (const Task& task : data) {
    const auto found = std::find_if(model.begin(), model.end(), [&](const Task& one) { return one.name == task.name; });
    if (found == model.end()) {
      return Error{ErrorCode::kMismatch, StrCat("the data set has ", NamesOf(data), ", the model ", NamesOf(model)),
                   "give a CSV with a column label:TASK for each of the model's tasks that you have labels for"};
    }
    matched.push_back(static_cast<size_t>(found - model.begin()));
  }
  return matched;
}

}  // namespace

Result<std::vector<int>> MatchLabels(const std::vector<std::string>& data, const std::vector<std::string>& model) {
  if (model.empty()) {
    return Error{ErrorCode::kMismatch, "the model has no labels, by which classes are matched with the data's",
                 "import it again with --labels"};
  }
  std::map<std::string, std::vector<int>> classes;
  for (size_t i = 0; i < model.size(); ++i) classes[model[i]].push_back(static_cast<int>(i));
  std::vector<int> matched;
  std::vector<std::string> missing;
  for (const std::string& label : data) {
    const auto found = classes.find(label);
    if (found == classes.end()) {
      missing.push_back(label);
    } else if (found->second.size() > 1) {
      return Error{ErrorCode::kMismatch,
                   StrCat("the model has ", found->second.size(), " classes named ", Quoted(label)),
                   "give each class a name of its own: import the model with --labels"};
    } else {
      matched.push_back(found->second[0]);
    }
  }
  if (missing.empty()) return matched;
  return Error{
      ErrorCode::kMismatch,
      StrCat("the data set's ", missing.size() == 1 ? "label " : "labels ", Listed(missing),
             missing.size() == 1 ? " is" : " are", " not among the model's ", model.size(), ": ", Listed(model)),
      "evaluate with the data that the model was trained for, or rename the classes"};
}

Result<MatchedTasks> MatchTasks(const Dataset& dataset, const Model& model) {
  if (model.labels().empty()) return MatchLabels(dataset.labels, {}).error();
  MatchedTasks matched;
  FROND_ASSIGN(matched.task, MatchNames(dataset.tasks, model.tasks()));
  matched.tasks = model.tasks().size();
  for (size_t t = 0; t < dataset.tasks.size(); ++t) {
    const Task& own = model.tasks()[matched.task[t]];
    const auto list = [](std::span<const std::string> labels) {
      return std::vector<std::string>(labels.begin(), labels.end());
    };
    Result<std::vector<int>> classes =
        MatchLabels(list(dataset.LabelsOf(dataset.tasks[t])), list(own.Of(std::span(model.labels()))));
    if (!classes.ok()) return own.name.empty() ? classes.error() : classes.error().In(own.name);
    for (const int c : *classes) matched.classes.push_back(own.first + c);
  }
  return matched;
}

std::vector<int> MatchedTasks::ClassesOf(const Sample& sample) const {
  std::vector<int> out(tasks, kNoLabel);
  for (size_t t = 0; t < task.size(); ++t) {
    if (sample.labels[t] != kNoLabel) out[task[t]] = classes[static_cast<size_t>(sample.labels[t])];
  }
  return out;
}

}  // namespace frond

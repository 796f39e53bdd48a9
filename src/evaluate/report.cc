#include "src/evaluate/report.h"

#include <cstddef>
#include <span>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/write_file.h"
#include "src/evaluate/report_sections.h"

namespace frond {
namespace {

std::string Card(std::string_view name, std::string_view value, std::string_view note) {
  return StrCat("<div><dt>", HtmlText(name), "</dt><dd><strong>", HtmlText(value), "</strong><span class=\"soft\">",
                HtmlText(note), "</span></dd></div>");
}

std::string Cards(const Evaluation& evaluation) {
  return StrCat("<dl class=\"cards\">",
                Card("Accuracy", PercentText(evaluation.top1),
                     StrCat("95 %: ", Fixed(100 * evaluation.top1_interval.low, 1), " to ",
                            PercentText(evaluation.top1_interval.high))),
                Card("Macro F1", Fixed(evaluation.macro_f1, 3), "mean over the classes"),
                Card("Calibration error", PercentText(evaluation.ece),
                     StrCat("without its bias ", PercentText(evaluation.ece_debiased))),
                Card("Log loss", Fixed(evaluation.nll, 3), StrCat("temperature ", Fixed(evaluation.temperature, 2))),
                "</dl>\n");
}

// What stands at the top of the page about a task.
std::string Measured(const Report& report, const ReportedTask& task) {
  if (!task.evaluation) return "";
  const int64_t n = task.evaluation->n;
  const std::string& name = task.evaluation->task;
  return StrCat("<p>", name.empty() ? "Evaluated on " : StrCat("<strong>", HtmlText(name), "</strong>, evaluated on "),
                n, n == 1 ? " photo" : " photos", report.split.empty() ? "" : StrCat(" (", HtmlText(report.split), ")"),
                ".</p>\n", Cards(*task.evaluation));
}

std::string Facts(const Report& report) {
  HtmlTable table;
  table.caption = "What this report is about";
  table.numbers_from = 2;
  for (const auto& [name, value] : report.facts) table.rows.push_back({HtmlText(name), HtmlText(value)});
  return table.rows.empty() ? "" : table.ToHtml();
}

std::string Log(const std::vector<std::string>& lines) {
  std::string out = lines.empty() ? "" : "<ol class=\"log\">";
  for (const std::string& line : lines) out += StrCat("<li>", HtmlText(line), "</li>\n");
  return lines.empty() ? "" : out + "</ol>\n";
}

}  // namespace

std::vector<ReportedTask> ReportedTasks(std::vector<Evaluation> evaluations, std::vector<Predictions> predictions) {
  std::vector<ReportedTask> tasks;
  for (Evaluation& evaluation : evaluations) {
    ReportedTask& task = tasks.emplace_back();
    for (Predictions& own : predictions) {
      if (own.task == evaluation.task) task.predictions = std::move(own);
    }
    task.evaluation = std::move(evaluation);
  }
  return tasks;
}

Status WriteReport(const std::string& path, const Report& report) {
  std::vector<HtmlSection> sections;
  const auto add = [&](std::string id, std::string title, std::string body) {
    if (!body.empty()) sections.push_back({std::move(id), std::move(title), std::move(body)});
  };
  std::string head;
  for (const ReportedTask& task : report.tasks) head += Measured(report, task);
  add("facts", "Facts", Facts(report));
  add("training", "Training", CurvesHtml(report.epochs, report.best_epoch));
  for (size_t t = 0; t < report.tasks.size(); ++t) {
    const ReportedTask& task = report.tasks[t];
    const std::string suffix = t == 0 ? "" : StrCat("-", t + 1);  // ids are unique in a page
    const auto add_of_task = [&](const char* id, const char* title, std::string body) {
      const std::string name = task.evaluation ? task.evaluation->task : "";
      add(id + suffix, name.empty() ? title : StrCat(name, ": ", title), std::move(body));
    };
    if (task.evaluation) {
      add_of_task("confusion", "Confusion", ConfusionHtml(*task.evaluation));
      add_of_task("classes", "Classes", ClassesHtml(*task.evaluation, suffix));
      add_of_task("reliability", "Reliability", ReliabilityHtml(*task.evaluation, suffix));
    }
    if (task.predictions) {
      const double temperature = task.evaluation ? task.evaluation->temperature : 1;
      add_of_task("photos", "Photos", GalleryHtml(*task.predictions, temperature));
    }
  }
  if (report.audit) add("audit", "Data", AuditHtml(*report.audit, report.audited ? &*report.audited : nullptr));
  add("log", "Log", Log(report.log));
  const std::string page = HtmlPage(report.title, head, sections);
  return WriteTextAtomically(path, page);
}

}  // namespace frond

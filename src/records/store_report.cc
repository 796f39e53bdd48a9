#include "src/records/store_report.h"

#include <algorithm>
#include <span>
#include <utility>

#include "frond/image.h"
#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/utc_time.h"
#include "src/image/thumbnail.h"
#include "src/monitor/alarm.h"

namespace frond {
namespace {

// At most about 400 points to a chart of 400 units.
int64_t StretchOf(const RecordTotals& totals) {
  const int64_t span_ms = totals.first_ms ? *totals.last_ms - *totals.first_ms : 0;
  for (const int64_t stretch_ms : {5 * kHourMs / 60, kHourMs, 6 * kHourMs}) {
    if (span_ms / stretch_ms <= 400) return stretch_ms;
  }
  return kDayMs;
}

Error NothingLeft(const RecordReader& reader, const std::string& store, const RecordFilter& filter) {
  const Result<RecordTotals> all = reader.Totals({});
  if (!all.ok()) return all.error();
  if (all->answers == 0) {
    return {ErrorCode::kNotFound, StrCat(store, " holds no answers yet"), "ask the service something first"};
  }
  const Result<std::vector<ModelCount>> models = reader.Models({});
  if (!models.ok()) return models.error();
  const bool known =
      std::ranges::any_of(*models, [&](const ModelCount& model) { return IsOfModel(model.model, filter.model); });
  if (!known) {
    std::string names;
    for (const ModelCount& model : *models) {
      const std::string name = Quote(model.model);
      if (names.find(name) == std::string::npos) names += StrCat(names.empty() ? "" : ", ", name);
    }
    return {ErrorCode::kNotFound, StrCat(store, " holds no answers of a model ", Quote(filter.model)),
            StrCat("it has those of ", names)};
  }
  return {ErrorCode::kNotFound, StrCat(store, " holds no answers of that time"),
          StrCat("it has some from ", UtcTimeText(*all->first_ms), " to ", UtcTimeText(*all->last_ms))};
}

Status GatherThumbnails(const RecordReader& reader, StoreReport& report) {
  constexpr int kSide = 160;  // px
  size_t shown = 0;
  for (const EventRecord& event : report.events) {
    if (event.examples.empty()) continue;
    if (++shown > kShownWithPhotos) break;
    for (const std::string& id : event.examples) {
      if (report.thumbnails.contains(id)) continue;
      FROND_ASSIGN(const std::string bytes, reader.Photo(id));
      const Result<Image> photo = DecodeImage(std::as_bytes(std::span(bytes)), {.draft_min_side = kSide});
      if (!photo.ok()) continue;
      Result<std::string> thumbnail = ThumbnailAttributes(*photo, kSide);
      if (thumbnail.ok()) report.thumbnails.emplace(id, std::move(*thumbnail));
    }
  }
  return {};
}

std::string Milliseconds(const LatencySketch& sketch, double q) { return Fixed(sketch.Quantile(q), 1); }

std::string TextOf(const TaskAccuracy& task) {
  std::string text = task.task.empty() ? "" : StrCat(Printable(task.task), ": ");
  if (task.judged > 0) {
    text += StrCat("right ", PercentText(static_cast<double>(task.right) / static_cast<double>(task.judged)), " of ",
                   task.judged, " with feedback (95 %: ", Fixed(100 * task.measured.low, 1), " to ",
                   Fixed(100 * task.measured.high, 1), ")");
  } else {
    text += "no feedback";
  }
  if (task.answers > 0) {
    text += StrCat(", by its own confidence ", PercentText(task.estimated), " of ", task.answers,
                   " (95 %: ", Fixed(100 * task.estimated_interval.low, 1), " to ",
                   Fixed(100 * task.estimated_interval.high, 1), ")");
  }
  return text + "\n";
}

}  // namespace

Result<StoreReport> GatherStoreReport(const RecordReader& reader, const std::string& store,
                                      const RecordFilter& filter) {
  StoreReport report = {.store = store,
                        .filter = filter,
                        .totals = {},
                        .models = {},
                        .statuses = {},
                        .stages = {},
                        .over_time = {},
                        .classes = {},
                        .confidences = {},
                        .accuracy = {},
                        .accuracy_by_day = {},
                        .corrections = {},
                        .photos = {},
                        .events = {},
                        .traffic = {},
                        .thumbnails = {}};
  FROND_ASSIGN(report.totals, reader.Totals(filter));
  if (report.totals.answers == 0) return NothingLeft(reader, store, filter);
  report.stretch_ms = StretchOf(report.totals);
  FROND_ASSIGN(report.models, reader.Models(filter));
  FROND_ASSIGN(report.statuses, reader.Statuses(filter));
  FROND_ASSIGN(report.stages, reader.LatencyByStage(filter));
  FROND_ASSIGN(report.over_time, reader.LatencyOverTime(filter, report.stretch_ms));
  FROND_ASSIGN(report.classes, reader.ClassMix(filter));
  FROND_ASSIGN(report.confidences, reader.Confidences(filter));
  FROND_ASSIGN(report.accuracy, reader.Accuracy(filter));
  FROND_ASSIGN(report.accuracy_by_day, reader.AccuracyByDay(filter));
  FROND_ASSIGN(report.corrections, reader.Corrections(filter));
  FROND_ASSIGN(report.photos, reader.PhotosByDay(filter));
  FROND_ASSIGN(report.events, reader.Events(filter));
  FROND_ASSIGN(report.traffic, GatherTrafficDays(reader, filter));
  FROND_RETURN_IF_ERROR(GatherThumbnails(reader, report));
  return report;
}

std::string StoreReportToText(const StoreReport& report) {
  std::string text = StrCat(report.totals.answers, " answers from ", UtcTimeText(*report.totals.first_ms), " to ",
                            UtcTimeText(*report.totals.last_ms), "\n");
  for (const ModelCount& model : report.models) {
    text += StrCat("  ", Printable(model.model), " ", Printable(model.version), ": ", model.answers, "\n");
  }
  for (const StatusCount& status : report.statuses) {
    text += StrCat("  ", Printable(status.status), status.reason.empty() ? "" : ": ", Printable(status.reason), ": ",
                   status.answers, "\n");
  }
  text += "ms, median, 95th, 99th percentile, most\n";
  const std::pair<const char*, const LatencySketch*> stages[] = {{"queue", &report.stages.queue},
                                                                 {"decode", &report.stages.decode},
                                                                 {"preprocess", &report.stages.preprocess},
                                                                 {"inference", &report.stages.inference},
                                                                 {"total", &report.stages.total}};
  for (const auto& [name, sketch] : stages) {
    if (sketch->count() == 0) continue;
    text += StrCat("  ", name, ": ", Milliseconds(*sketch, 0.5), "  ", Milliseconds(*sketch, 0.95), "  ",
                   Milliseconds(*sketch, 0.99), "  ", Fixed(sketch->max_ms(), 1), "\n");
  }
  for (const TaskAccuracy& task : report.accuracy) text += TextOf(task);
  const auto alarms = std::ranges::count_if(report.events, [](const EventRecord& event) { return event.raised; });
  constexpr size_t kMostEvents = 5;  // in words
  text += StrCat(alarms, alarms == 1 ? " alarm" : " alarms",
                 report.events.size() > kMostEvents ? "; what happened last:\n" : "\n");
  for (size_t i = 0; i < std::min(report.events.size(), kMostEvents); ++i) {
    const EventRecord& event = report.events[i];
    text += StrCat("  ", UtcTimeText(event.unix_ms), " ", Printable(event.kind),
                   event.raised ? " raised: " : " cleared: ", Printable(event.message), "\n");
  }
  for (const TrafficDays& model : report.traffic) {
    for (const TrafficDays::Day& day : model.days) {
      for (const DriftFinding& finding : day.differs) {
        text += StrCat(UtcDayText(day.day), " ", Printable(model.model), ": ", Printable(finding.message), "\n");
      }
    }
  }
  return text;
}

}  // namespace frond

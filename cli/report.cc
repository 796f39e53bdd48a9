// frond report: what a service's record store says, as text, as JSON or as a page.

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "cli/verbs.h"
#include "src/base/format.h"
#include "src/base/utc_time.h"
#include "src/base/write_file.h"
#include "src/evaluate/json_lines.h"
#include "src/records/record_reader.h"
#include "src/records/store_report.h"

namespace frond::cli {
namespace {

struct Options {
  std::string store;
  std::string since;
  std::string model;
  std::string output;
  bool json = false;
};

int Run(const Options& options) {
  RecordFilter filter = {.model = options.model};
  if (!options.since.empty()) filter.since_ms = ParseMoment(options.since, UnixMsNow()).value();  // was checked
  const Result<RecordReader> reader = RecordReader::Open(options.store);
  if (!reader.ok()) return Fail(reader.error(), options.json);
  const Result<StoreReport> report = GatherStoreReport(*reader, options.store, filter);
  if (!report.ok()) return Fail(report.error(), options.json);
  if (!options.output.empty()) {
    if (const Status status = WriteTextAtomically(options.output, StoreReportToHtml(*report)); !status.ok()) {
      return Fail(status.error(), options.json);
    }
  }
  if (options.json) return Print(JsonLines(nlohmann::ordered_json::parse(StoreReportToJson(*report))));
  return Print(
      StrCat(StoreReportToText(*report), options.output.empty() ? "" : StrCat("page: ", Clean(options.output), "\n")));
}

}  // namespace

void AddReport(CLI::App& app, Action& run) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("report", "Say what a service recorded: latency, classes, accuracy, alarms");
  verb->add_option("STORE", options->store, "record store that `frond serve` writes; it may go on writing")->required();
  verb->add_option("--since", options->since,
                   "a date, a time in UTC, or how long ago: 2026-11-01, 2026-11-01T08:30, 7d, 24h")
      ->check([](const std::string& text) {
        const Result<int64_t> moment = ParseMoment(text, UnixMsNow());
        return moment.ok() ? std::string() : moment.error().ToString();
      });
  verb->add_option("--model", options->model, "of this model alone: NAME, for all its versions, or NAME/VERSION");
  verb->add_option("-o,--output", options->output, "write a page here, as one HTML file");
  verb->add_flag("--json", options->json, "answer as JSON");
  verb->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace frond::cli

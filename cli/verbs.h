#ifndef FROND_CLI_VERBS_H_
#define FROND_CLI_VERBS_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace frond::cli {

// Each adds its verb to the program; `run` is set to what the chosen verb does,
// which returns the exit status.
using Action = std::function<int()>;
void AddInfo(CLI::App& app, Action& run);
void AddImport(CLI::App& app, Action& run);
void AddPredict(CLI::App& app, Action& run);
void AddTrain(CLI::App& app, Action& run);
void AddEvaluate(CLI::App& app, Action& run);
void AddReport(CLI::App& app, Action& run);
void AddServe(CLI::App& app, Action& run);
void AddRun(CLI::App& app, Action& run);
void AddBench(CLI::App& app, Action& run);

}  // namespace frond::cli

#endif  // FROND_CLI_VERBS_H_

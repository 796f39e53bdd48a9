// The program `frond`: reads the command line, hands over to a verb.

#include <algorithm>
#include <exception>
#include <new>
#include <string_view>

#include "cli/output.h"
#include "cli/verbs.h"
#include "src/base/format.h"

int main(int argc, char** argv) {
  using namespace frond::cli;
  CLI::App app("frond: the EfficientNet toolchain for the edge", "frond");
  app.set_version_flag("--version", "frond 0.1.0");
  app.require_subcommand(1);
  // Asked of the words themselves: what goes wrong may be that they cannot be parsed.
  const bool json = std::any_of(argv, argv + argc, [](const char* arg) { return std::string_view(arg) == "--json"; });
  Action run;
  AddInfo(app, run);
  AddImport(app, run);
  AddPredict(app, run);
  AddEvaluate(app, run);
  AddRun(app, run);
  AddTrain(app, run);
  AddServe(app, run);
  AddReport(app, run);
  AddBench(app, run);
  try {
    app.parse(argc, argv);
    return run();
  } catch (const CLI::ParseError& error) {  // the library's edge; --help and --version arrive here too
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::string_view verb = argc > 1 ? argv[1] : "";
    const bool unknown_verb = !verb.empty() && verb.front() != '-' && app.get_subcommands().empty();
    return FailUsage(unknown_verb ? frond::StrCat("there is no verb ", frond::Quote(verb)) : error.what(), json);
  } catch (const std::bad_alloc&) {
    return Fail({frond::ErrorCode::kLimit, "out of memory", "close other programs, or take a smaller model or input"},
                json);
  } catch (const std::exception& error) {  // the standard library's: what it says is all we know
    return Fail({frond::ErrorCode::kIo, error.what(), "if this happens again, report it as a defect of frond"}, json);
  }
}

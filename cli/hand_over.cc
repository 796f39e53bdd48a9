#include "cli/hand_over.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "cli/output.h"
#include "src/base/format.h"
#include "src/base/sibling_program.h"

namespace frond::cli {
namespace {

int HandOver(const Companion& companion, std::vector<std::string> words) {
  std::string program = SiblingProgram(companion.program, companion.environment_variable);
  std::vector<char*> argv = {program.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const bool json = std::ranges::find(words, "--json") != words.end();
  if (companion.prepare != nullptr) companion.prepare();
  execv(program.c_str(), argv.data());
  if (errno == ENOENT) return Fail({ErrorCode::kUnsupported, companion.missing, companion.remedy}, json);
  return Fail({ErrorCode::kIo, StrCat("cannot start ", program, ": ", std::strerror(errno)), ""}, json);
}

}  // namespace

void AddCompanion(CLI::App& app, Action& run, const Companion& companion) {
  CLI::App* verb = app.add_subcommand(companion.verb, companion.description);
  verb->prefix_command();
  verb->set_help_flag();  // the program answers it
  verb->callback(
      [verb, &run, companion] { run = [companion, words = verb->remaining()] { return HandOver(companion, words); }; });
}

}  // namespace frond::cli

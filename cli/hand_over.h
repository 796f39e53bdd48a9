#ifndef FROND_CLI_HAND_OVER_H_
#define FROND_CLI_HAND_OVER_H_

#include <CLI/CLI.hpp>
#include <string>

#include "cli/verbs.h"

namespace frond::cli {

// A verb that a program of its own answers, since it needs what the core shall not.
struct Companion {
  const char* verb;
  const char* description;
  const char* program;               // beside this one, or
  const char* environment_variable;  // where this says
  const char* missing;               // what is said where it is not there
  const char* remedy;
  void (*prepare)();  // called before it takes over; null: nothing
};

// The verb: the program takes this one's place, with the words behind the verb.
void AddCompanion(CLI::App& app, Action& run, const Companion& companion);

}  // namespace frond::cli

#endif  // FROND_CLI_HAND_OVER_H_

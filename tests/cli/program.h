#ifndef FROND_TESTS_CLI_PROGRAM_H_
#define FROND_TESTS_CLI_PROGRAM_H_

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace frond {

// The program `frond` as a shell sees it.
class Program : public testing::Test {
 protected:
  struct Outcome {
    int status;  // -1 where a signal ended it
    std::string out, err;
  };

  Outcome Run(const std::string& arguments) const {
    const std::string command =
        std::string(FROND_PROGRAM) + " " + arguments + " >" + dir.File("out") + " 2>" + dir.File("err");
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, Text("out"), Text("err")};
  }
  std::string Text(const std::string& name) const {
    std::ifstream in(dir.File(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  TempDir dir;
};

}  // namespace frond

#endif  // FROND_TESTS_CLI_PROGRAM_H_

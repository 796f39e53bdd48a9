#ifndef FROND_CLI_INFO_TABLE_H_
#define FROND_CLI_INFO_TABLE_H_

#include <optional>
#include <string>
#include <vector>

#include "frond/spec.h"
#include "frond/task.h"
#include "src/spec/cost.h"

namespace frond::cli {

// A model file that a spec was read from.
struct FileFacts {
  std::string path;
  size_t labels = 0;
  std::vector<Task> tasks;  // one without a name, or several
  std::string source_json;
  int64_t bytes = 0;
};

// One argument of `frond info`, costed.
struct Subject {
  Spec spec;
  int height = 0;  // px, that the cost is for
  int width = 0;
  NetworkCost cost;
  std::optional<FileFacts> file;
};

// The papers' stage table, totals and preprocessing.
std::string DescribeOne(const Subject& subject);
// One row a model.
std::string Compare(const std::vector<Subject>& subjects);

// {"models": [...]}; "scaling" too where `scaling` is given.
std::string InfoDocument(const std::vector<Subject>& subjects, const CompoundScaling* scaling);

}  // namespace frond::cli

#endif  // FROND_CLI_INFO_TABLE_H_

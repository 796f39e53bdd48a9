#ifndef FROND_CLI_DATASET_OPTIONS_H_
#define FROND_CLI_DATASET_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "src/data/dataset.h"

namespace frond::cli {

// How photos are shared out among train, val and test, the same for every verb that reads a data set; `--seed`, which
// training uses for more, is the verb's own.
inline void AddDatasetOptions(CLI::App& verb, DatasetOptions& options) {
  const std::map<std::string, SplitMethod> methods = {{"blocks", SplitMethod::kBlocks},
                                                      {"random", SplitMethod::kRandom}};
  verb.add_option("--split-method", options.method, "blocks (neighbours by name stay together) or random")
      ->transform(CLI::CheckedTransformer(methods).description(""))
      ->default_str("blocks")
      ->option_text("METHOD [blocks]");
  verb.add_option("--val-share", options.val_share, "share of the photos for validation, where the data does not say")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--test-share", options.test_share, "share of the photos for the test, where the data does not say")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--group", options.group_pattern,
                  "regular expression on paths; photos with the same match stay in one split");
}

}  // namespace frond::cli

#endif  // FROND_CLI_DATASET_OPTIONS_H_

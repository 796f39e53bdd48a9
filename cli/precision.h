#ifndef FROND_CLI_PRECISION_H_
#define FROND_CLI_PRECISION_H_

#include <CLI/CLI.hpp>
#include <string>

#include "frond/model.h"

namespace frond::cli {

// --precision, the same for every verb that runs a model.
inline void AddPrecision(CLI::App& verb, std::string& precision) {
  verb.add_option("--precision", precision, "arithmetic: fp32, or bf16 with half the memory for weights")
      ->check([](const std::string& name) {
        const Result<Precision> parsed = ParsePrecision(name);
        return parsed.ok() ? std::string() : parsed.error().message + ": " + parsed.error().remedy;
      });
}

inline Result<Model> LoadModel(const std::string& path, const std::string& precision) {
  FROND_ASSIGN(const Precision parsed, ParsePrecision(precision));
  return Model::Load(path, {parsed});
}

}  // namespace frond::cli

#endif  // FROND_CLI_PRECISION_H_

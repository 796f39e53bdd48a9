// frond import: somebody's weights into a model file.

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "cli/verbs.h"
#include "src/base/format.h"
#include "src/weights/import.h"

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Describe(const ImportOptions& options, const ImportReport& report) {
  return StrCat("wrote ", Clean(options.output), ", ", Bytes(report.file_bytes), "\n", Clean(report.spec.name),
                " from ", report.library, " (", report.format, "), ",
                report.spec.num_classes > 0 ? StrCat(report.spec.num_classes, " classes")
                                            : "a feature extractor without classifier",
                report.labels > 0 ? " with labels" : "", ", ", Count(report.parameters), " parameters\n");
}

std::string Document(const ImportOptions& options, const ImportReport& report) {
  const Json json = {{"output", options.output},
                     {"library", report.library},
                     {"format", report.format},
                     {"arch", report.spec.name},
                     {"num_classes", report.spec.num_classes},
                     {"labels", report.labels},
                     {"parameters", report.parameters},
                     {"file_bytes", report.file_bytes},
                     {"warnings", report.warnings}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void AddImport(CLI::App& app, Action& run) {
  struct Options : ImportOptions {
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("import", "Write weights of timm, torchvision, efficientnet_pytorch or Keras as a model file");
  verb->add_option("FILE", options->file, "weights: .safetensors, .pth, .pt, .bin, .h5, .keras")->required();
  verb->add_option("-o,--output", options->output, "the model file to write, .safetensors")->required();
  verb->add_option("--arch", options->arch, "architecture: a name (`frond info --list`) or a spec's JSON file");
  verb->add_option("--labels", options->labels, "class names: one a line, or a JSON list or map");
  verb->add_flag("--json", options->json, "report as JSON");
  verb->callback([options, &run] {
    run = [options] {
      const Result<ImportReport> report = ImportModel(*options);
      if (!report.ok()) return Fail(report.error(), options->json);
      for (const std::string& warning : report->warnings) Warn(warning);
      return Print(options->json ? Document(*options, *report) : Describe(*options, *report));
    };
  });
}

}  // namespace frond::cli

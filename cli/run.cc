// frond run: a model over an array of images, for comparison with other programs.

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/batch_of.h"
#include "cli/npy.h"
#include "cli/output.h"
#include "cli/precision.h"
#include "cli/verbs.h"
#include "frond/model.h"
#include "src/base/format.h"
#include "src/weights/output_path.h"

namespace frond::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string model, input, output;
  std::string precision = "fp32";
  int threads = 0;
  bool json = false;
};

Result<Shape> RunModel(const Options& options) {
  FROND_RETURN_IF_ERROR(CheckOutput(options.output, {options.model, options.input}));
  FROND_ASSIGN(const NpyFile npy, NpyFile::Read(options.input));
  FROND_ASSIGN(const ImageBatch batch, BatchOf(npy, options.input));
  FROND_ASSIGN(const Model model, LoadModel(options.model, options.precision));
  const Preprocessing& wanted = model.spec().preprocessing;
  if (batch.height != wanted.height || batch.width != wanted.width) {
    Warn(StrCat("images are ", batch.height, "x", batch.width, " px, ", model.spec().name, " was made for ",
                wanted.height, "x", wanted.width));
  }
  FROND_ASSIGN(Session session, Session::Create(model, {options.threads}));
  const Shape shape = {batch.count, model.output_size()};
  std::vector<float> logits(static_cast<size_t>(shape[0] * shape[1]));
  FROND_RETURN_IF_ERROR(session.Run(batch, logits));
  FROND_RETURN_IF_ERROR(WriteNpy(options.output, shape, logits));
  return shape;
}

}  // namespace

void AddRun(CLI::App& app, Action& run) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("run", "Run a model over normalised images in a .npy file");
  verb->add_option("MODEL", options->model, "model file, as `frond import` writes it")->required();
  verb->add_option("--input", options->input,
                   ".npy, float32, N x 3 x H x W, normalised as the model's preprocessing says")
      ->required();
  verb->add_option("--output", options->output, ".npy to write: logits, N x classes")->required();
  AddPrecision(*verb, options->precision);
  verb->add_option("--threads", options->threads, "0: one for each CPU")->check(CLI::Range(0, 256));
  verb->add_flag("--json", options->json, "report as JSON");
  verb->callback([options, &run] {
    run = [options] {
      const Result<Shape> shape = RunModel(*options);
      if (!shape.ok()) return Fail(shape.error(), options->json);
      if (!options->json) return Print(StrCat("wrote ", Clean(options->output), ", ", ToString(*shape), "\n"));
      const Json json = {{"output", options->output}, {"shape", *shape}};
      return Print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    };
  });
}

}  // namespace frond::cli

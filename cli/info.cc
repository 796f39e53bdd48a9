// frond info: what a network is and costs, from its name, spec or file.

#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/info_table.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "src/base/format.h"
#include "src/spec/input_size.h"
#include "src/weights/identify.h"
#include "src/weights/model_file.h"

namespace frond::cli {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string size;
  std::optional<double> phi;
  CompoundScaling scaling;
  bool list = false;
  bool spec = false;
  bool json = false;
};

Result<Subject> ReadSubject(const std::string& argument) {
  Subject subject;
  std::error_code missing;
  // A known name wins over a file that happens to be called so.
  Result<Spec> named = FindSpec(argument);
  if (!named.ok() && !argument.ends_with(".json") && std::filesystem::exists(argument, missing)) {
    FROND_ASSIGN(const ModelFile file, ReadModelFile(argument));
    subject.spec = file.spec;
    subject.file = FileFacts{argument, file.info.labels.size(), file.info.tasks, file.info.source_json,
                             static_cast<int64_t>(std::filesystem::file_size(argument, missing))};
    return subject;
  }
  if (!named.ok()) named = SpecFromNameOrFile(argument);
  const bool looks_like_a_path = argument.find('/') != argument.npos || argument.ends_with(".safetensors");
  if (!named.ok() && looks_like_a_path) {
    return Error{ErrorCode::kNotFound, StrCat("cannot open ", argument, ": no such file"), "check the path"};
  }
  if (!named.ok()) return named.error();
  subject.spec = std::move(named).value();
  return subject;
}

Result<std::vector<Subject>> ReadSubjects(const Options& options) {
  std::vector<Subject> subjects;
  std::vector<std::string> models = options.models;
  if (models.empty()) models = {"b0"};  // the usual base of --phi
  for (const std::string& model : models) {
    FROND_ASSIGN(Subject subject, ReadSubject(model));
    if (options.phi) {
      FROND_ASSIGN(subject.spec, Scale(subject.spec, options.scaling));
      subject.file.reset();
    }
    subject.height = subject.spec.preprocessing.height;
    subject.width = subject.spec.preprocessing.width;
    if (!options.size.empty()) {
      FROND_ASSIGN(const InputSize size, ParseInputSize(options.size));
      subject.height = size.height;
      subject.width = size.width;
    }
    FROND_ASSIGN(subject.cost, ComputeCost(subject.spec, subject.height, subject.width));
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

int List(bool json) {
  const std::vector<std::string> names = SpecNames();
  if (json) return Print(nlohmann::ordered_json{{"names", names}}.dump(2) + "\n");
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return Print(text);
}

std::string DescribeScaling(const CompoundScaling& scaling) {
  return StrCat("phi ", scaling.phi, ": depth x ", scaling.depth(), ", width x ", scaling.width(), ", resolution x ",
                scaling.resolution(), "; α·β²·γ² = ", scaling.cost_growth(), "\n");
}

int Info(const Options& options) {
  if (options.list) return List(options.json);
  const Result<std::vector<Subject>> subjects = ReadSubjects(options);
  if (!subjects.ok()) return Fail(subjects.error(), options.json);
  if (options.phi && std::abs(options.scaling.cost_growth() - 2) > 0.2) {
    Warn(StrCat("α·β²·γ² is ", options.scaling.cost_growth(),
                ": compound scaling wants about 2, so that the cost grows by 2^phi"));
  }
  if (options.spec) return Print(SpecToJson(subjects->front().spec) + "\n");
  const CompoundScaling* scaling = options.phi ? &options.scaling : nullptr;
  if (options.json) return Print(InfoDocument(*subjects, scaling));
  return Print((scaling != nullptr ? DescribeScaling(*scaling) : "") +
               (subjects->size() == 1 ? DescribeOne(subjects->front()) : Compare(*subjects)));
}

}  // namespace

void AddInfo(CLI::App& app, Action& run) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("info", "Show what networks are and cost; several are compared");
  verb->add_option("MODEL", options->models, "names, spec JSON files or model files");
  verb->add_option("--size", options->size, "input size in px, N or HxW, instead of the model's own");
  CLI::Option* phi =
      verb->add_option("--phi", options->phi, "compound scaling of MODEL (default b0) by this coefficient");
  verb->add_option("--alpha", options->scaling.alpha, "depth grows by alpha^phi")->needs(phi)->capture_default_str();
  verb->add_option("--beta", options->scaling.beta, "width grows by beta^phi")->needs(phi)->capture_default_str();
  verb->add_option("--gamma", options->scaling.gamma, "resolution grows by gamma^phi")
      ->needs(phi)
      ->capture_default_str();
  verb->add_flag("--list", options->list, "print every name");
  verb->add_flag("--spec", options->spec, "print the spec as JSON, to edit and give to --arch");
  verb->add_flag("--json", options->json, "report as JSON");
  verb->callback([options, &run] {
    if (options->models.empty() && !options->list && !options->phi) throw CLI::RequiredError("MODEL, --phi or --list");
    if (options->spec && options->models.size() > 1)
      throw CLI::ValidationError("--spec prints one spec: give one MODEL");
    options->scaling.phi = options->phi.value_or(0);
    run = [options] { return Info(*options); };
  });
}

}  // namespace frond::cli

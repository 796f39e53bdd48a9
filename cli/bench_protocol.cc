#include "cli/bench_protocol.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "cli/batch_of.h"
#include "cli/bench_measure.h"
#include "cli/npy.h"
#include "cli/output.h"
#include "src/base/format.h"

namespace frond::cli {
namespace {

// What the session runs next: generated images, or those of the last `io`.
class Server {
 public:
  Server(const Model& model, Session& session, int batch)
      : model_(model),
        session_(session),
        images_(GeneratedImages(model.spec().preprocessing, batch)),
        count_(batch),
        height_(model.spec().preprocessing.height),
        width_(model.spec().preprocessing.width),
        logits_(static_cast<size_t>(batch) * static_cast<size_t>(model.output_size())) {}

  Result<double> Answer(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "run") return RunTimes(words);
    if (verb == "io") return ReadAndWrite(words);
    return Error{ErrorCode::kInvalidArgument, StrCat("cannot follow ", Quote(line)), "say run K or io IN.npy OUT.npy"};
  }

 private:
  Status RunOnce() { return session_.Run({images_, count_, height_, width_}, logits_); }

  Result<double> RunTimes(std::istringstream& words) {
    int count = 0;
    if (!(words >> count) || count < 1) {
      return Error{ErrorCode::kInvalidArgument, "run needs a number of runs from 1 on", "say run K"};
    }
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) FROND_RETURN_IF_ERROR(RunOnce());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  Result<double> ReadAndWrite(std::istringstream& words) {
    std::string input;
    std::string output;
    if (!(words >> input >> output)) {
      return Error{ErrorCode::kInvalidArgument, "io needs two paths", "say io IN.npy OUT.npy"};
    }
    FROND_ASSIGN(const NpyFile npy, NpyFile::Read(input));
    FROND_ASSIGN(const ImageBatch batch, BatchOf(npy, input));
    images_.assign(batch.values.begin(), batch.values.end());
    count_ = batch.count;
    height_ = batch.height;
    width_ = batch.width;
    logits_.resize(static_cast<size_t>(count_) * static_cast<size_t>(model_.output_size()));
    FROND_RETURN_IF_ERROR(RunOnce());
    FROND_RETURN_IF_ERROR(WriteNpy(output, {count_, model_.output_size()}, logits_));
    return 0.0;
  }

  const Model& model_;
  Session& session_;
  std::vector<float> images_;
  int count_;
  int height_;
  int width_;
  std::vector<float> logits_;
};

}  // namespace

int ServeBenchProtocol(const Model& model, Session& session, int batch) {
  Server server(model, session, batch);
  int status = Print("ready\n");
  for (std::string line; status == kExitOk && std::getline(std::cin, line);) {
    const Result<double> seconds = server.Answer(line);
    char text[32];
    if (seconds.ok()) std::snprintf(text, sizeof(text), "%.9f\n", *seconds);
    if (Print(seconds.ok() ? text : StrCat("error: ", seconds.error().ToString(), "\n")) != kExitOk) return kExitInput;
    if (!seconds.ok()) status = kExitInput;
  }
  return status;
}

}  // namespace frond::cli

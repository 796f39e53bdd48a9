// The program `frond-train`: a folder of photos to a classifier. `frond train` starts it.

#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <string_view>

#include "cli/dataset_options.h"
#include "cli/output.h"
#include "cli/predict_progress.h"
#include "src/base/cpu_set.h"
#include "src/base/format.h"
#include "src/base/text.h"
#include "src/base/write_file.h"
#include "src/train/finish.h"
#include "src/train/options.h"
#include "src/train/peers.h"
#include "src/train/world.h"

namespace frond::cli {
namespace {

// What must not change between two attempts at one run: every option that the result depends on, and the photos.
std::string RunKey(const std::string& config, const Dataset& dataset) {
  std::string key;
  std::istringstream lines(config);
  for (std::string line; std::getline(lines, line);) {
    const bool free = line.starts_with("out=") || line.starts_with("checkpoint-seconds=") ||
                      line.starts_with("config=") || line.starts_with("cache-gb=") ||
                      line.starts_with("peer-timeout-seconds=") || line.starts_with("rendezvous=") ||
                      line.starts_with("no-shared-memory=") || line.starts_with("grad-checkpoint=");
    if (!free && !line.empty()) key += line + "\n";
  }
  size_t hash = 0;
  for (const Sample& sample : dataset.samples) {
    const std::string text = StrCat(sample.path, '\n', dataset.LabelText(sample), '\n', SplitName(sample.split));
    hash = hash * 1099511628211U + std::hash<std::string>()(text);
  }
  return StrCat(key, dataset.samples.size(), " photos, ", hash, "\n");
}

// " (crop 0.900, disease 0.750)"; nothing where tasks have no names.
std::string ByTask(const EpochRecord& record) {
  std::string text;
  for (const auto& [task, accuracy] : record.val_accuracy_of) {
    text += StrCat(text.empty() ? " (" : ", ", Clean(task), " ", Fixed(accuracy, 3));
  }
  return text.empty() ? "" : text + ")";
}

// A line for each epoch on standard error; between them, on a terminal, one that is written over.
class TrainLine {
 public:
  void Show(const TrainProgress& now) {
    if (now.notice != nullptr) {
      std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\x1b[K" : "", Clean(*now.notice).c_str());
    } else if (now.to_keep > 0) {
      if (terminal_) std::fprintf(stderr, "\r\x1b[Kfrozen part: %zu of %zu photos", now.kept, now.to_keep);
    } else if (now.finished != nullptr) {
      const EpochRecord& r = *now.finished;
      const std::string val = std::isnan(r.val_accuracy) ? ""
                                                         : StrCat("val loss ", Fixed(r.val_loss, 4), "  val accuracy ",
                                                                  Fixed(r.val_accuracy, 3), ByTask(r), "  ");
      std::fprintf(stderr, "%sepoch %d/%d  loss %s  accuracy %s  %s%s photos/s\n", terminal_ ? "\r\x1b[K" : "", r.epoch,
                   now.epochs, Fixed(r.train_loss, 4).c_str(), Fixed(r.train_accuracy, 3).c_str(), val.c_str(),
                   Fixed(r.photos_per_s, 0).c_str());
    } else if (terminal_) {
      std::fprintf(stderr, "\r\x1b[Kepoch %d/%d  batch %lld/%lld  loss %s  accuracy %s  %s photos/s  %s s left",
                   now.epoch, now.epochs, static_cast<long long>(now.batch), static_cast<long long>(now.batches),
                   Fixed(now.loss, 4).c_str(), Fixed(now.accuracy, 3).c_str(), Fixed(now.photos_per_s, 0).c_str(),
                   Fixed(now.seconds_left, 0).c_str());
    }
    std::fflush(stderr);
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
};

Status MakeFolder(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (!failed) return {};
  return Error{ErrorCode::kIo, StrCat("cannot make the folder ", Quote(path), ": ", failed.message()),
               "give another --out"};
}

std::string Describe(const TrainResult& result) {
  std::string text = StrCat("wrote ", Clean(result.model), " (epoch ", result.best_epoch, ", temperature ",
                            Clean(TemperatureText(result)), ")\n");
  const auto line = [&](const char* split, const Evaluation& e) {
    text += StrCat(split, e.task.empty() ? "" : " " + Clean(e.task), ": ", Fixed(100 * e.top1, 1), " % of ", e.n,
                   " photos (95 %: ", Fixed(100 * e.top1_interval.low, 1), " to ", Fixed(100 * e.top1_interval.high, 1),
                   "), macro F1 ", Fixed(e.macro_f1, 3), ", ", CalibrationText(e), "\n");
  };
  for (const Evaluation& task : result.val) line("val", task);
  for (const Evaluation& task : result.test) line("test", task);
  return text + StrCat("report: ", Clean(result.report), "\n");
}

Result<std::string> FindRate(const TrainOptions& options, Trainer& trainer, TrainLine& line) {
  FROND_ASSIGN(const LrRange range, trainer.TestRates([&](const TrainProgress& now) { line.Show(now); }));
  const std::string page = options.out + "/lr_range.html";
  FROND_RETURN_IF_ERROR(WriteLrRange(page, range));
  const std::string json = LrRangeToJson(range);
  FROND_RETURN_IF_ERROR(WriteTextAtomically(options.out + "/lr_range.json", json));
  if (options.json) return json;
  const std::optional<double> rate = range.Suggested();
  return StrCat(rate ? StrCat("\nsuggested: --lr ", *rate) : "\nthe loss never fell", "; drawn in ", Clean(page), "\n");
}

// The processes that the launcher started, or none where this one is alone. Each takes its part of the machine's CPUs.
Result<std::unique_ptr<Peers>> JoinPeers(TrainOptions& options) {
  FROND_ASSIGN(const World world, ReadWorld(ProcessEnvironment(), options.rendezvous));
  if (world.alone()) return std::unique_ptr<Peers>();
  if (options.threads == 0) options.threads = std::max(1, AvailableCpus() / world.sharing);
  if (options.batch < world.size) {
    return Error{
        ErrorCode::kInvalidArgument,
        StrCat("--batch ", options.batch, " is too small for ", world.size, " processes, which share each batch"),
        StrCat("give --batch ", world.size, " or more, or start fewer")};
  }
  return Peers::Join(world, options.peer_timeout_seconds,
                     options.no_shared_memory ? Peers::Sums::kNetwork : Peers::Sums::kSharedMemoryIfPossible);
}

void Tell(const Setup& setup) {
  std::fputs(AuditToText(setup.audit, setup.audited).c_str(), stderr);
  for (const auto& notes : {setup.notes, setup.memory_notes}) {
    for (const std::string& note : notes) std::fprintf(stderr, "%s\n", Clean(note).c_str());
  }
}

// Text for standard output; of several processes rank 0's.
Result<std::string> Train(const TrainOptions& options, const std::string& config, const InterruptGuard& guard,
                          Peers* peers) {
  const bool leads = peers == nullptr || peers->leads();
  FROND_RETURN_IF_ERROR(MakeFolder(options.out));
  torch::set_num_threads(options.threads > 0 ? options.threads : AvailableCpus());
  std::optional<Progress> looking;
  const auto look = [&](size_t done, size_t of) {
    if (!looking) looking.emplace(of);
    looking->Show(done);
  };
  FROND_ASSIGN(Setup setup, PrepareRun(options, look, peers));
  looking.reset();
  if (leads) {
    Tell(setup);
    if (peers != nullptr) std::fprintf(stderr, "%d processes share each batch\n", peers->size());
    FROND_RETURN_IF_ERROR(WriteTextAtomically(options.out + "/config.toml", config));
    FROND_RETURN_IF_ERROR(WriteTextAtomically(options.out + "/audit.json", AuditToJson(setup.audit, setup.audited)));
  }
  FROND_ASSIGN(const std::unique_ptr<Trainer> trainer,
               Trainer::Create(options, setup, RunKey(config, setup.dataset), peers));
  TrainLine line;
  if (options.lr_range) return FindRate(options, *trainer, line);
  const auto show = [&](const TrainProgress& now) {
    if (leads) line.Show(now);
  };
  FROND_RETURN_IF_ERROR(trainer->Run(show, [&] { return guard.interrupted(); }));
  if (trainer->interrupted()) {
    if (leads) std::fputs("\ninterrupted; the same command goes on from here\n", stderr);
    guard.EndAsInterrupted();
  }
  FROND_ASSIGN(const TrainResult result, FinishRun(options, setup, *trainer));
  if (peers != nullptr) peers->Part();
  if (!leads) return std::string();
  return options.json ? ResultToJson(result) : Describe(result);
}

// A step takes and gives back gigabytes in large pieces. Left to mmap, each would be zeroed and faulted in again: a
// sixth of the time of a step.
void KeepMemory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

// Of several processes one that fails does not wait for what it was sending to the others.
int Leave(int status, const Peers* peers) {
  if (peers == nullptr || status == kExitOk) return status;
  std::fflush(nullptr);
  std::_Exit(status);
}

Error OutOfMemory(std::string what) {
  return {ErrorCode::kLimit, std::move(what),
          "give a smaller --batch (and --accumulate, to keep the step), a smaller --size, or --grad-checkpoint"};
}

int Main(int argc, char** argv) {
  KeepMemory();
  TrainOptions options;
  CLI::App app("frond-train: fine-tune an EfficientNet on your own photos", "frond train");
  AddTrainOptions(app, options);
  AddDatasetOptions(app, options.dataset);
  const bool json = std::any_of(argv, argv + argc, [](const char* arg) { return std::string_view(arg) == "--json"; });
  const InterruptGuard guard;
  std::unique_ptr<Peers> peers;
  const auto fail = [&](const Error& error) { return Leave(Fail(error, json), peers.get()); };
  try {
    app.parse(argc, argv);
    const std::string config = DescribeOptions(app);
    Result<std::unique_ptr<Peers>> joined = JoinPeers(options);
    if (!joined.ok()) return fail(joined.error());
    peers = std::move(joined).value();
    const Result<std::string> result = Train(options, config, guard, peers.get());
    return result.ok() ? Print(*result) : fail(result.error());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return FailUsage(error.what(), json);
  } catch (const std::bad_alloc&) {
    return fail(OutOfMemory("out of memory"));
  } catch (const std::exception& error) {  // libtorch's: its first line says it, the rest is a stack
    if (const std::optional<Error> lost = peers ? peers->lost() : std::nullopt) return fail(*lost);
    const std::string_view what = error.what();
    // Of the CPU's allocator and the GPU's.
    for (const char* words : {"can't allocate memory", "out of memory"}) {
      if (const size_t at = what.find(words); at != what.npos) {
        return fail(OutOfMemory(std::string(what.substr(at, what.find('\n', at) - at))));
      }
    }
    return fail({ErrorCode::kIo, std::string(what.substr(0, what.find('\n'))),
                 "if this happens again, report it as a defect of frond"});
  }
}

}  // namespace
}  // namespace frond::cli

int main(int argc, char** argv) { return frond::cli::Main(argc, argv); }

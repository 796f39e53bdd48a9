#ifndef FROND_CLI_PREDICT_PROGRESS_H_
#define FROND_CLI_PREDICT_PROGRESS_H_

#include <chrono>
#include <cstddef>

namespace frond::cli {

// While it lives, the first Ctrl-C or SIGTERM is noted instead of ending the program, so
// that what was done so far can be written whole; the second ends it. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool interrupted() const;
  // Ends the program as the signal does, for a shell that waits to see it.
  void EndAsInterrupted() const;
};

// A bar on standard error, where that is a terminal and there is much to do.
class Progress {
 public:
  explicit Progress(size_t total);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(size_t done);
  // Leaves an empty line for what is printed next.
  void Clear();

 private:
  size_t total_;
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace frond::cli

#endif  // FROND_CLI_PREDICT_PROGRESS_H_

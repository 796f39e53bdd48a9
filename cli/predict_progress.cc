#include "cli/predict_progress.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace frond::cli {
namespace {

// Ctrl-C's, and that of who ends what runs in a container, a batch queue or a service.
constexpr int kSignals[] = {SIGINT, SIGTERM};

volatile std::sig_atomic_t noted_signal = 0;

void Note(int signal) { noted_signal = signal; }

}  // namespace

InterruptGuard::InterruptGuard() {
  noted_signal = 0;
  for (const int signal : kSignals) {
    struct sigaction before = {};
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;  // nohup's, a script's &
    struct sigaction action = {};
    action.sa_handler = Note;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // the next one ends the program
    sigaction(signal, &action, nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  for (const int signal : kSignals) {
    struct sigaction now = {};
    if (sigaction(signal, nullptr, &now) == 0 && now.sa_handler == Note) std::signal(signal, SIG_DFL);
  }
}

bool InterruptGuard::interrupted() const { return noted_signal != 0; }

void InterruptGuard::EndAsInterrupted() const {
  const int signal = noted_signal != 0 ? static_cast<int>(noted_signal) : SIGINT;  // a peer's
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

Progress::Progress(size_t total) : total_(total), start_(std::chrono::steady_clock::now()) {
  constexpr size_t kMany = 20;
  enabled_ = total >= kMany && isatty(STDERR_FILENO) != 0;
}

void Progress::Show(size_t done) {
  if (!enabled_ || done == 0) return;
  constexpr size_t kWidth = 30;
  const size_t filled = done * kWidth / total_;
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start_;
  const double left_s = time.count() / static_cast<double>(done) * static_cast<double>(total_ - done);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::fprintf(stderr, "\r\x1b[K%s %zu of %zu photos, %.0f s left", bar.c_str(), done, total_, left_s);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::Clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace frond::cli

#include "cli/predict_progress.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace frond::cli {
namespace {

volatile std::sig_atomic_t interrupted_flag = 0;

void Note(int /*signal*/) { interrupted_flag = 1; }

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted_flag = 0;
  struct sigaction before = {};
  if (sigaction(SIGINT, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;  // nohup's, a script's &
  struct sigaction action = {};
  action.sa_handler = Note;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // the next one ends the program
  sigaction(SIGINT, &action, nullptr);
}

InterruptGuard::~InterruptGuard() {
  struct sigaction now = {};
  if (sigaction(SIGINT, nullptr, &now) == 0 && now.sa_handler == Note) std::signal(SIGINT, SIG_DFL);
}

bool InterruptGuard::interrupted() const { return interrupted_flag != 0; }

void InterruptGuard::EndAsInterrupted() const {
  std::signal(SIGINT, SIG_DFL);
  std::raise(SIGINT);
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

// Tensors in, logits out, watched or not.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "frond/frond.h"
#include "frond/image.h"
#include "frond/monitor.h"
#include "src/base/format.h"
#include "src/capi/guard.h"
#include "src/capi/photo.h"
#include "src/spec/limits.h"

struct frond_session {
  frond::Session session;
};

struct frond_monitor {
  frond_session* session;
  frond::Monitor monitor;
  std::string json;  // the last one that was asked for
};

namespace frond {
namespace {

// `fill` brings its photo to the input as the preprocessing says.
template <class Fill>
int Preprocessed(const frond_session* session, float* input, frond_error* error, const Fill& fill) {
  return Guarded(error, [&]() -> Status {
    if (session == nullptr) return NullArgument("session");
    if (input == nullptr) return NullArgument("input");
    const Preprocessing& preprocessing = session->session.model().spec().preprocessing;
    const size_t floats =
        size_t{3} * static_cast<size_t>(preprocessing.height) * static_cast<size_t>(preprocessing.width);
    return fill(preprocessing, std::span<float>(input, floats));
  });
}

// `run` is Session::Run or Monitor::Run, which refuses counts and sides that cannot be; none of these is read then.
template <class Run>
Status RunInto(const frond_session& session, const frond_images& images, float* logits, const Run& run) {
  if (images.values == nullptr) return NullArgument("images.values");
  if (logits == nullptr) return NullArgument("logits");
  const auto side = [](int px) { return static_cast<uint64_t>(std::clamp(px, 0, kMaxSide)); };
  const auto count = static_cast<uint64_t>(std::max(images.count, 0));
  const uint64_t floats = 3 * count * side(images.height) * side(images.width);
  if (floats > PTRDIFF_MAX / sizeof(float)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("a batch of ", images.count, " images"), "give fewer"};
  }
  const uint64_t outputs = count * static_cast<uint64_t>(session.session.model().output_size());
  return run(ImageBatch{{images.values, static_cast<size_t>(floats)}, images.count, images.height, images.width},
             std::span<float>(logits, static_cast<size_t>(outputs)));
}

}  // namespace
}  // namespace frond

int frond_session_load(const char* path, int threads, frond_session** session, frond_error* error) {
  if (session != nullptr) *session = nullptr;
  return frond::Guarded(error, [&]() -> frond::Status {
    if (path == nullptr) return frond::NullArgument("path");
    if (session == nullptr) return frond::NullArgument("session");
    FROND_ASSIGN(const frond::Model model, frond::Model::Load(path));
    FROND_ASSIGN(frond::Session created, frond::Session::Create(model, {.threads = threads}));
    *session = std::make_unique<frond_session>(frond_session{std::move(created)}).release();
    return {};
  });
}

void frond_session_free(frond_session* session) { delete session; }

int frond_session_input_height(const frond_session* session) {
  return session == nullptr ? 0 : session->session.model().spec().preprocessing.height;
}

int frond_session_input_width(const frond_session* session) {
  return session == nullptr ? 0 : session->session.model().spec().preprocessing.width;
}

int frond_session_output_size(const frond_session* session) {
  return session == nullptr ? 0 : session->session.model().output_size();
}

int frond_session_input_file(const frond_session* session, const char* path, float* input, frond_error* error) {
  return frond::Preprocessed(session, input, error,
                             [&](const frond::Preprocessing& preprocessing, std::span<float> out) {
                               return frond::FileToInput(path, preprocessing, out);
                             });
}

int frond_session_input_memory(const frond_session* session, const void* bytes, size_t size_bytes, float* input,
                               frond_error* error) {
  return frond::Preprocessed(session, input, error,
                             [&](const frond::Preprocessing& preprocessing, std::span<float> out) {
                               return frond::MemoryToInput(bytes, size_bytes, preprocessing, out);
                             });
}

int frond_session_input_rgb(const frond_session* session, const uint8_t* pixels, int width, int height,
                            size_t stride_bytes, float* input, frond_error* error) {
  return frond::Preprocessed(
      session, input, error, [&](const frond::Preprocessing& preprocessing, std::span<float> out) -> frond::Status {
        FROND_ASSIGN(const frond::Image photo, frond::CopyPixels(pixels, width, height, stride_bytes));
        return frond::Preprocess(photo, preprocessing, out);
      });
}

int frond_session_run(frond_session* session, frond_images images, float* logits, frond_error* error) {
  return frond::Guarded(error, [&]() -> frond::Status {
    if (session == nullptr) return frond::NullArgument("session");
    return frond::RunInto(*session, images, logits, [&](const frond::ImageBatch& batch, std::span<float> out) {
      return session->session.Run(batch, out);
    });
  });
}

int frond_monitor_create(frond_session* session, const char* name, frond_monitor** monitor, frond_error* error) {
  if (monitor != nullptr) *monitor = nullptr;
  return frond::Guarded(error, [&]() -> frond::Status {
    if (session == nullptr) return frond::NullArgument("session");
    if (name == nullptr) return frond::NullArgument("name");
    if (monitor == nullptr) return frond::NullArgument("monitor");
    *monitor = std::make_unique<frond_monitor>(frond_monitor{session, {session->session, name}, {}}).release();
    return {};
  });
}

void frond_monitor_free(frond_monitor* monitor) { delete monitor; }

int frond_monitor_run(frond_monitor* monitor, frond_images images, float* logits, frond_error* error) {
  return frond::Guarded(error, [&]() -> frond::Status {
    if (monitor == nullptr) return frond::NullArgument("monitor");
    return frond::RunInto(*monitor->session, images, logits, [&](const frond::ImageBatch& batch, std::span<float> out) {
      return monitor->monitor.Run(batch, out);
    });
  });
}

int frond_monitor_json(frond_monitor* monitor, const char** json, frond_error* error) {
  if (json != nullptr) *json = nullptr;
  return frond::Guarded(error, [&]() -> frond::Status {
    if (monitor == nullptr) return frond::NullArgument("monitor");
    if (json == nullptr) return frond::NullArgument("json");
    monitor->json = monitor->monitor.ToJson();
    *json = monitor->json.c_str();
    return {};
  });
}

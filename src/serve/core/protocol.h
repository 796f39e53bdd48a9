#ifndef FROND_SRC_SERVE_CORE_PROTOCOL_H_
#define FROND_SRC_SERVE_CORE_PROTOCOL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/serve/core/repository.h"

namespace frond::serve {

// What the Open Inference Protocol V2 says over HTTP and over gRPC alike.

constexpr const char* kServerName = "frond";
constexpr const char* kPlatform = "frond_efficientnet";
constexpr const char* kInputName = "input";
constexpr const char* kOutputName = "logits";
constexpr const char* kDatatype = "FP32";

// [-1, 3, H, W] and [-1, outputs].
std::vector<int64_t> InputShape(const Model& model);
std::vector<int64_t> OutputShape(const Model& model);

// The input's name, datatype and shape, of which `work` gets its extents; its tensor then takes InputFloats(work)
// numbers.
Status CheckInput(const std::string& name, const std::string& datatype, std::span<const int64_t> shape,
                  const Model& model, Work& work);
size_t InputFloats(const Work& work);
// Numbers that are not finite are no input.
Status CheckFinite(std::span<const float> values);

// When a request's patience ends, which its own wish can only shorten.
Clock::time_point DeadlineOf(std::chrono::microseconds most, std::optional<uint64_t> own_us);

// The versions that a model is served in, in the order they were added.
std::vector<std::string> VersionsOf(const Repository& models, const std::string& name);

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_PROTOCOL_H_

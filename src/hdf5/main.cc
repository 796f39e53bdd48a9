// frond-hdf5 IN OUT: Keras' HDF5 weights as safetensors. `frond import` starts
// it, so that HDF5's library is not part of frond and a file that breaks it
// breaks this process only (docs/decisions/0003-hdf5-in-a-program-of-its-own.md).
// An error goes to standard error, its remedy on a second line.

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <system_error>

#include "src/hdf5/hdf5_file.h"
#include "src/weights/tensor_file.h"

namespace {

// Sanitizers reserve terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// A hostile file may loop or allocate without end. HDF5's library and its caches
// take about 100 MiB of addresses, the arrays at most 16 times the input and 64 MiB.
void LimitSelf(rlim_t input_bytes) {
  const rlim_t cpu_s = 5 + input_bytes / 20'000'000;
  const rlim_t address_bytes = (rlim_t{448} << 20) + 32 * input_bytes;
  const rlimit cpu = {cpu_s, cpu_s};
  const rlimit memory = {address_bytes, address_bytes};
  const rlimit core = {0, 0};
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &core);
  if (!kSanitized) setrlimit(RLIMIT_AS, &memory);
}

frond::Status Convert(const char* in, const char* out) {
  FROND_ASSIGN(const std::vector<frond::KerasArray> arrays, frond::ReadKerasHdf5(in));
  std::vector<frond::TensorToWrite> tensors;
  for (const frond::KerasArray& array : arrays) tensors.push_back({array.name, array.shape, array.values});
  return frond::WriteSafetensors(out, tensors, {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: frond-hdf5 IN.h5 OUT.safetensors\n", stderr);
    return 2;
  }
  std::error_code failed;
  const uintmax_t input_bytes = std::filesystem::file_size(argv[1], failed);
  LimitSelf(failed ? 0 : static_cast<rlim_t>(input_bytes));
  try {
    const frond::Status status = Convert(argv[1], argv[2]);
    if (status.ok()) return 0;
    std::fprintf(stderr, "%s\n%s", status.error().message.c_str(), status.error().remedy.c_str());
  } catch (const std::exception& e) {  // out of memory
    std::fputs(e.what(), stderr);
  }
  return 1;
}

// frond-hdf5 IN OUT: Keras' HDF5 weights as safetensors. `frond import` starts
// it, so that HDF5's library is not part of frond and a file that breaks it
// breaks this process only (docs/decisions/0003-hdf5-in-a-program-of-its-own.md).
// An error goes to standard error, its remedy on a second line.

#include <sys/resource.h>

#include <cstdio>
#include <exception>

#include "src/hdf5/hdf5_file.h"
#include "src/weights/tensor_file.h"

namespace {

// A hostile file may loop or allocate without end: 120 s of CPU, 24 GiB of addresses.
void LimitSelf() {
  const rlimit cpu = {120, 120};
  const rlimit memory = {rlim_t{24} << 30, rlim_t{24} << 30};
  setrlimit(RLIMIT_CPU, &cpu);
#if !defined(__SANITIZE_ADDRESS__)
  setrlimit(RLIMIT_AS, &memory);
#else
  static_cast<void>(memory);
#endif
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
  LimitSelf();
  try {
    const frond::Status status = Convert(argv[1], argv[2]);
    if (status.ok()) return 0;
    std::fprintf(stderr, "%s\n%s", status.error().message.c_str(), status.error().remedy.c_str());
  } catch (const std::exception& e) {  // out of memory
    std::fputs(e.what(), stderr);
  }
  return 1;
}

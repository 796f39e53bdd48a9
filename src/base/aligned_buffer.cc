#include "src/base/aligned_buffer.h"

#include <sys/mman.h>

#include <limits>

namespace frond {

AlignedBuffer::AlignedBuffer(size_t floats) {
  constexpr size_t kHugePage = size_t{2} << 20;
  if (floats == 0 || floats > std::numeric_limits<size_t>::max() / (2 * sizeof(float))) return;
  size_t bytes = floats * sizeof(float);
  // Small buffers stay small; large ones are whole huge pages so that the kernel can back them by such.
  if (bytes >= kHugePage) bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return;
#ifdef MADV_HUGEPAGE
  if (bytes >= kHugePage) madvise(data, bytes, MADV_HUGEPAGE);
#endif
  data_ = static_cast<float*>(data);
  bytes_ = bytes;
}

AlignedBuffer::~AlignedBuffer() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

}  // namespace frond

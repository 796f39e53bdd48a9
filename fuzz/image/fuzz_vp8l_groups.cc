// libFuzzer target for the reader of a lossless WebP stream's codes: a byte for each
// side, then the stream.

#include "fuzz/image/decode.h"
#include "src/image/vp8l_groups.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto stream = std::as_bytes(std::span(data + 2, size - 2));
  const frond::Result<int> groups = frond::CountVp8lGroups(stream, 4 * data[0] + 1, 4 * data[1] + 1);
  frond::Require(groups.ok() ? *groups >= 1 && *groups <= 65536 : !groups.error().message.empty());
  return 0;
}

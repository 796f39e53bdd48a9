#ifndef FROND_SRC_IMAGE_VP8L_GROUPS_H_
#define FROND_SRC_IMAGE_VP8L_GROUPS_H_

#include <cstddef>
#include <span>

#include "frond/result.h"

namespace frond {

// More groups of Huffman codes than this are refused. libwebp takes some 12 kB and
// 40 us for each, and the format allows 65,536; its encoder writes at most 2,600.
inline constexpr int kMaxVp8lGroups = 4096;

// How many groups of Huffman codes a lossless WebP bit stream defines: read up to
// the image that says which group a block of pixels uses, and that image.
// `stream` begins at the transforms: after the 5-byte header of a VP8L chunk, after
// the first byte of a compressed ALPH chunk. Errors: kBadFormat for a stream that
// libwebp refuses too.
Result<int> CountVp8lGroups(std::span<const std::byte> stream, int width, int height);

}  // namespace frond

#endif  // FROND_SRC_IMAGE_VP8L_GROUPS_H_

#ifndef FROND_SRC_WEIGHTS_SNIFF_H_
#define FROND_SRC_WEIGHTS_SNIFF_H_

#include <cstddef>
#include <span>

#include "frond/result.h"

namespace frond {

// Each tells a format from a file's bytes; none promises that the rest is sound.
bool IsSafetensors(std::span<const std::byte> bytes);  // a '{' after eight bytes that can be a length
bool IsZip(std::span<const std::byte> bytes);
bool IsPickle(std::span<const std::byte> bytes);        // binary protocols, as torch.save's legacy form begins
bool IsKerasArchive(std::span<const std::byte> bytes);  // a .keras file: ZIP with model.weights.h5; opens the archive
bool IsHdf5(std::span<const std::byte> bytes);  // \x89HDF\r\n\x1a\n at 0, or after a user block of 512 · 2^k bytes

// The error for bytes that no reader knows: what they look like instead (an HTML
// page, a Git LFS pointer, ONNX, TFLite, a compressed file, nothing at all) and
// what to do about it.
Error DescribeUnknown(std::span<const std::byte> bytes);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_SNIFF_H_

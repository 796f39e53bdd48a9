#ifndef FROND_SRC_DATA_LOOK_H_
#define FROND_SRC_DATA_LOOK_H_

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "frond/image.h"
#include "src/data/content_hash.h"
#include "src/data/dataset.h"
#include "src/data/perceptual_hash.h"

namespace frond {

// The photo is scaled to 64 x 64, whose outer eighth is a ring of 28 cells of 8 x 8; of each, the mean and the standard
// deviation of red, green and blue.
constexpr size_t kBorderFeatures = size_t{28} * 6;

// What the audit keeps of a photo: under two kilobytes, so that a million photos fit.
struct Look {
  std::optional<Error> error;  // then nothing else is set
  int width = 0;               // px, upright; of what the file holds, to a draft's precision
  int height = 0;
  bool blank = false;  // one colour: its perceptual hash is noise
  uint64_t hash = 0;
  HashPicture luma = {};
  ContentHash content;
  std::array<float, kBorderFeatures> border = {};
};

Look LookAt(std::span<const std::byte> file, int64_t max_pixels);

// Every photo of the data set, in its order, opened once in `threads` threads (0: one for each CPU). Memory for
// decoding stays within some 300 MB. `progress(done, of)` is called from this thread.
std::vector<Look> LookAtAll(const Dataset& dataset, int threads, const std::function<void(size_t, size_t)>& progress);

}  // namespace frond

#endif  // FROND_SRC_DATA_LOOK_H_

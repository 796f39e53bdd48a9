#ifndef FROND_SRC_DATA_LOADER_H_
#define FROND_SRC_DATA_LOADER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frond/image.h"
#include "frond/result.h"
#include "src/data/augment.h"
#include "src/data/batch_share.h"
#include "src/data/dataset.h"

namespace frond {

struct LoaderOptions {
  Preprocessing preprocessing;
  std::optional<AugmentOptions> augment;  // absent: Preprocess alone, as at inference
  int batch = 16;
  int threads = 0;        // 0: one for each CPU
  int batches_ahead = 2;  // kept ready beyond the one in use; the next is then being made: the loader holds one more
  uint64_t seed = 0;
  // So many augmented views are made of each photo, and epoch e shows view e modulo `views`; 0: a new one each time.
  uint64_t views = 0;
  // Decoded photos, reduced to what the input needs, are kept in memory up to this size, so that later epochs do not
  // decode again; 0: none are. To be augmented they keep their proportions, with the shorter side (of a pad: the
  // longer) at most 1 / sqrt(min_area) times the input's longer one, 1.3 at the default, never more than 2; else they
  // are what the network sees. Kept or not, a photo is reduced in the same way.
  size_t cache_bytes = size_t{1} << 30;
};

// A batch ready for training; `inputs` belongs to the batch.
struct LoadedBatch {
  std::vector<float> inputs;                         // count x 3 x height x width
  std::vector<size_t> samples;                       // index of each in the data set
  std::vector<std::pair<size_t, Error>> unreadable;  // left out of the batch; kLimit where memory was refused
};

// Decodes, augments and batches photos in threads of its own, ahead of its reader. What a batch holds depends on the
// seed, the epoch and the order given, never on the number of threads or what is kept in memory. For one reader: its
// functions are called by one thread at a time.
class Loader {
 public:
  // `dataset` must outlive the loader, unchanged. Errors: kInvalidArgument; kLimit where memory or every thread is
  // refused (with some of the threads it goes on).
  static Result<Loader> Create(const Dataset& dataset, const LoaderOptions& options);
  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;
  ~Loader();  // stops the threads, once each has done the photo it is at; batches not taken are dropped

  // Begins an epoch over `order` (indices into the data set; repeats allowed, for oversampling); what was left of the
  // one before is dropped, after waiting for the photos being loaded. Sample i of the order is augmented by
  // Random({seed, epoch, position i, order[i]}), or with views by Random({seed, view, order[i]}). Batches before
  // `first_batch` are skipped without being loaded (for resuming). Of every batch only the share's photos are loaded,
  // as the whole batch would have them. An index that the data set has not becomes an unreadable photo
  // (kInvalidArgument).
  void StartEpoch(uint64_t epoch, std::vector<size_t> order, size_t first_batch = 0, const BatchShare& share = {});

  // The next batch, in order, or nothing at the end of the epoch. Blocks until it is ready.
  std::optional<LoadedBatch> Next();

 private:
  struct Impl;
  explicit Loader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond

#endif  // FROND_SRC_DATA_LOADER_H_

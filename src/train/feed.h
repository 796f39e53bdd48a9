#ifndef FROND_SRC_TRAIN_FEED_H_
#define FROND_SRC_TRAIN_FEED_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frond/result.h"
#include "src/data/loader.h"
#include "src/data/row_cache.h"
#include "src/train/frozen_part.h"
#include "src/train/peers.h"

namespace frond {

// A batch on its way into the network: photos, or what the frozen part made of them before.
struct FedBatch {
  std::vector<size_t> samples;                       // index of each in the data set
  std::vector<std::pair<size_t, Error>> unreadable;  // left out of the batch
  torch::Tensor images;                              // N x 3 x H x W in C order; undefined where there are inputs
  torch::Tensor inputs;                              // for Module::Features with the frozen part's blocks
};

// What the frozen part makes of every photo in every view, kept in a file: it runs once.
class FrozenViews {
 public:
  // `photos` in `views` views each, and `plain` ones as they are; rows as long as the part's outputs. Errors: those of
  // RowCache::Open.
  static Result<FrozenViews> Open(const std::string& path, const std::string& key, const FrozenPart& part,
                                  const std::vector<size_t>& photos, uint64_t views, const std::vector<size_t>& plain);

  // Computes what is missing, with loaders that give the views and the plain photos. `progress(done, of)` after each
  // batch; ends early where `interrupted()`. With peers each process computes a share of what one of them misses, and
  // all keep all of it.
  Status Fill(Loader& train, Loader& plain, FrozenPart& part, const std::function<void(size_t, size_t)>& progress,
              const std::function<bool()>& interrupted, Peers* peers = nullptr);

  // The plain photos' view.
  uint64_t plain_view() const { return views_; }
  // A batch of what Fill computed.
  FedBatch Gather(std::span<const size_t> samples, uint64_t view) const;

 private:
  FrozenViews(RowCache rows, std::vector<int64_t> shape, uint64_t views)
      : rows_(std::move(rows)), shape_(std::move(shape)), views_(views) {}
  size_t Row(size_t sample, uint64_t view) const;
  std::vector<size_t> Missing(uint64_t view, Peers* peers) const;

  RowCache rows_;
  std::vector<int64_t> shape_;
  uint64_t views_;
  std::vector<size_t> photos_;  // sorted, as `plain_`
  std::vector<size_t> plain_;
};

// The batches of an epoch in order: from a loader, or from what is kept of them.
class Feed {
 public:
  explicit Feed(Loader loader, const LoaderOptions& options)
      : loader_(std::move(loader)), size_(options.preprocessing), batch_(static_cast<size_t>(options.batch)) {}

  // As Loader::StartEpoch. With `kept`, which must outlive the epoch, photos are not loaded: they are its `view`.
  void StartEpoch(uint64_t epoch, std::vector<size_t> order, size_t first_batch = 0, const FrozenViews* kept = nullptr,
                  uint64_t view = 0, const BatchShare& share = {});

  std::optional<FedBatch> Next();

  Loader& loader() { return loader_; }

 private:
  Loader loader_;
  Preprocessing size_;
  size_t batch_;
  const FrozenViews* kept_ = nullptr;
  uint64_t view_ = 0;
  std::vector<size_t> order_;  // while photos are not loaded
  size_t next_ = 0;
  BatchShare share_;
};

}  // namespace frond

#endif  // FROND_SRC_TRAIN_FEED_H_

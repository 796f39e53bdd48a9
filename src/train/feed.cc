#include "src/train/feed.h"

#include <algorithm>
#include <memory>

namespace frond {
namespace {

FedBatch WithImages(LoadedBatch loaded, const Preprocessing& size) {
  FedBatch batch;
  batch.samples = std::move(loaded.samples);
  batch.unreadable = std::move(loaded.unreadable);
  auto values = std::make_shared<std::vector<float>>(std::move(loaded.inputs));
  batch.images = torch::from_blob(
      values->data(), {static_cast<int64_t>(batch.samples.size()), 3, size.height, size.width},
      [values](void* /*data*/) {}, torch::kFloat32);
  return batch;
}

}  // namespace

Result<FrozenViews> FrozenViews::Open(const std::string& path, const std::string& key, const FrozenPart& part,
                                      const std::vector<size_t>& photos, uint64_t views,
                                      const std::vector<size_t>& plain) {
  FROND_ASSIGN(RowCache rows, RowCache::Open(path, key, photos.size() * views + plain.size(), part.floats()));
  FrozenViews kept(std::move(rows), part.shape(), views);
  kept.photos_ = photos;
  kept.plain_ = plain;
  std::ranges::sort(kept.photos_);
  std::ranges::sort(kept.plain_);
  return kept;
}

size_t FrozenViews::Row(size_t sample, uint64_t view) const {
  const std::vector<size_t>& photos = view == plain_view() ? plain_ : photos_;
  const auto at = static_cast<size_t>(std::ranges::lower_bound(photos, sample) - photos.begin());
  return photos_.size() * view + at;
}

Status FrozenViews::Fill(Loader& train, Loader& plain, FrozenPart& part,
                         const std::function<void(size_t, size_t)>& progress,
                         const std::function<bool()>& interrupted) {
  const size_t all = photos_.size() * views_ + plain_.size();
  size_t done = 0;
  for (uint64_t view = 0; view <= views_; ++view) {
    std::vector<size_t> missing;
    const std::vector<size_t>& photos = view == plain_view() ? plain_ : photos_;
    std::ranges::copy_if(photos, std::back_inserter(missing), [&](size_t s) { return !rows_.Has(Row(s, view)); });
    done += photos.size() - missing.size();
    Loader& loader = view == plain_view() ? plain : train;
    loader.StartEpoch(view, missing);
    while (std::optional<LoadedBatch> loaded = loader.Next()) {
      const FedBatch batch = WithImages(*std::move(loaded), part.input());
      for (const auto& [sample, error] : batch.unreadable) rows_.Put(Row(sample, view), {});
      if (!batch.samples.empty()) {
        FROND_ASSIGN(const torch::Tensor maps, part.Run(batch.images));
        const float* values = maps.data_ptr<float>();
        for (const size_t sample : batch.samples) {
          rows_.Put(Row(sample, view), {values, part.floats()});
          values += part.floats();
        }
      }
      done += batch.samples.size() + batch.unreadable.size();
      progress(done, all);
      if (interrupted()) return {};
    }
  }
  return {};
}

FedBatch FrozenViews::Gather(std::span<const size_t> samples, uint64_t view) const {
  FedBatch batch;
  std::vector<std::span<const float>> rows;
  for (const size_t sample : samples) {
    const std::optional<std::span<const float>> row = rows_.Get(Row(sample, view));
    if (row && !row->empty()) {
      batch.samples.push_back(sample);
      rows.push_back(*row);
    } else {
      batch.unreadable.emplace_back(sample, Error{ErrorCode::kBadFormat, "a photo cannot be read", ""});
    }
  }
  batch.inputs = EmptyMaps(static_cast<int64_t>(rows.size()), shape_);
  float* values = batch.inputs.data_ptr<float>();
  for (const std::span<const float> row : rows) values = std::ranges::copy(row, values).out;
  return batch;
}

void Feed::StartEpoch(uint64_t epoch, std::vector<size_t> order, size_t first_batch, const FrozenViews* kept,
                      uint64_t view) {
  kept_ = kept;
  view_ = view;
  if (kept_ == nullptr) {
    loader_.StartEpoch(epoch, std::move(order), first_batch);
    return;
  }
  order_ = std::move(order);
  next_ = std::min(order_.size(), first_batch * batch_);
}

std::optional<FedBatch> Feed::Next() {
  if (kept_ == nullptr) {
    std::optional<LoadedBatch> loaded = loader_.Next();
    if (!loaded) return std::nullopt;
    return WithImages(*std::move(loaded), size_);
  }
  if (next_ == order_.size()) return std::nullopt;
  const size_t count = std::min(batch_, order_.size() - next_);
  next_ += count;
  return kept_->Gather(std::span(order_).subspan(next_ - count, count), view_);
}

}  // namespace frond

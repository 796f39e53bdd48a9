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

// What the frozen part makes of a batch, by photo.
struct MadeRows {
  std::vector<int64_t> samples;
  torch::Tensor values;  // a row for each of them
  std::vector<int64_t> unreadable;
};

Result<MadeRows> MakeRows(const FedBatch& batch, FrozenPart& part) {
  MadeRows made;
  made.samples.assign(batch.samples.begin(), batch.samples.end());
  for (const auto& [sample, error] : batch.unreadable) made.unreadable.push_back(static_cast<int64_t>(sample));
  const auto floats = static_cast<int64_t>(part.floats());
  made.values = torch::empty({0, floats});
  if (made.samples.empty()) return made;
  FROND_ASSIGN(const torch::Tensor maps, part.Run(batch.images));
  made.values = torch::from_blob(maps.data_ptr(), {maps.size(0), floats}, [maps](void* /*data*/) {}, torch::kFloat32);
  return made;
}

std::vector<int64_t> Exchanged(const std::vector<int64_t>& own, Peers& peers) {
  const torch::Tensor all = peers.Gather(torch::tensor(own, torch::kInt64));
  const int64_t* first = all.data_ptr<int64_t>();
  return {first, first + all.numel()};
}

MadeRows Exchanged(const MadeRows& own, Peers& peers) {
  return {Exchanged(own.samples, peers), peers.Gather(own.values), Exchanged(own.unreadable, peers)};
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

// The view's photos whose rows are missing, in one of the peers.
std::vector<size_t> FrozenViews::Missing(uint64_t view, Peers* peers) const {
  const std::vector<size_t>& photos = view == plain_view() ? plain_ : photos_;
  torch::Tensor there = torch::zeros({static_cast<int64_t>(photos.size())}, torch::kInt32);
  auto marks = there.accessor<int32_t, 1>();
  for (size_t i = 0; i < photos.size(); ++i) marks[static_cast<int64_t>(i)] = rows_.Has(Row(photos[i], view)) ? 1 : 0;
  if (peers != nullptr && !photos.empty()) peers->Sum(there);
  const int32_t all = peers != nullptr ? peers->size() : 1;
  std::vector<size_t> missing;
  for (size_t i = 0; i < photos.size(); ++i) {
    if (marks[static_cast<int64_t>(i)] < all) missing.push_back(photos[i]);
  }
  return missing;
}

Status FrozenViews::Fill(Loader& train, Loader& plain, FrozenPart& part,
                         const std::function<void(size_t, size_t)>& progress, const std::function<bool()>& interrupted,
                         Peers* peers) {
  const size_t all = photos_.size() * views_ + plain_.size();
  size_t done = 0;
  for (uint64_t view = 0; view <= views_; ++view) {
    const std::vector<size_t> missing = Missing(view, peers);
    done += (view == plain_view() ? plain_ : photos_).size() - missing.size();
    Loader& loader = view == plain_view() ? plain : train;
    loader.StartEpoch(view, missing, 0, peers != nullptr ? peers->share() : BatchShare());
    while (std::optional<LoadedBatch> loaded = loader.Next()) {
      FROND_ASSIGN(MadeRows made, MakeRows(WithImages(*std::move(loaded), part.input()), part));
      if (peers != nullptr) made = Exchanged(made, *peers);
      for (const int64_t sample : made.unreadable) rows_.Put(Row(static_cast<size_t>(sample), view), {});
      const float* values = made.values.data_ptr<float>();
      for (const int64_t sample : made.samples) {
        rows_.Put(Row(static_cast<size_t>(sample), view), {values, part.floats()});
        values += part.floats();
      }
      done += made.samples.size() + made.unreadable.size();
      progress(done, all);
      if (peers != nullptr ? peers->Any(interrupted()) : interrupted()) return {};
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
                      uint64_t view, const BatchShare& share) {
  kept_ = kept;
  view_ = view;
  share_ = share;
  if (kept_ == nullptr) {
    loader_.StartEpoch(epoch, std::move(order), first_batch, share);
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
  const std::span<const size_t> batch = std::span(order_).subspan(next_, count);
  next_ += count;
  return kept_->Gather(batch.subspan(share_.First(count), share_.Last(count) - share_.First(count)), view_);
}

}  // namespace frond

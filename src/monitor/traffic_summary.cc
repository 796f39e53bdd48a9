#include "src/monitor/traffic_summary.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "src/base/format.h"

namespace frond {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "frondtrf";
constexpr uint32_t kVersion = 1;
constexpr uint64_t kMostPhotos = uint64_t{1} << 40;  // so that years of them add up

template <class T>
void Put(std::string& bytes, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

// Takes values off the front; false where there are too few bytes.
template <class T>
bool Get(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof(T)) return false;
  const std::string_view front = bytes.substr(0, sizeof(T));
  std::ranges::copy(front, reinterpret_cast<char*>(&value));
  bytes.remove_prefix(sizeof(T));
  return true;
}

Error Bad(std::string message) {
  return {ErrorCode::kBadFormat, "a summary of traffic: " + std::move(message), "leave this day out"};
}

}  // namespace

TrafficSummary::TrafficSummary(const DriftBasis& basis, uint64_t seed)
    : key_(basis.key()), class_counts_(basis.labels()), random_(seed) {}

void TrafficSummary::Add(const ObservedPhoto& photo) {
  ++photos_;
  for (const ObservedClass& seen : photo.classes) ++class_counts_[static_cast<size_t>(seen.label)];
  if (sample_.size() < kSample) {
    sample_.push_back(photo);
    return;
  }
  if (const uint64_t place = random_() % photos_; place < kSample) sample_[place] = photo;
}

Result<TrafficSummary> TrafficSummary::Merge(std::span<const TrafficSummary> parts, uint64_t seed) {
  if (parts.empty()) return Error{ErrorCode::kInvalidArgument, "no days to put together", "give one at least"};
  TrafficSummary merged;
  merged.key_ = parts.front().key_;
  merged.class_counts_.resize(parts.front().class_counts_.size());
  merged.random_.seed(seed);
  // Each part's sample in a random order, and how many of its photos are not drawn yet.
  std::vector<std::vector<const ObservedPhoto*>> rows;
  std::vector<uint64_t> left;
  size_t kept = 0;
  for (const TrafficSummary& part : parts) {
    if (part.key_ != merged.key_) {
      return Error{ErrorCode::kMismatch, "days that different models saw", "put together what one model saw"};
    }
    merged.photos_ += part.photos_;
    for (size_t i = 0; i < part.class_counts_.size(); ++i) merged.class_counts_[i] += part.class_counts_[i];
    std::vector<const ObservedPhoto*>& own = rows.emplace_back();
    for (const ObservedPhoto& photo : part.sample_) own.push_back(&photo);
    std::ranges::shuffle(own, merged.random_);
    left.push_back(part.photos_);
    kept += own.size();
  }
  uint64_t total = merged.photos_;
  for (size_t taken = 0; taken < std::min(kept, kSample) && total > 0; ++taken) {
    uint64_t place = merged.random_() % total;
    size_t part = 0;
    while (place >= left[part]) place -= left[part++];
    // A part is never drawn from more often than it kept: either it kept all, or as many as are drawn in all.
    merged.sample_.push_back(*rows[part].back());
    rows[part].pop_back();
    --left[part];
    --total;
  }
  return merged;
}

std::string TrafficSummary::Serialize() const {
  std::string bytes(kMagic);
  Put(bytes, kVersion);
  Put(bytes, static_cast<uint32_t>(sample_.size()));
  Put(bytes, static_cast<uint32_t>(kPhotoStatistics));
  Put(bytes, static_cast<uint32_t>(class_counts_.size()));
  Put(bytes, key_);
  Put(bytes, photos_);
  for (const uint64_t count : class_counts_) Put(bytes, count);
  for (const ObservedPhoto& photo : sample_) {
    for (const float value : photo.statistics) Put(bytes, value);
    for (const float value : photo.projection) Put(bytes, value);
    for (const ObservedClass& seen : photo.classes) {
      Put(bytes, static_cast<int32_t>(seen.label));
      Put(bytes, seen.confidence);
    }
  }
  return bytes;
}

Result<TrafficSummary> TrafficSummary::Parse(std::string_view bytes, const DriftBasis& basis) {
  if (!bytes.starts_with(kMagic)) return Bad("it does not begin as one");
  bytes.remove_prefix(kMagic.size());
  uint32_t version = 0;
  uint32_t kept = 0;
  uint32_t statistics = 0;
  uint32_t labels = 0;
  TrafficSummary summary;
  if (!Get(bytes, version)) return Bad("it is cut off");
  if (version != kVersion) {
    return Error{ErrorCode::kUnsupported, StrCat("a summary of traffic of version ", version), "update frond"};
  }
  if (!Get(bytes, kept) || !Get(bytes, statistics) || !Get(bytes, labels) || !Get(bytes, summary.key_) ||
      !Get(bytes, summary.photos_)) {
    return Bad("it is cut off");
  }
  if (summary.key_ != basis.key() || labels != basis.labels() || statistics != kPhotoStatistics) {
    return Error{ErrorCode::kMismatch, "a summary of traffic that another model saw", "compare what one model saw"};
  }
  if (summary.photos_ > kMostPhotos || kept != std::min<uint64_t>(kSample, summary.photos_)) {
    return Bad(StrCat(kept, " photos kept of ", summary.photos_));
  }
  summary.class_counts_.resize(labels);
  for (uint64_t& count : summary.class_counts_) {
    if (!Get(bytes, count)) return Bad("it is cut off");
    if (count > summary.photos_) return Bad(StrCat("a class of ", count, " photos of ", summary.photos_));
  }
  for (uint32_t n = 0; n < kept; ++n) {
    ObservedPhoto photo;
    photo.projection.resize(basis.dimensions());
    photo.classes.resize(basis.tasks().size());
    bool whole = true;
    for (float& value : photo.statistics) whole = whole && Get(bytes, value);
    for (float& value : photo.projection) whole = whole && Get(bytes, value);
    for (ObservedClass& seen : photo.classes) {
      int32_t label = 0;
      whole = whole && Get(bytes, label) && Get(bytes, seen.confidence);
      seen.label = label;
    }
    if (!whole) return Bad("it is cut off");
    if (const Status checked = basis.Check(photo); !checked.ok()) return Bad(checked.error().message);
    summary.sample_.push_back(std::move(photo));
  }
  if (!bytes.empty()) return Bad(StrCat(bytes.size(), " bytes too many"));
  summary.random_.seed(summary.key_ ^ summary.photos_);
  return summary;
}

}  // namespace frond

#ifndef FROND_SRC_DATA_BATCH_SHARE_H_
#define FROND_SRC_DATA_BATCH_SHARE_H_

#include <cstddef>

namespace frond {

// The part of every batch that one of several processes takes: the batch's photos in order, cut into `of` parts whose
// lengths differ by one at most. Part `index` of `count` photos is [First(count), Last(count)), empty where there are
// fewer photos than parts.
struct BatchShare {
  size_t index = 0;
  size_t of = 1;

  size_t First(size_t count) const { return count * index / of; }
  size_t Last(size_t count) const { return count * (index + 1) / of; }
};

}  // namespace frond

#endif  // FROND_SRC_DATA_BATCH_SHARE_H_

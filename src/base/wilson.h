#ifndef FROND_SRC_BASE_WILSON_H_
#define FROND_SRC_BASE_WILSON_H_

#include <cstdint>

namespace frond {

struct Interval {
  double low = 0;
  double high = 1;
};

// Wilson's 95 % interval of a share (Wilson 1927; Brown, Cai, DasGupta 2001): `of` = 0 gives [0, 1].
Interval WilsonInterval(int64_t hits, int64_t of);

}  // namespace frond

#endif  // FROND_SRC_BASE_WILSON_H_

#include "src/base/flush_denormals.h"

#include <gtest/gtest.h>

namespace frond {
namespace {

#if defined(__x86_64__) || defined(__aarch64__)
TEST(FlushDenormalsTest, HoldsWhileItLivesAndNoLonger) {
  volatile float tiny = 2e-38f;  // a normal number
  volatile float tenth = 0.1f;
  {
    const FlushDenormals flush;
    EXPECT_EQ(tiny * tenth, 0.0f);
  }
  EXPECT_GT(tiny * tenth, 0.0f);
}
#endif

}  // namespace
}  // namespace frond

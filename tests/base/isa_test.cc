#include "src/base/isa.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace frond {
namespace {

TEST(IsaTest, TheEnvironmentForcesOneAndRefusesStrangers) {
  for (const Isa isa : AvailableIsas()) {
    setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
    const Result<Isa> chosen = ChooseIsa();
    ASSERT_TRUE(chosen.ok());
    EXPECT_EQ(*chosen, isa);
  }
  setenv("FROND_ISA", "avx9", 1);
  const Result<Isa> refused = ChooseIsa();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("avx9"), std::string::npos);
  EXPECT_NE(refused.error().remedy.find("scalar"), std::string::npos);
  unsetenv("FROND_ISA");
  EXPECT_EQ(ChooseIsa().value(), AvailableIsas().back());
}

TEST(IsaTest, ThePlainLoopsAreAlwaysThere) { EXPECT_EQ(AvailableIsas().front(), Isa::kScalar); }

}  // namespace
}  // namespace frond

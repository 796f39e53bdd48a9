// W3C Trace Context, with the cases of its section 3.2.

#include "src/serve/core/trace.h"

#include <gtest/gtest.h>

#include <set>

namespace frond::serve {
namespace {

constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr const char* kSpan = "b7ad6b7169203331";

TEST(Trace, GoesOnWhereTheClientIs) {
  for (const auto& [flags, sampled] :
       {std::pair("01", true), std::pair("00", false), std::pair("03", true), std::pair("fe", false)}) {
    const TraceContext context = ContinueTrace(std::string("00-") + kTrace + "-" + kSpan + "-" + flags);
    EXPECT_EQ(context.trace_id, kTrace);
    EXPECT_EQ(context.parent_span, kSpan);
    EXPECT_EQ(context.sampled, sampled) << flags;
    EXPECT_NE(context.span_id, kSpan);
    EXPECT_EQ(context.ToTraceparent(), std::string("00-") + kTrace + "-" + context.span_id + (sampled ? "-01" : "-00"));
  }
  EXPECT_EQ(ContinueTrace(std::string("cc-") + kTrace + "-" + kSpan + "-01-what-the-future-brings").trace_id, kTrace);
}

TEST(Trace, BeginsAnewWhereTheHeaderIsNotValid) {
  const std::string trace = kTrace;
  const std::string span = kSpan;
  for (const std::string& bad :
       {std::string(), std::string("00"), "00-" + trace + "-" + span, "00-" + trace + "-" + span + "-1",
        "ff-" + trace + "-" + span + "-01", "0g-" + trace + "-" + span + "-01", "00-" + trace + "-" + span + "-01-more",
        "cc-" + trace + "-" + span + "-01more", "00-" + std::string(32, '0') + "-" + span + "-01",
        "00-" + trace + "-" + std::string(16, '0') + "-01", "00-0AF7651916CD43DD8448EB211C80319C-" + span + "-01",
        "00_" + trace + "-" + span + "-01", "00-" + trace + "-" + span + "-0x"}) {
    const TraceContext context = ContinueTrace(bad);
    EXPECT_EQ(context.trace_id.size(), 32U) << bad;
    EXPECT_NE(context.trace_id, kTrace) << bad;
    EXPECT_TRUE(context.parent_span.empty()) << bad;
    EXPECT_FALSE(context.sampled) << bad;
  }
}

TEST(Trace, IdsAreNotRepeatedAndRequestIdsCannotForgeALogLine) {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(RandomId());
  EXPECT_EQ(ids.size(), 10'000U);
  EXPECT_EQ(RequestIdFrom("field-7:leaf.3_b"), "field-7:leaf.3_b");
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string("\"}"), std::string(129, 'a')}) {
    EXPECT_EQ(RequestIdFrom(bad).size(), 16U) << bad;
    EXPECT_NE(RequestIdFrom(bad), bad);
  }
}

}  // namespace
}  // namespace frond::serve

#include "src/html/svg.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/html/html.h"

namespace frond {
namespace {

TEST(Svg, SaysWhatItShowsAndEscapes) {
  Svg svg("id", 10, 20, "<title>", "a & b");
  svg.Text(1, 2, "<script>\"\x01");
  svg.Circle(1, 2, 3, "dot1", "x < y");
  const std::string text = std::move(svg).Done();
  EXPECT_NE(text.find("role=\"img\" aria-labelledby=\"id-t id-d\""), std::string::npos);
  EXPECT_NE(text.find("<title id=\"id-t\">&lt;title&gt;</title><desc id=\"id-d\">a &amp; b</desc>"), std::string::npos);
  EXPECT_NE(text.find(">&lt;script&gt;&quot;\xef\xbf\xbd</text>"), std::string::npos);
  EXPECT_NE(text.find("<title>x &lt; y</title></circle>"), std::string::npos);
  EXPECT_EQ(text.substr(text.size() - 7), "</svg>\n");
}

TEST(Svg, WhatIsNotFiniteIsAGap) {
  Svg svg("id", 10, 10, "t", "d");
  svg.Line(NAN, 0, 1, 1, "grid");
  svg.Circle(0, INFINITY, 1, "dot1");
  svg.Polyline({{0, 0}, {1, 1}, {2, NAN}, {3, 3}, {4, 4}}, "line1");
  svg.Polyline({{0, 0}, {1, NAN}}, "line1");
  const std::string text = std::move(svg).Done();
  EXPECT_EQ(text.find("<line"), std::string::npos);
  EXPECT_EQ(text.find("<circle"), std::string::npos);
  EXPECT_NE(text.find("points=\"0.0,0.0 1.0,1.0\""), std::string::npos);
  EXPECT_NE(text.find("points=\"3.0,3.0 4.0,4.0\""), std::string::npos);
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("points=\"0.0,0.0\""), std::string::npos);  // a point is no line
}

TEST(Svg, TicksAreRoundAndSpanTheValues) {
  EXPECT_EQ(RoundTicks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  const std::vector<double> shares = RoundTicks(0.72, 0.96, 5);
  EXPECT_NEAR(shares.front(), 0.7, 1e-12);
  EXPECT_NEAR(shares.back(), 1.0, 1e-12);
  for (const auto& [low, high] : {std::pair(0.0, 1e-9), std::pair(-3.0, 1e12), std::pair(0.31, 2.72)}) {
    const std::vector<double> ticks = RoundTicks(low, high, 5);
    EXPECT_LE(ticks.front(), low + 1e-9 * (high - low));
    EXPECT_GE(ticks.back(), high - 1e-9 * (high - low));
    EXPECT_LE(ticks.size(), 8U);
    EXPECT_GE(ticks.size(), 2U);
  }
  EXPECT_EQ(RoundTicks(3, 3, 5).size(), 1U);
  EXPECT_EQ(RoundTicks(NAN, 3, 5).size(), 1U);
  EXPECT_EQ(TickText(0.30000000000000004, 0.1), "0.3");
  EXPECT_EQ(TickText(-0.0, 1), "0");
}

TEST(Html, TextIsEscapedWhateverItIs) {
  EXPECT_EQ(HtmlText("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(HtmlText("\xff"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace frond

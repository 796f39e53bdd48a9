#include "src/evaluate/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "src/base/text.h"
#include "src/evaluate/confusion.h"

namespace frond {
namespace {

// `rows` of logits for labels a, b, c.
Predictions Of(const std::vector<int>& truth, const std::vector<float>& logits) {
  Predictions predictions;
  predictions.labels = {"a", "b", "c"};
  for (size_t i = 0; i < truth.size(); ++i) predictions.paths.push_back("photo" + std::to_string(i) + ".jpg");
  predictions.truth = truth;
  predictions.logits = logits;
  return predictions;
}

TEST(Evaluation, OneWrongOfThree) {
  const Result<Evaluation> evaluation = Evaluate(Of({0, 0, 1}, {9, 0, 0, 0, 9, 0, 0, 9, 0}));
  ASSERT_TRUE(evaluation.ok());
  EXPECT_EQ(evaluation->n, 3);
  EXPECT_DOUBLE_EQ(evaluation->top1, 2.0 / 3);
  EXPECT_EQ(evaluation->confusion, (std::vector<std::vector<int64_t>>{{1, 1, 0}, {0, 1, 0}, {0, 0, 0}}));
  EXPECT_DOUBLE_EQ(evaluation->per_class[0].recall, 0.5);
  EXPECT_DOUBLE_EQ(evaluation->per_class[1].precision, 0.5);
  // Class c has no photos: its F1 of 0 is not part of the mean.
  EXPECT_DOUBLE_EQ(evaluation->macro_f1, 2.0 / 3);
  EXPECT_EQ(evaluation->per_class[2].recall, 0);
  EXPECT_EQ(evaluation->per_class[2].recall_interval.low, 0);
  EXPECT_EQ(evaluation->per_class[2].recall_interval.high, 1);
}

TEST(Evaluation, EqualLogitsGoToTheFirstClassAndTheBinBelow) {
  const Result<Evaluation> evaluation = Evaluate(Of({0}, {2, 2, 2}));
  ASSERT_TRUE(evaluation.ok());
  EXPECT_EQ(evaluation->top1, 1);
  EXPECT_EQ(evaluation->reliability.size(), 15U);
  EXPECT_EQ(evaluation->reliability[4].n, 1);  // 1/3 = 5/15 belongs to (4/15, 5/15]
  EXPECT_NEAR(evaluation->nll, std::log(3.0), 1e-12);
}

TEST(Evaluation, HugeLogitsGiveFiniteFigures) {
  const float most = std::numeric_limits<float>::max();
  const Predictions predictions = Of({1, 0}, {most, -most, 0, most, -most, 0});
  const Result<Evaluation> evaluation = Evaluate(predictions, 0.05);
  ASSERT_TRUE(evaluation.ok());
  EXPECT_TRUE(std::isfinite(evaluation->nll));
  EXPECT_TRUE(std::isfinite(evaluation->ece_debiased));
  const Result<double> temperature = FitTemperature(predictions);
  ASSERT_TRUE(temperature.ok());
  EXPECT_EQ(*temperature, 20);
}

TEST(Evaluation, TemperatureStaysBetweenItsBounds) {
  EXPECT_DOUBLE_EQ(*FitTemperature(Of({0, 1}, {9, 0, 0, 0, 9, 0})), 0.05);  // all right: the surer, the better
  EXPECT_DOUBLE_EQ(*FitTemperature(Of({1, 0}, {9, 0, 0, 0, 9, 0})), 20);    // all wrong
  EXPECT_DOUBLE_EQ(*FitTemperature(Of({1, 0}, {3, 3, 3, 0, 0, 0})), 1);     // nothing to choose
}

// Few photos move a temperature little from what is known of it, many to where they want it.
TEST(Evaluation, APriorHoldsTheTemperatureOfFewPhotos) {
  const TemperaturePrior prior = {.temperature = 0.85, .spread = 0.1};
  const double alone = *FitTemperature(Of({1, 0}, {3, 3, 3, 0, 0, 0}), prior);
  EXPECT_DOUBLE_EQ(alone, 0.85);
  const auto fitted = [&](int times) {  // 3 of 4 right at a logit of 4: 3.64 by itself
    Predictions predictions;
    predictions.labels = {"a", "b"};
    for (int i = 0; i < 4 * times; ++i) {
      predictions.paths.emplace_back("photo.jpg");
      predictions.truth.push_back(i % 4 == 3 ? 1 : 0);
      predictions.logits.insert(predictions.logits.end(), {4, 0});
    }
    return *FitTemperature(predictions, prior);
  };
  EXPECT_GT(fitted(1), 0.85);
  EXPECT_LT(fitted(1), 1.0);
  EXPECT_LT(fitted(1), fitted(10));
  EXPECT_NEAR(fitted(100000), 4 / std::log(3.0), 0.01);
  EXPECT_EQ(FitTemperatures({Predictions{}}, prior).value()[0], 0.85);
  // The optimum by brute force.
  const Predictions two = Of({0, 1, 2}, {2, 0, 0, 2, 1, 0, 0, 0, 3});
  double best = 0;
  double least = 1e9;
  for (double t = 0.3; t < 3; t += 1e-4) {
    const double apart = std::log(t / 0.85) / 0.1;
    const double cost = 3 * Evaluate(two, t)->nll + apart * apart / 2;
    if (cost < least) least = cost, best = t;
  }
  EXPECT_NEAR(*FitTemperature(two, prior), best, 2e-4);
}

// Of two classes, 3 of 4 right, each with the logit l: sigmoid(l / T) = 3 / 4 is the best.
TEST(Evaluation, TemperatureHasAClosedFormForOneLogit) {
  for (const float logit : {0.5F, 1.0F, 4.0F, 16.0F}) {
    Predictions predictions;
    predictions.labels = {"a", "b"};
    predictions.paths.assign(4, "photo.jpg");
    predictions.truth = {0, 0, 0, 1};
    for (int i = 0; i < 4; ++i) predictions.logits.insert(predictions.logits.end(), {logit, 0});
    const Result<double> temperature = FitTemperature(predictions);
    ASSERT_TRUE(temperature.ok());
    EXPECT_NEAR(*temperature, static_cast<double>(logit) / std::log(3.0), 1e-9 * static_cast<double>(logit));
  }
}

TEST(Evaluation, WhatDisagreesIsRefused) {
  const auto code = [](const Predictions& predictions, double temperature = 1) {
    const Result<Evaluation> evaluation = Evaluate(predictions, temperature);
    EXPECT_FALSE(evaluation.ok());
    return evaluation.ok() ? ErrorCode::kIo : evaluation.error().code;
  };
  const Predictions good = Of({0}, {1, 2, 3});
  EXPECT_EQ(code(Of({}, {})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Of({0}, {1, 2})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Of({0}, {1, 2, 3, 4})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Of({3}, {1, 2, 3})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(Of({-1}, {1, 2, 3})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, 0), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(good, std::nan("")), ErrorCode::kInvalidArgument);
  Predictions no_paths = good;
  no_paths.paths.clear();
  EXPECT_EQ(code(no_paths), ErrorCode::kInvalidArgument);
  Predictions no_classes = good;
  no_classes.labels.clear();
  EXPECT_EQ(code(no_classes), ErrorCode::kInvalidArgument);
  const Predictions infinite = Of({0}, {1, std::numeric_limits<float>::infinity(), 3});
  EXPECT_EQ(code(infinite), ErrorCode::kBadFormat);
  EXPECT_EQ(FitTemperature(infinite).error().code, ErrorCode::kBadFormat);
  EXPECT_NE(Evaluate(infinite).error().message.find("photo0.jpg"), std::string::npos);
}

TEST(Evaluation, JsonHasItsKeysAndSurvivesHostileLabels) {
  Predictions predictions = Of({0, 1}, {9, 0, 0, 9, 0, 0});
  predictions.labels[1] = "bad\xff\x1b[2J\"";
  const std::string text = EvaluationToJson(*Evaluate(predictions));
  EXPECT_NE(text.find("\n    [1,0,0],\n    [1,0,0],\n    [0,0,0]\n"), std::string::npos) << text;  // a row is a line
  const nlohmann::json json = nlohmann::json::parse(text);
  for (const char* key : {"n", "top1", "macro_f1", "ece", "per_class", "confusion"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["n"], 2);
  EXPECT_EQ(json["top1"], 0.5);
  EXPECT_EQ(json["confusion"][1][0], 1);
  EXPECT_EQ(json["per_class"][0]["label"], "a");
  EXPECT_EQ(json["per_class"][0]["n"], 1);
  EXPECT_EQ(json["per_class"][0]["precision"], 0.5);
  EXPECT_EQ(json["per_class"][0]["recall"], 1.0);
}

TEST(Evaluation, TextIsFitForATerminal) {
  Predictions predictions = Of({0, 1, 0}, {9, 0, 0, 9, 0, 0, 9, 0, 0});
  predictions.labels[0] = "K\xc3\xb6nigskerze";
  predictions.labels[1] = "\x1b[31mred\nline \xff";
  const std::string text = EvaluationToText(*Evaluate(predictions));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\xff'), std::string::npos);
  EXPECT_NE(text.find("accuracy 66.7 %"), std::string::npos) << text;
  EXPECT_NE(text.find("K\xc3\xb6nigskerze"), std::string::npos);
  EXPECT_EQ(text.find("red\nline"), std::string::npos);
  EXPECT_EQ(text.find("\nc "), text.rfind("\nc "))
      << "a class that no photo has and none was called is in the matrix alone";
}

TEST(Evaluation, MostConfusedComesFirst) {
  const Evaluation evaluation =
      *Evaluate(Of({0, 0, 0, 1, 2, 2}, {0, 0, 9, 0, 0, 9, 9, 0, 0, 9, 0, 0, 0, 0, 9, 9, 0, 0}));
  const std::vector<ConfusedPair> pairs = MostConfused(evaluation, 2);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].truth, 0U);
  EXPECT_EQ(pairs[0].predicted, 2U);
  EXPECT_EQ(pairs[0].count, 2);
  EXPECT_EQ(pairs[1].truth, 1U);  // 1 of 1 before 1 of 2
}

TEST(Text, PrintableIsValidUtf8OfOneLine) {
  EXPECT_EQ(Printable("plain K\xc3\xb6nig \xf0\x9f\x8c\xbf"), "plain K\xc3\xb6nig \xf0\x9f\x8c\xbf");
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(Printable("a\nb\x7f"), "a" + mark + "b" + mark);
  EXPECT_EQ(Printable("\xc2\x9b"), mark);                       // a terminal's control sequence introducer
  EXPECT_EQ(Printable("\xe2\x80\xae"), mark);                   // right-to-left override
  EXPECT_EQ(Printable("\xc0\xaf"), mark + mark);                // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), mark + mark + mark);     // a surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80").substr(0, 3), mark);  // above U+10FFFF
  EXPECT_EQ(Printable("\xe0\x80\xaf"), mark + mark + mark);
  EXPECT_EQ(Printable("\xe2\x82"), mark + mark);  // cut short
  EXPECT_EQ(Printable(std::string_view("\0", 1)), mark);
}

TEST(Text, ShortenedCountsCodePoints) {
  EXPECT_EQ(Shortened("\xc3\xb6\xc3\xb6\xc3\xb6", 3), "\xc3\xb6\xc3\xb6\xc3\xb6");
  EXPECT_EQ(Shortened("\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6", 3), "\xc3\xb6\xc3\xb6\xe2\x80\xa6");
  EXPECT_EQ(Fixed(std::nan(""), 2), "-");
  EXPECT_EQ(PercentText(0.9345), "93.5 %");  // 0.9345 in binary lies above
}

}  // namespace
}  // namespace frond

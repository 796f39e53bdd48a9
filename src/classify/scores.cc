#include <algorithm>
#include <cmath>
#include <numeric>

#include "frond/classify.h"
#include "src/base/format.h"

namespace frond {

Result<std::vector<Score>> TopScores(std::span<const float> logits, int top, double temperature) {
  if (logits.empty() || top < 1) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the top ", top, " of ", logits.size(), " classes"),
                 "ask for at least 1 of at least 1 class"};
  }
  if (!(temperature > 0)) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the temperature is ", temperature), "give a positive one"};
  }
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isfinite(logits[i])) continue;
    return Error{ErrorCode::kBadFormat, StrCat("the model's answer for class ", i, " is not a finite number"),
                 "its weights or its normalisation are damaged: import it again from its source"};
  }
  const double largest = *std::max_element(logits.begin(), logits.end());
  const auto weight = [&](float logit) { return std::exp((logit - largest) / temperature); };
  double sum = 0;  // at least 1: the largest logit's own share
  for (const float logit : logits) sum += weight(logit);

  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const size_t count = std::min(order.size(), static_cast<size_t>(top));
  const auto higher = [&](int a, int b) {
    const float x = logits[static_cast<size_t>(a)];
    const float y = logits[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), higher);

  std::vector<Score> scores;
  for (size_t i = 0; i < count; ++i) {
    const double share = weight(logits[static_cast<size_t>(order[i])]) / sum;
    scores.push_back({order[i], static_cast<float>(share)});
  }
  return scores;
}

Result<std::vector<TaskScores>> TopScoresByTask(const Model& model, std::span<const float> logits, int top) {
  if (logits.size() != static_cast<size_t>(model.output_size())) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat(logits.size(), " logits, where ", model.spec().name, " has ", model.output_size()),
                 "give a whole row of them"};
  }
  std::vector<TaskScores> answers;
  for (size_t t = 0; t < model.tasks().size(); ++t) {
    const Task& task = model.tasks()[t];
    Result<std::vector<Score>> scores = TopScores(task.Of(logits), top, model.temperature(t));
    if (!scores.ok()) return task.name.empty() ? scores.error() : scores.error().In(task.name);
    for (Score& score : *scores) score.index += task.first;
    answers.push_back({task.name, std::move(scores).value()});
  }
  return answers;
}

}  // namespace frond

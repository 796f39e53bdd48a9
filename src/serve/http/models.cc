// GET /v1/models: cards of the models, for the page and for who wants to know what the classes are.

#include <utility>

#include "src/classify/answer_json.h"
#include "src/serve/http/routes.h"

namespace frond::serve {
namespace {

using Json = nlohmann::ordered_json;

const char* FitName(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kCrop: return "crop";
    case ResizeMode::kSquash: return "squash";
    case ResizeMode::kPad: break;
  }
  return "pad";
}

Json CardOf(const ServedModel& served) {
  const Model& model = served.model;
  const Preprocessing& input = model.spec().preprocessing;
  Json tasks = Json::array();
  for (size_t i = 0; i < model.tasks().size(); ++i) {
    const Task& task = model.tasks()[i];
    Json card = {{"task", task.name}, {"classes", task.classes}, {"labels", nullptr}};
    if (!model.labels().empty()) card["labels"] = task.Of(std::span(model.labels()));
    // Where training measures no need of one it is rare that exactly 1 comes out.
    card["calibrated"] = model.temperature(i) != 1;
    tasks.push_back(std::move(card));
  }
  return {{"name", served.entry.name},
          {"version", served.entry.version},
          {"arch", model.spec().name},
          {"input", {{"height", input.height}, {"width", input.width}, {"fit", FitName(input.mode)}}},
          {"tasks", std::move(tasks)}};
}

}  // namespace

Response ModelCards(const Service& service) {
  Json cards = Json::array();
  for (const auto& served : service.models->All()) cards.push_back(CardOf(*served));
  return {200, "application/json", DumpJson({{"models", std::move(cards)}}), {}};
}

}  // namespace frond::serve

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/evaluate/calibration.h"
#include "src/evaluate/report_sections.h"
#include "src/image/thumbnail.h"

namespace frond {
namespace {

constexpr size_t kShown = 24;        // photos of each kind: about 10 kB each
constexpr int kThumbnailSide = 200;  // px, the longer one

struct Judged {
  size_t photo = 0;
  size_t said = 0;
  double confidence = 0;
};

std::string LastParts(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::filesystem::path folder = whole.parent_path().filename();
  return (folder.empty() ? whole.filename() : folder / whole.filename()).string();
}

Result<std::string> Thumbnail(const std::string& path) {
  FROND_ASSIGN(const Image photo, ReadImage(path, {.draft_min_side = kThumbnailSide}));
  return ThumbnailAttributes(photo, kThumbnailSide);
}

std::string Item(const Predictions& predictions, const Judged& judged) {
  const std::string& path = predictions.paths[judged.photo];
  const std::string& truth = predictions.labels[static_cast<size_t>(predictions.truth[judged.photo])];
  const std::string& said = predictions.labels[judged.said];
  const std::string name = HtmlText(LastParts(path));
  const std::string confidence = PercentText(judged.confidence);
  const Result<std::string> thumbnail = Thumbnail(path);
  const std::string picture = thumbnail.ok()
                                  ? StrCat("<img alt=\"", name, "\" ", *thumbnail, ">")
                                  : StrCat("<div class=\"gone\">", HtmlText(thumbnail.error().message), "</div>");
  const bool right = static_cast<size_t>(predictions.truth[judged.photo]) == judged.said;
  return StrCat("<li><figure>", picture, "<figcaption>called <b>", HtmlText(said), "</b> <span class=\"nw\">(",
                confidence, ")</span><br>", right ? "rightly" : StrCat("is <b>", HtmlText(truth), "</b>"),
                "<br><span title=\"", HtmlText(path), "\">", name, "</span></figcaption></figure></li>\n");
}

std::string Part(std::string_view title, std::string_view note, const Predictions& predictions,
                 const std::vector<Judged>& photos) {
  if (photos.empty()) return "";
  std::string out = StrCat("<h3>", title, "</h3>\n<p>", note, "</p>\n<ul class=\"gallery\">\n");
  for (const Judged& judged : photos) out += Item(predictions, judged);
  return out + "</ul>\n";
}

template <class Before>
std::vector<Judged> First(std::vector<Judged> photos, Before before) {
  const size_t count = std::min(photos.size(), kShown);
  std::partial_sort(photos.begin(), photos.begin() + static_cast<std::ptrdiff_t>(count), photos.end(), before);
  photos.resize(count);
  return photos;
}

}  // namespace

std::string GalleryHtml(const Predictions& predictions, double temperature) {
  if (!CheckPredictions(predictions).ok() || !(temperature > 0)) return "";
  const size_t classes = predictions.classes();
  const std::span<const float> logits = predictions.logits;
  std::vector<Judged> all;
  std::vector<Judged> wrong;
  for (size_t i = 0; i < predictions.count(); ++i) {
    const auto truth = static_cast<size_t>(predictions.truth[i]);
    const Softmax row = SoftmaxOf(logits.subspan(i * classes, classes), truth, 1 / temperature);
    all.push_back({i, row.best, row.confidence});
    if (row.best != truth) wrong.push_back(all.back());
  }
  const auto surer = [](const Judged& a, const Judged& b) {
    return a.confidence != b.confidence ? a.confidence > b.confidence : a.photo < b.photo;
  };
  const auto less_sure = [](const Judged& a, const Judged& b) {
    return a.confidence != b.confidence ? a.confidence < b.confidence : a.photo < b.photo;
  };
  const size_t mistakes = wrong.size();
  std::string out = mistakes == 0 ? "<p>Every photo was classified rightly.</p>\n" : "";
  out += Part("Most wrongly classified",
              StrCat("The surest of ", mistakes, mistakes == 1 ? " mistake" : " mistakes",
                     ": look for wrong labels, and for what misleads the model."),
              predictions, First(std::move(wrong), surer));
  out += Part("Least certainly classified", "The lowest confidences, right or wrong: what the model would ask about.",
              predictions, First(std::move(all), less_sure));
  return out;
}

}  // namespace frond

#include "src/evaluate/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "src/base/text.h"
#include "src/data/random.h"
#include "src/evaluate/confusion.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

const std::string kHostile = "<script>alert(1)</script>\"' onload=x &amp; \x01\x1b[31m\xff\xc0";

std::vector<std::string> GoldenPhotos() {
  std::vector<std::string> photos;
  for (const auto& entry : std::filesystem::directory_iterator(FROND_GOLDEN_DIR "/photos")) {
    if (entry.path().extension() == ".jpg") photos.push_back(entry.path().string());
  }
  std::sort(photos.begin(), photos.end());
  return photos;
}

// Random logits that are right more often than not.
Predictions SomePredictions(size_t classes, size_t photos, const std::vector<std::string>& paths) {
  Predictions predictions;
  Random random({7});
  for (size_t c = 0; c < classes; ++c) predictions.labels.push_back("class " + std::to_string(c));
  for (size_t i = 0; i < photos; ++i) {
    predictions.paths.push_back(paths.empty() ? "gone.jpg" : paths[i % paths.size()]);
    predictions.truth.push_back(static_cast<int>(random.Below(classes)));
    for (size_t c = 0; c < classes; ++c) {
      const bool truth = static_cast<int>(c) == predictions.truth.back();
      predictions.logits.push_back(static_cast<float>(random.Uniform(0, 4) + (truth ? 2 : 0)));
    }
  }
  return predictions;
}

Report FullReport(size_t classes = 6) {
  Report report;
  report.title = "A report";
  report.facts = {{"Model", "model.safetensors"}, {"Data", "photos"}};
  for (int epoch = 1; epoch <= 12; ++epoch) {
    report.epochs.push_back(
        {epoch, 1e-3 / epoch, 2.0 / epoch, 1 - 0.6 / epoch, 0.4 + 2.0 / epoch + 0.02 * epoch, 0.9 - 0.5 / epoch, 31.5});
  }
  report.best_epoch = 9;
  report.split = "test";
  const Predictions predictions = SomePredictions(classes, 150, GoldenPhotos());
  report.tasks = {{Evaluate(predictions).value(), predictions}};
  Audit audit;
  audit.photos = 3;
  audit.classes = {{"class 0", {1, 1, 0}}, {"class 1", {1, 0, 0}}};
  audit.warnings = {"1 photo cannot be read"};
  audit.duplicates = {{0, 1, 3, false}};
  audit.unreadable = {{2, {ErrorCode::kBadFormat, "damaged", "take it again"}}};
  audit.resize_reason = "the photos are square";
  report.audit = audit;
  Dataset dataset;
  dataset.labels = {"class 0", "class 1"};
  dataset.tasks = {{"", 0, 2}};
  dataset.samples = {
      {"a/1.jpg", {0}, Split::kTrain, ""}, {"a/2.jpg", {0}, Split::kVal, ""}, {"b/1.jpg", {1}, Split::kTrain, ""}};
  report.audited = dataset;
  report.log = {"resumed at epoch 3"};
  return report;
}

class ReportTest : public testing::Test {
 protected:
  // The page; a copy goes to $FROND_KEEP_REPORTS, to be looked at.
  std::string Write(const Report& report, const std::string& name) {
    const std::string path = folder_.File(name + ".html");
    const Status status = WriteReport(path, report);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().ToString());
    if (const char* keep = std::getenv("FROND_KEEP_REPORTS")) {
      std::filesystem::copy_file(path, std::filesystem::path(keep) / (name + ".html"),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TempDir folder_;
};

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// Every element that opens is closed, in order; attributes are quoted. Empty: the page is whole.
std::string BrokenMarkup(const std::string& page) {
  static const std::set<std::string> kVoid = {"meta", "img", "br", "!doctype"};
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at)) {
    const size_t end = page.find('>', at);
    if (end == std::string::npos) return "unclosed " + page.substr(at, 40);
    const std::string tag = page.substr(at + 1, end - at - 1);
    at = end;
    std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (Count(tag, "\"") % 2 != 0) return "quotes of " + tag;
    if (name[0] == '/') {
      if (open.empty() || open.back() != name.substr(1)) return "stray " + tag;
      open.pop_back();
    } else if (tag.back() != '/' && !kVoid.contains(name)) {
      open.push_back(name);
    }
    if (name == "style") at = page.find("</style>", at);
  }
  return open.empty() ? "" : "left open: " + open.back();
}

TEST_F(ReportTest, HasEachSectionOnceAndIsWhole) {
  const std::string page = Write(FullReport(), "full");
  EXPECT_EQ(BrokenMarkup(page), "");
  for (const char* id : {"facts", "training", "confusion", "classes", "reliability", "photos", "audit", "log"}) {
    EXPECT_EQ(Count(page, std::string("<section id=\"") + id + "\""), 1U) << id;
    EXPECT_EQ(Count(page, std::string("href=\"#") + id + "\""), 1U) << id;
  }
  EXPECT_EQ(Count(page, "<svg"), 4U);
  EXPECT_EQ(Count(page, "<desc"), 4U);
  EXPECT_EQ(Count(page, "<table"), Count(page, "<caption>"));
  EXPECT_EQ(Count(page, "best: epoch 9"), 2U);
  EXPECT_NE(page.find("1 photo cannot be read"), std::string::npos);
  EXPECT_NE(page.find("resumed at epoch 3"), std::string::npos);
  EXPECT_NE(page.find("3 of 64 bits"), std::string::npos);
  EXPECT_NE(page.find(PercentText(FullReport().tasks[0].evaluation->top1)), std::string::npos);
}

TEST_F(ReportTest, IdsAreUnique) {
  const std::string page = Write(FullReport(), "ids");
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]*)\"");
  for (auto match = std::sregex_iterator(page.begin(), page.end(), id); match != std::sregex_iterator(); ++match) {
    EXPECT_TRUE(ids.insert((*match)[1]).second) << (*match)[1];
  }
  EXPECT_GT(ids.size(), 10U);
}

TEST_F(ReportTest, EachTaskHasItsSections) {
  Report report = FullReport();
  Predictions second = SomePredictions(3, 40, {});
  second.task = "disease";
  report.tasks[0].evaluation->task = "crop";
  report.tasks.push_back({Evaluate(second).value(), second});
  for (EpochRecord& epoch : report.epochs) epoch.val_accuracy_of = {{"crop", 0.5}, {"disease", 0.25}};
  const std::string page = Write(report, "tasks");
  EXPECT_EQ(BrokenMarkup(page), "");
  for (const char* title : {"crop: Confusion", "crop: Photos", "disease: Confusion", "disease: Classes",
                            "disease: Reliability", "<strong>disease</strong>", "validation disease"}) {
    EXPECT_NE(page.find(title), std::string::npos) << title;
  }
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]*)\"");
  for (auto match = std::sregex_iterator(page.begin(), page.end(), id); match != std::sregex_iterator(); ++match) {
    EXPECT_TRUE(ids.insert((*match)[1]).second) << (*match)[1];
  }
}

TEST_F(ReportTest, AsksNothingOfTheNetworkAndRunsNothing) {
  const std::string page = Write(FullReport(), "network");
  EXPECT_NE(page.find("Content-Security-Policy\" content=\"default-src 'none'"), std::string::npos);
  for (const char* part :
       {"http://", "https://", "<script", "<link", "<iframe", "url(", "@import", "srcset", "javascript:"}) {
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(Count(page, " src=\""), Count(page, "src=\"data:image/jpeg;base64,"));
  EXPECT_GT(Count(page, "src=\"data:image/jpeg;base64,"), 20U);
}

TEST_F(ReportTest, WhatIsAbsentHasNoSection) {
  Report report;
  report.title = "Empty";
  const std::string page = Write(report, "empty");
  EXPECT_EQ(BrokenMarkup(page), "");
  EXPECT_EQ(page.find("<section"), std::string::npos);
  report.log = {"only this"};
  EXPECT_EQ(Count(Write(report, "log"), "<section"), 1U);
}

TEST_F(ReportTest, HostileTextStaysText) {
  Report report = FullReport();
  report.title = kHostile;
  report.split = kHostile;
  report.facts = {{kHostile, kHostile}};
  report.log = {kHostile};
  Predictions& predictions = *report.tasks[0].predictions;
  for (std::string& label : predictions.labels) label = kHostile;
  for (std::string& path : predictions.paths) path = "/" + kHostile + "/" + kHostile;
  predictions.task = kHostile;
  report.tasks[0].evaluation = Evaluate(predictions).value();
  report.audit->warnings = {kHostile};
  report.audit->resize_reason = kHostile;
  report.audit->classes[0].label = kHostile;
  report.audit->unreadable[0].error.message = kHostile;
  for (std::string& label : report.audited->labels) label = kHostile;
  for (Sample& sample : report.audited->samples) sample.path = kHostile;
  const std::string page = Write(report, "hostile");
  EXPECT_EQ(BrokenMarkup(page), "");
  EXPECT_EQ(page.find("<script"), std::string::npos);
  for (const char c : {'\x01', '\x1b', '\xff', '\xc0'}) EXPECT_EQ(page.find(c), std::string::npos);
  EXPECT_GT(Count(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x &amp;amp; "), 10U);
}

TEST_F(ReportTest, IndicesThatPointNowhereAreSurvived) {
  Report report = FullReport();
  report.audited.reset();
  EXPECT_NE(Write(report, "no-dataset").find("photo 2"), std::string::npos);
  report = FullReport();
  report.audit->duplicates = {{99, 100, 0, true}};
  report.audited->samples[0].labels = {77};
  report.tasks[0].predictions->truth[0] = -5;  // no gallery of what Evaluate would refuse
  report.best_epoch = 1000;
  report.epochs[3].val_loss = NAN;
  report.epochs[4].train_loss = INFINITY;
  const std::string page = Write(report, "indices");
  EXPECT_EQ(BrokenMarkup(page), "");
  EXPECT_NE(page.find("photo 99"), std::string::npos);
  EXPECT_EQ(page.find("id=\"photos\""), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("best:"), std::string::npos);
}

TEST_F(ReportTest, GalleryShowsTheSurestMistakesFirst) {
  Report report;
  report.title = "Gallery";
  const std::vector<std::string> photos = GoldenPhotos();
  Predictions predictions;
  predictions.labels = {"oak", "elm"};
  predictions.paths = {photos[0], photos[1], photos[2], "/nowhere/gone.jpg"};
  predictions.truth = {0, 0, 0, 0};
  predictions.logits = {9, 0, 0, 1, 0, 5, 0.1F, 0};  // right; wrong; surely wrong; barely right
  report.tasks = {{std::nullopt, predictions}};
  const std::string page = Write(report, "gallery");
  const size_t least = page.find("Least certainly");
  ASSERT_NE(least, std::string::npos);
  const std::string wrong = page.substr(0, least);
  EXPECT_NE(wrong.find("The surest of 2 mistakes"), std::string::npos);
  EXPECT_LT(wrong.find("(99.3 %)"), wrong.find("(73.1 %)"));
  EXPECT_EQ(Count(wrong, "<figure>"), 2U);
  const std::string unsure = page.substr(least);
  EXPECT_LT(unsure.find("(52.5 %)"), unsure.find("(73.1 %)"));
  EXPECT_NE(unsure.find("class=\"gone\""), std::string::npos);  // the photo is not there any more
  EXPECT_NE(unsure.find("nowhere/gone.jpg"), std::string::npos);
}

TEST_F(ReportTest, ManyClassesMakeAListInsteadOfAMatrix) {
  Report report = FullReport(100);
  report.tasks[0].predictions.reset();
  const std::string matrix = Write(report, "hundred");
  EXPECT_NE(matrix.find("class=\"heat dense\""), std::string::npos);
  EXPECT_EQ(BrokenMarkup(matrix), "");
  report.tasks[0].evaluation = Evaluate(SomePredictions(101, 300, {})).value();
  const std::string list = Write(report, "list");
  EXPECT_EQ(list.find("class=\"heat"), std::string::npos);
  EXPECT_NE(list.find("Most often confused"), std::string::npos);
  const ConfusedPair first = MostConfused(*report.tasks[0].evaluation, 1)[0];
  EXPECT_NE(
      list.find("class " + std::to_string(first.truth) + "</th><td>class " + std::to_string(first.predicted) + "<"),
      std::string::npos);
}

TEST_F(ReportTest, APlaceThatCannotBeWrittenIsAnError) {
  const Status status = WriteReport(folder_.File("no/such/folder/report.html"), FullReport());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace frond

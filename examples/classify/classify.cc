// classify MODEL PHOTO: prints the likeliest classes of a photo.
#include <frond/classify.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: classify MODEL PHOTO\n"), 2;
  const auto fail = [](const frond::Error& error) {
    std::fprintf(stderr, "%s\n", error.ToString().c_str());
    return 1;
  };
  frond::Result<frond::Classifier> classifier = frond::Classifier::Load(argv[1], {.threads = 2});
  if (!classifier.ok()) return fail(classifier.error());
  const frond::Result<frond::Image> photo = frond::ReadImage(argv[2]);
  if (!photo.ok()) return fail(photo.error());
  const auto scores = classifier->Classify(*photo, /*top=*/5);
  if (!scores.ok()) return fail(scores.error());
  const std::vector<std::string>& labels = classifier->model().labels();
  for (const frond::Score& score : *scores) {
    std::printf("%.4f  %s\n", score.score, labels.empty() ? "" : labels[score.index].c_str());
  }
}

// What drift detection is fed, for each photo of a list, as float32 rows: for bench/monitor/drift.py and experiments.
//   observe MODEL LIST CHANGE OUT
// LIST has a path a line. CHANGE is what is done to each picture before the model sees it: none, dark (0.6 of the light
// of the bytes), autumn (daylight of 4300 K to a camera balanced for 6500 K), blur (Gaussian of 2 px). A row of OUT:
// the photo's statistics, features, logits. Standard output: {"photos","statistics","features","logits"}, columns of
// each.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "frond/image.h"
#include "frond/model.h"
#include "src/data/season_light.h"
#include "src/monitor/photo_statistics.h"

namespace {

using namespace frond;

double Linear(double srgb) { return srgb <= 0.04045 ? srgb / 12.92 : std::pow((srgb + 0.055) / 1.055, 2.4); }
double Srgb(double linear) { return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055; }
uint8_t Byte(double share) { return static_cast<uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0))); }

void Darken(Image& photo) {
  for (uint8_t& value : photo.pixels()) value = static_cast<uint8_t>(std::lround(0.6 * value));
}

void Tint(Image& photo) {
  const std::array<double, 3> light = DaylightRgb(4300);
  const std::array<double, 3> white = DaylightRgb(6500);
  std::array<std::array<uint8_t, 256>, 3> table;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t v = 0; v < 256; ++v) {
      table[c][v] = Byte(Srgb(Linear(static_cast<double>(v) / 255) * light[c] / white[c]));
    }
  }
  const std::span<uint8_t> pixels = photo.pixels();
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = table[i % 3][pixels[i]];
}

void Blur(Image& photo) {
  constexpr int kReach = 6;
  std::array<double, 2 * kReach + 1> weights;
  double sum = 0;
  for (int i = -kReach; i <= kReach; ++i) sum += weights[static_cast<size_t>(i + kReach)] = std::exp(-i * i / 8.0);
  const int width = photo.width();
  const int height = photo.height();
  std::vector<double> rows(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        double value = 0;
        for (int i = -kReach; i <= kReach; ++i) {
          value += weights[static_cast<size_t>(i + kReach)] * photo.row(y)[std::clamp(x + i, 0, width - 1) * 3 + c];
        }
        rows[static_cast<size_t>((y * width + x) * 3 + c)] = value / sum;
      }
    }
  }
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width * 3; ++x) {
      double value = 0;
      for (int i = -kReach; i <= kReach; ++i) {
        value += weights[static_cast<size_t>(i + kReach)] *
                 rows[static_cast<size_t>(std::clamp(y + i, 0, height - 1) * width * 3 + x)];
      }
      photo.row(y)[x] = static_cast<uint8_t>(std::lround(value / sum));
    }
  }
}

bool Change(const std::string& change, Image& photo) {
  if (change == "dark") Darken(photo);
  if (change == "autumn") Tint(photo);
  if (change == "blur") Blur(photo);
  return change == "none" || change == "dark" || change == "autumn" || change == "blur";
}

int Fail(const Error& error) {
  std::fprintf(stderr, "observe: %s\n", error.ToString().c_str());
  return 1;
}

Status Observe(const Model& model, const std::string& path, const std::string& change, Session& session,
               std::ofstream& out) {
  const Preprocessing& preprocessing = model.spec().preprocessing;
  FROND_ASSIGN(Image photo, ReadImage(path, DecodeOptionsFor(preprocessing)));
  if (!Change(change, photo))
    return Error{ErrorCode::kInvalidArgument, "no change " + change, "see the top of the file"};
  std::vector<float> input(size_t{3} * static_cast<size_t>(preprocessing.height * preprocessing.width));
  FROND_RETURN_IF_ERROR(Preprocess(photo, preprocessing, input));
  FROND_ASSIGN(const PhotoStatistics statistics,
               MeasurePhoto(input, preprocessing, photo.width() * photo.draft(), photo.height() * photo.draft()));
  std::vector<float> logits(static_cast<size_t>(model.output_size()));
  std::vector<float> features(static_cast<size_t>(model.spec().head_channels));
  FROND_RETURN_IF_ERROR(session.Run({input, 1, preprocessing.height, preprocessing.width}, logits, features));
  const auto write = [&](std::span<const float> values) {
    out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  };
  write(statistics);
  write(features);
  write(logits);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: observe MODEL LIST none|dark|autumn|blur OUT\n");
    return 2;
  }
  const Result<Model> model = Model::Load(argv[1]);
  if (!model.ok()) return Fail(model.error());
  Result<Session> session = Session::Create(*model);
  if (!session.ok()) return Fail(session.error());
  std::ofstream out(argv[4], std::ios::binary);
  std::ifstream list(argv[2]);
  int photos = 0;
  for (std::string path; std::getline(list, path); ++photos) {
    const Status status = Observe(*model, path, argv[3], *session, out);
    if (!status.ok()) return Fail(status.error());
  }
  if (!out.flush()) return Fail({ErrorCode::kIo, std::string("cannot write ") + argv[4], ""});
  std::printf("{\"photos\": %d, \"statistics\": %zu, \"features\": %d, \"logits\": %d}\n", photos, kPhotoStatistics,
              model->spec().head_channels, model->output_size());
  return 0;
}

// photos: times the image layer as bench/photos_and_pillow.py asks on standard input, a line each:
//   resize PATH WIDTH HEIGHT bilinear|bicubic    the decoded photo to WIDTH x HEIGHT
//   preprocess PATH SIZE                         to a SIZE x SIZE model's tensor, crop_pct 0.875, bicubic
//   decode PATH                                  from memory, as the page cache would give it
//   input PATH SIZE                              decode and preprocess in one (DecodeToInput)
// and answers each with milliseconds on standard output.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "frond/image.h"
#include "src/base/isa.h"
#include "src/image/resample.h"

namespace frond {
namespace {

template <class Work>
Status Timed(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  FROND_RETURN_IF_ERROR(work());
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  std::cout << time.count() << std::endl;
  return {};
}

// The last photo that was asked for.
struct Photo {
  std::string path;
  std::vector<char> bytes;
  Result<Image> image = Error{};
};

Status Load(const std::string& path, bool decoded, Photo& photo) {
  if (photo.path != path) {
    std::ifstream file(path, std::ios::binary);
    photo = {path, {std::istreambuf_iterator<char>(file), {}}, Error{}};
  }
  if (decoded && !photo.image.ok()) photo.image = ReadImage(path);
  if (decoded && !photo.image.ok()) return photo.image.error();
  return {};
}

Status Answer(std::istream& words, Photo& photo) {
  std::string verb;
  std::string path;
  words >> verb >> path;
  FROND_RETURN_IF_ERROR(Load(path, verb != "decode" && verb != "input", photo));
  if (verb == "decode") {
    return Timed([&]() -> Status {
      const Result<Image> image = DecodeImage(std::as_bytes(std::span(photo.bytes)));
      return image.ok() ? Status() : image.error();
    });
  }
  if (verb == "preprocess" || verb == "input") {
    Preprocessing preprocessing;
    words >> preprocessing.height;
    preprocessing.width = preprocessing.height;
    std::vector<float> out(size_t{3} * preprocessing.height * preprocessing.width);
    if (verb == "preprocess") return Timed([&] { return Preprocess(*photo.image, preprocessing, out); });
    return Timed([&]() -> Status {
      const Result<PhotoInput> input = DecodeToInput(std::as_bytes(std::span(photo.bytes)), preprocessing, out);
      return input.ok() ? Status() : input.error();
    });
  }
  Resize resize;
  std::string filter;
  words >> resize.width >> resize.height >> filter;
  if (filter == "bilinear") resize.interpolation = Interpolation::kBilinear;
  FROND_ASSIGN(const Isa isa, ChooseIsa());
  return Timed([&]() -> Status {
    const Result<Image> image = Resample(*photo.image, resize, isa);
    return image.ok() ? Status() : image.error();
  });
}

int Main() {
  Photo photo;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    const Status status = Answer(words, photo);
    if (!status.ok()) {
      std::fprintf(stderr, "photos: %s\n", status.error().ToString().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace frond

int main() { return frond::Main(); }

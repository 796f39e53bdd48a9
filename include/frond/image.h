#ifndef FROND_IMAGE_H_
#define FROND_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "frond/result.h"
#include "frond/spec.h"

namespace frond {

// An 8-bit sRGB picture as the viewer sees it: H x W x 3, rows from top to
// bottom, no gaps. Owns its pixels; moves, never copies.
class Image {
 public:
  // Pixels are left as they come. Errors: kInvalidArgument for sides outside 1 to
  // 65535 px, kLimit where the memory is refused.
  static Result<Image> Create(int width, int height);

  int width() const { return width_; }    // px
  int height() const { return height_; }  // px
  // By what a decoder divided the sides of what the file holds: 1, or 2, 4, 8 where a JPEG was decoded as a draft.
  int draft() const { return draft_; }
  void set_draft(int draft) { draft_ = draft; }
  std::span<uint8_t> pixels() { return {pixels_.get(), size()}; }
  std::span<const uint8_t> pixels() const { return {pixels_.get(), size()}; }
  uint8_t* row(int y) { return pixels_.get() + static_cast<size_t>(y) * static_cast<size_t>(width_) * 3; }
  const uint8_t* row(int y) const { return pixels_.get() + static_cast<size_t>(y) * static_cast<size_t>(width_) * 3; }

 private:
  Image(int width, int height, std::unique_ptr<uint8_t[]> pixels)
      : width_(width), height_(height), pixels_(std::move(pixels)) {}
  size_t size() const { return static_cast<size_t>(width_) * static_cast<size_t>(height_) * 3; }

  int width_;
  int height_;
  int draft_ = 1;
  std::unique_ptr<uint8_t[]> pixels_;
};

struct DecodeOptions {
  // Larger pictures are refused from their header, before anything is decoded.
  int64_t max_pixels = 50'000'000;
  // A JPEG may be decoded at 1/2, 1/4 or 1/8 of its size while both sides stay at
  // least this long (Pillow's `draft`); 0: always at full size.
  int draft_min_side = 0;  // px
};

// A JPEG, PNG or WebP file's picture, recognised by its first bytes, turned
// upright as its EXIF orientation says. Grey becomes RGB, palettes are looked up,
// transparency is composed over white, 16 bits become 8, CMYK becomes RGB as
// Pillow converts it; of an animation the first frame. Errors: kBadFormat for damage
// and for what is no photo, kUnsupported, kLimit.
Result<Image> DecodeImage(std::span<const std::byte> file, const DecodeOptions& options = {});

// The same from a file. Errors name it; also kNotFound, kIo, kInvalidArgument for a path that is no file.
Result<Image> ReadImage(const std::string& path, const DecodeOptions& options = {});

// How a photo for this preprocessing is to be decoded: its draft, where it allows one.
DecodeOptions DecodeOptionsFor(const Preprocessing& preprocessing);

// The input tensor of a photo of any size: resized, cropped or padded as the
// preprocessing says, then (p / 255 - mean) / std. `out` is 3 x height x width
// floats in C order. Errors: kInvalidArgument for a size of `out` that disagrees;
// kLimit where memory is refused.
Status Preprocess(const Image& photo, const Preprocessing& preprocessing, std::span<float> out);

// What DecodeToInput met on the way.
struct PhotoInput {
  int width = 0;   // px, of the upright photo as its file has it, drafts aside
  int height = 0;  // px
  double decode_ms = 0;
  double preprocess_ms = 0;
};

// From a JPEG, PNG or WebP file to the input tensor: DecodeImage as DecodeOptionsFor says, then Preprocess, to the same
// floats and for the same errors, but that a JPEG's pixels are made only where the input has something of them. A file
// of more than `max_pixels` is refused from its header.
Result<PhotoInput> DecodeToInput(std::span<const std::byte> file, const Preprocessing& preprocessing,
                                 std::span<float> out, int64_t max_pixels = DecodeOptions{}.max_pixels);

// The same from a file, decode_ms with the reading. Errors name it; also kNotFound, kIo, kInvalidArgument for a path
// that is no file.
Result<PhotoInput> ReadToInput(const std::string& path, const Preprocessing& preprocessing, std::span<float> out,
                               int64_t max_pixels = DecodeOptions{}.max_pixels);

}  // namespace frond

#endif  // FROND_IMAGE_H_

#ifndef FROND_SRC_IMAGE_PNG_PIXELS_H_
#define FROND_SRC_IMAGE_PNG_PIXELS_H_

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "frond/result.h"
#include "src/image/png_chunks.h"
#include "src/image/work_budget.h"

namespace frond {

// A PNG file as libspng is given it: the signature and the chunks that make pixels,
// with the compressed pixels inflated here and passed on as stored blocks. A text or
// profile that would inflate to gigabytes is never looked at; and a DEFLATE stream
// of millions of blocks without a byte in them, each of which costs the building of
// its code tables, is stopped when the budget is spent.
class PngPixels {
 public:
  // The file and the budget outlive this object.
  PngPixels(std::span<const std::byte> file, WorkBudget& budget);
  ~PngPixels();
  PngPixels(const PngPixels&) = delete;
  PngPixels& operator=(const PngPixels&) = delete;

  // How many bytes the pixels have, filter bytes included: inflation ends there. To
  // be called between reading the header and the pixels.
  void set_raw_bytes(int64_t raw_bytes) { raw_bytes_ = raw_bytes; }

  // The next `bytes` bytes. False at the end, and after an error.
  bool Read(void* dst, size_t bytes);

  // Why Read failed, where it was not the end.
  const std::optional<Error>& error() const { return error_; }

 private:
  bool NextPiece();
  bool NextPixelChunk();
  bool InflateSome();
  bool NextInput();
  bool Fail(Error error);
  void Wrap(bool last);

  PngChunks chunks_;
  WorkBudget& budget_;
  std::span<const std::byte> current_;
  std::optional<Error> error_;
  z_stream stream_ = {};
  bool inflating_ = false;
  bool started_ = false;  // the first stored block is out
  bool ended_ = false;    // the pixels are
  int64_t raw_bytes_ = 0;
  int64_t inflated_bytes_ = 0;
  std::vector<uint8_t> raw_;    // inflated, one stored block
  std::vector<uint8_t> piece_;  // the chunk around it
};

}  // namespace frond

#endif  // FROND_SRC_IMAGE_PNG_PIXELS_H_

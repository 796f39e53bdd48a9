#include "tests/image/written_jpeg.h"

#include <cstdio>  // jpeglib.h needs FILE and size_t

#include <jpeglib.h>

#include <cstdlib>
#include <vector>

#include "tests/image/generated_picture.h"

namespace frond::testing {
namespace {

void WriteExif(jpeg_compress_struct& info, int orientation) {
  std::string exif("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25);
  exif += static_cast<char>(orientation);
  exif += std::string(6, '\0');
  jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(exif.data()),
                    static_cast<unsigned>(exif.size()));
}

}  // namespace

std::string WriteJpeg(const JpegForm& form, int width, int height, int orientation) {
  // The bytes of an RGB picture serve for 1 and for 4 bytes a pixel, too.
  const Image picture = GeneratedPicture(form.components == 4 ? 2 * width : width, height);
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = form.components;
  info.in_color_space = form.components == 1 ? JCS_GRAYSCALE : form.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  if (form.components == 4) jpeg_set_colorspace(&info, JCS_YCCK);
  jpeg_set_quality(&info, 80, TRUE);
  for (int i = 0; i < form.components; ++i) {
    const bool fine = i == 0 || i == 3;
    info.comp_info[i].h_samp_factor = fine ? form.h : 1;
    info.comp_info[i].v_samp_factor = fine ? form.v : form.other_v;
  }
  info.restart_interval = static_cast<unsigned>(form.restart_blocks);
  if (form.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (orientation != 0) WriteExif(info, orientation);
  for (int y = 0; y < height; ++y) {
    auto* row = const_cast<JSAMPROW>(picture.row(y));  // libjpeg does not write to it
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return file;
}

}  // namespace frond::testing

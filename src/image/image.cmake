# The codecs are Debian's: libjpeg-turbo, libspng, libwebp. Only this layer sees them.
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_path(SPNG_INCLUDE_DIR spng.h REQUIRED)
find_library(SPNG_LIBRARY spng REQUIRED)
find_path(WEBP_INCLUDE_DIR webp/decode.h REQUIRED)
find_library(WEBP_LIBRARY webp REQUIRED)
mark_as_advanced(SPNG_INCLUDE_DIR SPNG_LIBRARY WEBP_INCLUDE_DIR WEBP_LIBRARY)

frond_layer(image
  SOURCES
    image/axis_weights.cc
    image/compose.cc
    image/decode.cc
    image/decode_jpeg.cc
    image/decode_png.cc
    image/decode_webp.cc
    image/encode_jpeg.cc
    image/exif.cc
    image/geometry.cc
    image/image.cc
    image/orient.cc
    image/png_chunks.cc
    image/png_pixels.cc
    image/prefix_code.cc
    image/preprocess.cc
    image/resample.cc
    image/resample_scalar.cc
    image/resample_simd.cc
    image/thumbnail.cc
    image/vp8l_groups.cc
    image/webp_chunks.cc
    image/work_budget.cc
  DEPS base tensor spec
  LIBRARIES JPEG::JPEG ${SPNG_LIBRARY} ${WEBP_LIBRARY} ZLIB::ZLIB)
target_include_directories(frond_image SYSTEM PRIVATE ${SPNG_INCLUDE_DIR} ${WEBP_INCLUDE_DIR})
# Weights in double must be rounded as Pillow's are: no fused multiply-add.
set_source_files_properties(image/axis_weights.cc image/preprocess.cc PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
set_source_files_properties(image/resample_scalar.cc image/resample_simd.cc PROPERTIES COMPILE_OPTIONS "-O3")

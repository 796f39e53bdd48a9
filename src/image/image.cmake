# The codecs are Debian's: libjpeg-turbo, libspng, libwebp.
frond_layer(image
  SOURCES
    image/image.cc
    image/axis_weights.cc image/geometry.cc image/preprocess.cc image/resample.cc image/resample_scalar.cc image/resample_simd.cc
  DEPS base tensor spec)
# Weights in double must be rounded as Pillow's are: no fused multiply-add.
set_source_files_properties(image/axis_weights.cc image/preprocess.cc PROPERTIES COMPILE_OPTIONS "-ffp-contract=off")
set_source_files_properties(image/resample_scalar.cc image/resample_simd.cc PROPERTIES COMPILE_OPTIONS "-O3")

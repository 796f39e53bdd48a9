# The codecs are Debian's: libjpeg-turbo, libspng, libwebp.
frond_layer(image
  SOURCES image/image.cc
  DEPS base tensor spec)

# Linked by every target of ours; never exported.
add_library(frond_warnings INTERFACE)
target_compile_options(frond_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wimplicit-fallthrough
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in plain std::string concatenation (its bug 105651).
  target_compile_options(frond_warnings INTERFACE -Wno-restrict)
endif()
if(FROND_WERROR)
  target_compile_options(frond_warnings INTERFACE -Werror)
endif()

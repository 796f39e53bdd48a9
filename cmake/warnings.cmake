# Linked by every target of ours; never exported.
add_library(frond_warnings INTERFACE)
target_compile_options(frond_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough)
if(FROND_WERROR)
  target_compile_options(frond_warnings INTERFACE -Werror)
endif()

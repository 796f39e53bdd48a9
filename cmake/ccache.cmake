# Compiles go through ccache where it is installed and nothing else was asked for.
find_program(FROND_CCACHE ccache)
mark_as_advanced(FROND_CCACHE)
if(FROND_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FROND_CCACHE})
endif()

# libtorch for src/train: Debian's 1.13.1 by default, any newer one by CMAKE_PREFIX_PATH, PyPI's too. The headers of 1.13
# compile with GCC alone: another compiler leaves the trainer out (scripts/build makes it with GCC).
set(FROND_TRAIN AUTO CACHE STRING "Build frond-train: ON, OFF, or AUTO where libtorch is to be had")
set_property(CACHE FROND_TRAIN PROPERTY STRINGS AUTO ON OFF)
set(FROND_TORCH_VERSION "" CACHE STRING "Least version of libtorch; empty for any")
set(FROND_HAS_TORCH FALSE)

# A macro, since imported targets and TORCH_* belong to the caller.
macro(frond_find_torch)
  # What an earlier configuration found would be taken before a CMAKE_PREFIX_PATH that is new.
  if(DEFINED FROND_TORCH_SEARCHED AND NOT FROND_TORCH_SEARCHED STREQUAL "${CMAKE_PREFIX_PATH}")
    unset(Torch_DIR CACHE)
    unset(Caffe2_DIR CACHE)
  endif()
  set(FROND_TORCH_SEARCHED "${CMAKE_PREFIX_PATH}" CACHE INTERNAL "The CMAKE_PREFIX_PATH of the last search for libtorch")
  if(Torch_DIR)  # its package would find Debian's Caffe2 before the one beside it
    set(Caffe2_DIR "${Torch_DIR}/../Caffe2" CACHE PATH "The folder of Caffe2Config.cmake" FORCE)
  endif()

  # A CUDA build's Caffe2Config.cmake ends the configuration where there is no nvcc of its CUDA version. No CUDA is compiled
  # here, and libtorch_cuda brings its own libraries: torch::cudart, by which Caffe2's public/cuda.cmake knows that it has
  # run, stands in for the toolkit. So does caffe2::mkl for MKL, which wheels link in; without, public/mkl.cmake puts
  # /lib/intel64 on the run path.
  foreach(frond_part torch::cudart caffe2::mkl)
    if(NOT TARGET ${frond_part})
      add_library(${frond_part} INTERFACE IMPORTED)
    endif()
  endforeach()
  # The package warns of kineto, a static library that wheels link in and do not ship.
  set(frond_message_log_level "${CMAKE_MESSAGE_LOG_LEVEL}")
  set(CMAKE_MESSAGE_LOG_LEVEL ERROR)
  find_package(Torch ${FROND_TORCH_VERSION} ${ARGN})
  set(CMAKE_MESSAGE_LOG_LEVEL "${frond_message_log_level}")
endmacro()

if(NOT FROND_TRAIN STREQUAL "OFF")
  if(FROND_TRAIN STREQUAL "ON")
    frond_find_torch(REQUIRED)
  else()
    frond_find_torch(QUIET)
  endif()
  if(TORCH_FOUND AND Torch_VERSION VERSION_LESS 2 AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(STATUS "frond-train is left out: libtorch ${Torch_VERSION} compiles with GCC only")
  elseif(TORCH_FOUND AND TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
    message(WARNING "frond-train is left out, for libtorch ${Torch_VERSION} in ${TORCH_INSTALL_PREFIX} was built with GCC 4's "
                    "std::string. PyPI's are built with today's from 2.6 on")
  elseif(TORCH_FOUND)
    set(FROND_HAS_TORCH TRUE)
    set(frond_torch_kind "for the CPU")
    if(TARGET torch_cuda)
      set(frond_torch_kind "with CUDA")
    endif()
    message(STATUS "frond-train: libtorch ${Torch_VERSION} ${frond_torch_kind}, ${TORCH_INSTALL_PREFIX}")
  endif()
endif()

# A cross build takes from the build machine what is headers or sources alone
# (Highway, nlohmann/json, GoogleTest), and no library: those are for another CPU.
# Highway's and nlohmann's headers are linked into a folder of their own, since
# /usr/include itself would shadow the target's C library.
find_path(FROND_HIGHWAY_HEADERS hwy/highway.h PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
find_path(FROND_JSON_HEADERS nlohmann/json.hpp PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)

set(headers ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${headers})
file(CREATE_LINK ${FROND_HIGHWAY_HEADERS}/hwy ${headers}/hwy SYMBOLIC)
file(CREATE_LINK ${FROND_JSON_HEADERS}/nlohmann ${headers}/nlohmann SYMBOLIC)
include_directories(SYSTEM ${headers})
add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)

if(FROND_TESTS)
  set(FROND_GTEST_SOURCES /usr/src/googletest CACHE PATH "GoogleTest's sources")
  if(NOT EXISTS ${FROND_GTEST_SOURCES}/CMakeLists.txt)
    message(FATAL_ERROR "No sources of GoogleTest in ${FROND_GTEST_SOURCES}: install googletest, or set FROND_GTEST_SOURCES")
  endif()
  set(BUILD_GMOCK OFF CACHE INTERNAL "")
  set(INSTALL_GTEST OFF CACHE INTERNAL "")
  add_subdirectory(${FROND_GTEST_SOURCES} ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
endif()

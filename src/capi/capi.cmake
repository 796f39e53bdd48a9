# The C interface, and libfrond: every layer as one shared library that exports
# the functions of include/frond and nothing else. Its C++ users find it as frond::frond.
frond_layer(capi SOURCES capi/frond.cc capi/guard.cc capi/photo.cc capi/session.cc
  DEPS base tensor spec image weights kernels engine classify monitor)
target_compile_definitions(frond_capi PRIVATE FROND_VERSION="${PROJECT_VERSION}")

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(exports ${CMAKE_CURRENT_SOURCE_DIR}/capi/libfrond.map)
set(frond_layers base tensor spec image weights kernels engine classify monitor capi)
add_library(frond SHARED)
add_library(frond::frond ALIAS frond)
foreach(layer IN LISTS frond_layers)
  target_sources(frond PRIVATE $<TARGET_OBJECTS:frond_${layer}>)
  if(NOT layer MATCHES "^(kernels|engine)$")  # of which all is needed
    # What only the programs call is left out of the library, function by function.
    target_compile_options(frond_${layer} PRIVATE -ffunction-sections -fdata-sections)
  endif()
  get_target_property(libraries frond_${layer} LINK_LIBRARIES)
  list(FILTER libraries EXCLUDE REGEX "^frond_")
  target_link_libraries(frond PRIVATE ${libraries})
endforeach()
target_include_directories(frond INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(frond INTERFACE cxx_std_20)
# Before 1.0 a minor version may change interfaces.
set_target_properties(frond PROPERTIES
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LINK_DEPENDS ${exports})
target_link_options(frond PRIVATE -Wl,--version-script=${exports} -Wl,--gc-sections -Wl,--as-needed)
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")  # a sanitizer's functions come with the program
  target_link_options(frond PRIVATE -Wl,--no-undefined)
endif()

install(TARGETS frond EXPORT frond-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/frond DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/frond)
install(EXPORT frond-targets NAMESPACE frond:: DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/frondConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/capi/frondConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/frondConfigVersion.cmake
  DESTINATION ${package_folder})
# From the folder of frond.pc to the prefix: libdir may have several parts.
file(RELATIVE_PATH FROND_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/capi/frond.pc.in ${CMAKE_CURRENT_BINARY_DIR}/frond.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/frond.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

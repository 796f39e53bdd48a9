# find_package(frond) gives the target frond::frond.
include("${CMAKE_CURRENT_LIST_DIR}/frond-targets.cmake")
if(NOT CMAKE_CXX_COMPILER_LOADED)  # a project in C alone has no C++ standard to choose
  set_target_properties(frond::frond PROPERTIES INTERFACE_COMPILE_FEATURES "")
endif()

# frond_layer(NAME SOURCES a.cc b.cc DEPS base tensor): the static library
# frond_NAME of src/NAME. DEPS is the layer's row in docs/architecture.md: what
# is not listed there does not link.
function(frond_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_library(frond_${name} STATIC ${LAYER_SOURCES})
  target_include_directories(frond_${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  set_target_properties(frond_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(frond_${name} PRIVATE frond_warnings)
  foreach(dep IN LISTS LAYER_DEPS)
    target_link_libraries(frond_${name} PUBLIC frond_${dep})
  endforeach()
  target_link_libraries(frond_${name} PRIVATE ${LAYER_LIBRARIES})
endfunction()

# The service, optional: without Boost `frond serve` says what to install.
find_package(Boost 1.81 QUIET)
if(Boost_FOUND)
  set(openapi ${CMAKE_CURRENT_SOURCE_DIR}/serve/http/openapi.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${openapi})
  file(READ ${openapi} FROND_OPENAPI)
  configure_file(serve/http/openapi.cc.in ${CMAKE_CURRENT_BINARY_DIR}/openapi.cc @ONLY)
  frond_layer(serve
    SOURCES
      serve/core/repository.cc
      serve/core/scheduler.cc
      serve/http/classify.cc
      serve/http/inference_protocol.cc
      serve/http/multipart.cc
      serve/http/routes.cc
      serve/http/server.cc
      serve/http/url.cc
      ${CMAKE_CURRENT_BINARY_DIR}/openapi.cc
    DEPS base classify
    LIBRARIES nlohmann_json::nlohmann_json)
  target_include_directories(frond_serve SYSTEM PRIVATE ${Boost_INCLUDE_DIRS})
  target_compile_definitions(frond_serve PRIVATE FROND_VERSION="${PROJECT_VERSION}" BOOST_ASIO_NO_DEPRECATED)
endif()

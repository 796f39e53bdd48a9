# The service, optional: without Boost and OpenSSL `frond serve` says what to install, without gRPC its --grpc-port.
find_package(Boost 1.81 QUIET)
find_package(OpenSSL QUIET)
if(Boost_FOUND AND OPENSSL_FOUND)
  set(openapi ${CMAKE_CURRENT_SOURCE_DIR}/serve/http/openapi.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${openapi})
  file(READ ${openapi} FROND_OPENAPI)
  configure_file(serve/http/openapi.cc.in ${CMAKE_CURRENT_BINARY_DIR}/openapi.cc @ONLY)
  find_package(Protobuf QUIET)
  find_package(gRPC CONFIG QUIET)
  find_program(FROND_GRPC_PLUGIN grpc_cpp_plugin)
  if(Protobuf_FOUND AND gRPC_FOUND AND FROND_GRPC_PLUGIN)
    set(FROND_HAS_GRPC ON)
    set(proto ${CMAKE_CURRENT_SOURCE_DIR}/serve/grpc/inference.proto)
    set(made ${CMAKE_CURRENT_BINARY_DIR}/grpc)
    file(MAKE_DIRECTORY ${made})
    add_custom_command(
      OUTPUT ${made}/inference.pb.cc ${made}/inference.pb.h ${made}/inference.grpc.pb.cc ${made}/inference.grpc.pb.h
      COMMAND protobuf::protoc --proto_path=${CMAKE_CURRENT_SOURCE_DIR}/serve/grpc --cpp_out=${made} --grpc_out=${made}
              --plugin=protoc-gen-grpc=${FROND_GRPC_PLUGIN} ${proto}
      DEPENDS ${proto})
    # Made code: our warnings are not for it.
    add_library(frond_inference_proto STATIC ${made}/inference.pb.cc ${made}/inference.grpc.pb.cc)
    target_include_directories(frond_inference_proto SYSTEM PUBLIC ${made})
    target_link_libraries(frond_inference_proto PUBLIC gRPC::grpc++)
    set(grpc_source serve/grpc/server.cc)
  else()
    message(STATUS "gRPC or protobuf not found: frond-serve is built without --grpc-port")
    set(grpc_source serve/grpc/no_grpc.cc)
  endif()
  # The page, made by npm in the build folder.
  option(FROND_PAGE "frond-serve has its page, which npm builds" ON)
  find_program(FROND_NPM npm)
  find_program(FROND_NODE node)
  if(FROND_PAGE AND FROND_NPM AND FROND_NODE)
    set(web ${PROJECT_SOURCE_DIR}/web)
    file(GLOB page_inputs CONFIGURE_DEPENDS ${web}/*.json ${web}/*.html ${web}/*.ts ${web}/*.mjs)
    file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
    set(page_source ${CMAKE_BINARY_DIR}/web/page_files.cc)
    add_custom_command(
      OUTPUT ${page_source}
      COMMAND ${web}/build ${CMAKE_BINARY_DIR}/web
      DEPENDS ${web}/build ${web}/.npmrc ${page_inputs} ${page_sources}
      COMMENT "The page (without it: -DFROND_PAGE=OFF)"
      VERBATIM)
  else()
    message(STATUS "npm not found or FROND_PAGE off: frond-serve is built without its page")
    set(page_source serve/http/no_page.cc)
  endif()
  frond_layer(serve
    SOURCES
      serve/core/monitoring.cc
      serve/core/protocol.cc
      serve/core/repository.cc
      serve/core/scheduler.cc
      serve/core/trace.cc
      serve/core/traffic_history.cc
      ${grpc_source}
      serve/http/classify.cc
      serve/http/connections.cc
      serve/http/inference_protocol.cc
      serve/http/metrics.cc
      serve/http/metrics_text.cc
      serve/http/models.cc
      serve/http/monitor.cc
      serve/http/multipart.cc
      serve/http/otlp.cc
      serve/http/outbox.cc
      serve/http/page.cc
      serve/http/post.cc
      serve/http/records.cc
      serve/http/routes.cc
      serve/http/server.cc
      serve/http/url.cc
      ${CMAKE_CURRENT_BINARY_DIR}/openapi.cc
      ${page_source}
    DEPS base classify monitor records
    LIBRARIES nlohmann_json::nlohmann_json OpenSSL::SSL)
  if(FROND_HAS_GRPC)
    target_link_libraries(frond_serve PRIVATE frond_inference_proto)
  endif()
  target_include_directories(frond_serve SYSTEM PRIVATE ${Boost_INCLUDE_DIRS})
  target_compile_definitions(frond_serve PRIVATE FROND_VERSION="${PROJECT_VERSION}" BOOST_ASIO_NO_DEPRECATED)
endif()

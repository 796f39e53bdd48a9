#ifndef FROND_SRC_SERVE_GRPC_SERVER_H_
#define FROND_SRC_SERVE_GRPC_SERVER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "frond/result.h"
#include "src/serve/core/service.h"
#include "src/serve/core/tls.h"

namespace frond::serve {

struct GrpcOptions {
  std::string address = "127.0.0.1";
  int port = 0;            // 0: any that is free
  std::string token = {};  // as the metadata "authorization: Bearer ..."; empty: none is asked for
  TlsOptions tls = {};
  size_t max_message_bytes = size_t{32} << 20;
};

// The Open Inference Protocol V2 over gRPC (inference.proto).
class GrpcServer {
 public:
  // Errors: kIo where it cannot be listened at; kUnsupported where frond was built without gRPC.
  static Result<std::unique_ptr<GrpcServer>> Listen(const GrpcOptions& options, Service& service);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  int port() const;
  // No more calls are taken; waits for those that are under way, and cancels them after the limit.
  void Shutdown(std::chrono::seconds limit);

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_GRPC_SERVER_H_

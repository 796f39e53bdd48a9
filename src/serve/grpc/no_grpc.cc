// Where gRPC is not installed.
#include "src/serve/grpc/server.h"

namespace frond::serve {

struct GrpcServer::Impl {};
GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;

Result<std::unique_ptr<GrpcServer>> GrpcServer::Listen(const GrpcOptions& /*options*/, Service& /*service*/) {
  return Error{ErrorCode::kUnsupported, "frond-serve was built without gRPC",
               "install libgrpc++-dev, libprotobuf-dev and protobuf-compiler-grpc (Debian) and build again: "
               "scripts/build release"};
}
int GrpcServer::port() const { return 0; }
void GrpcServer::Shutdown(std::chrono::seconds /*limit*/) {}

}  // namespace frond::serve

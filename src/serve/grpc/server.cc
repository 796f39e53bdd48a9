#include "src/serve/grpc/server.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "inference.grpc.pb.h"
#include "src/base/format.h"
#include "src/base/milliseconds.h"
#include "src/serve/core/protocol.h"
#include "src/serve/core/request_note.h"

namespace frond::serve {
namespace {

using ::grpc::CallbackServerContext;
using ::grpc::ServerUnaryReactor;
using ::grpc::StatusCode;
using RpcStatus = ::grpc::Status;

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what, ""}; }

RpcStatus StatusOf(const Refusal& refusal) {
  switch (refusal.reason) {
    case Refusal::Reason::kInput: return {StatusCode::INVALID_ARGUMENT, refusal.error.message};
    case Refusal::Reason::kLate: return {StatusCode::DEADLINE_EXCEEDED, refusal.error.message};
    case Refusal::Reason::kCancelled: return {StatusCode::CANCELLED, refusal.error.message};
    case Refusal::Reason::kFailed: return {StatusCode::INTERNAL, refusal.error.message};
    case Refusal::Reason::kFull: return {StatusCode::RESOURCE_EXHAUSTED, refusal.error.message};
    case Refusal::Reason::kStopping: break;
  }
  return {StatusCode::UNAVAILABLE, refusal.error.message};
}

// The tensor of a request: raw, or as numbers.
Status ReadTensor(const inference::ModelInferRequest& request, const Model& model, Work& work) {
  if (request.inputs_size() != 1) return Wrong(StrCat("inputs must be one tensor, '", kInputName, "'"));
  const auto& input = request.inputs(0);
  FROND_RETURN_IF_ERROR(CheckInput(input.name(), input.datatype(),
                                   {input.shape().data(), static_cast<size_t>(input.shape_size())}, model, work));
  const size_t count = InputFloats(work);
  const size_t bytes = count * sizeof(float);
  if (request.raw_input_contents_size() > 0) {
    const std::string& raw = request.raw_input_contents(0);
    if (request.raw_input_contents_size() > 1 || raw.size() != bytes) {
      return Wrong(StrCat("the shape asks for one raw content of ", bytes, " bytes; there are ",
                          request.raw_input_contents_size(), ", the first of ", raw.size()));
    }
    work.tensor.resize(count);
    std::memcpy(work.tensor.data(), raw.data(), bytes);
  } else {
    const auto& numbers = input.contents().fp32_contents();
    if (std::cmp_not_equal(numbers.size(), count)) {
      return Wrong(StrCat("the input's fp32_contents are ", numbers.size(), " numbers, its shape says ", count));
    }
    work.tensor.assign(numbers.begin(), numbers.end());
  }
  return CheckFinite(work.tensor);
}

Status CheckOutputs(const inference::ModelInferRequest& request) {
  const bool right =
      request.outputs_size() == 0 || (request.outputs_size() == 1 && request.outputs(0).name() == kOutputName);
  return right ? Status() : Status(Wrong(StrCat("there is one output, '", kOutputName, "'")));
}

std::optional<uint64_t> OwnTimeout(const inference::ModelInferRequest& request) {
  const auto found = request.parameters().find("timeout");
  if (found == request.parameters().end()) return std::nullopt;
  const auto& wish = found->second;
  const uint64_t own =
      wish.has_uint64_param() ? wish.uint64_param() : static_cast<uint64_t>(std::max<int64_t>(0, wish.int64_param()));
  return own > 0 ? std::optional(own) : std::nullopt;
}

void WriteAnswer(const ModelEntry& entry, int outputs, const std::string& id, const std::vector<float>& logits,
                 inference::ModelInferResponse& response) {
  response.set_model_name(entry.name);
  response.set_model_version(entry.version);
  response.set_id(id);
  auto* output = response.add_outputs();
  output->set_name(kOutputName);
  output->set_datatype(kDatatype);
  output->add_shape(static_cast<int64_t>(logits.size()) / outputs);
  output->add_shape(outputs);
  response.add_raw_output_contents(reinterpret_cast<const char*>(logits.data()), logits.size() * sizeof(float));
}

// A call that a scheduler answers; told where the client leaves.
class Inference final : public ServerUnaryReactor {
 public:
  const std::shared_ptr<std::atomic<bool>>& cancelled() const { return cancelled_; }
  void OnCancel() override { cancelled_->store(true); }
  void OnDone() override { delete this; }  // gRPC's: it owns itself until then

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

class Protocol final : public inference::GRPCInferenceService::CallbackService {
 public:
  Protocol(serve::Service& service, std::string token) : service_(service), token_(std::move(token)) {}

  ServerUnaryReactor* ServerLive(CallbackServerContext* context, const inference::ServerLiveRequest* /*request*/,
                                 inference::ServerLiveResponse* response) override {
    response->set_live(true);
    return Finish(context, RpcStatus::OK);
  }

  ServerUnaryReactor* ServerReady(CallbackServerContext* context, const inference::ServerReadyRequest* /*request*/,
                                  inference::ServerReadyResponse* response) override {
    response->set_ready(service_.ready);
    return Finish(context, RpcStatus::OK);
  }

  ServerUnaryReactor* ModelReady(CallbackServerContext* context, const inference::ModelReadyRequest* request,
                                 inference::ModelReadyResponse* response) override {
    if (!IsAllowed(*context)) return Finish(context, kNoToken);
    response->set_ready(service_.models->Find(request->name(), request->version()) != nullptr);
    return Finish(context, RpcStatus::OK);
  }

  ServerUnaryReactor* ServerMetadata(CallbackServerContext* context,
                                     const inference::ServerMetadataRequest* /*request*/,
                                     inference::ServerMetadataResponse* response) override {
    if (!IsAllowed(*context)) return Finish(context, kNoToken);
    response->set_name(kServerName);
    response->set_version(FROND_VERSION);
    return Finish(context, RpcStatus::OK);
  }

  ServerUnaryReactor* ModelMetadata(CallbackServerContext* context, const inference::ModelMetadataRequest* request,
                                    inference::ModelMetadataResponse* response) override {
    if (!IsAllowed(*context)) return Finish(context, kNoToken);
    const auto served = service_.models->Find(request->name(), request->version());
    if (!served) return Finish(context, kNoModel);
    response->set_name(request->name());
    for (const std::string& version : VersionsOf(*service_.models, request->name())) response->add_versions(version);
    response->set_platform(kPlatform);
    Describe(kInputName, InputShape(served->model), *response->add_inputs());
    Describe(kOutputName, OutputShape(served->model), *response->add_outputs());
    return Finish(context, RpcStatus::OK);
  }

  ServerUnaryReactor* ModelInfer(CallbackServerContext* context, const inference::ModelInferRequest* request,
                                 inference::ModelInferResponse* response) override {
    auto* reactor = new Inference();
    Infer(*context, *request, *response, *reactor);
    return reactor;
  }

 private:
  inline static const RpcStatus kNoToken{StatusCode::UNAUTHENTICATED, "a bearer token is needed"};
  inline static const RpcStatus kNoModel{StatusCode::NOT_FOUND, "there is no such model, or no such version of it"};

  static ServerUnaryReactor* Finish(CallbackServerContext* context, const RpcStatus& status) {
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  static void Describe(const char* name, const std::vector<int64_t>& shape,
                       inference::ModelMetadataResponse::TensorMetadata& tensor) {
    tensor.set_name(name);
    tensor.set_datatype(kDatatype);
    for (const int64_t extent : shape) tensor.add_shape(extent);
  }

  bool IsAllowed(const CallbackServerContext& context) const {
    const auto& metadata = context.client_metadata();
    const auto found = metadata.find("authorization");
    const std::string_view given =
        found == metadata.end() ? std::string_view() : std::string_view(found->second.data(), found->second.size());
    return BearsToken(given, token_);
  }

  void Infer(const CallbackServerContext& context, const inference::ModelInferRequest& request,
             inference::ModelInferResponse& response, Inference& reactor) {
    if (!IsAllowed(context)) return reactor.Finish(kNoToken);
    const auto served = service_.models->Find(request.model_name(), request.model_version());
    if (!served) return reactor.Finish(kNoModel);
    const auto ended = [watch = served->watch, begun = Clock::now()](RequestOutcome outcome) {
      const Clock::time_point now = Clock::now();
      if (watch) watch->RequestEnded(outcome, Milliseconds(now - begun), now);
    };
    Work work;
    Status status = ReadTensor(request, served->model, work);
    if (status.ok()) status = CheckOutputs(request);
    if (!status.ok()) {
      ended(RequestOutcome::kBadRequest);
      return reactor.Finish({StatusCode::INVALID_ARGUMENT, status.error().message});
    }
    work.deadline = DeadlineOf(service_.timeout, OwnTimeout(request));
    work.cancelled = reactor.cancelled();
    served->scheduler->Submit(std::move(work), [served, ended, &request, &response, &reactor](const Outcome& outcome) {
      ended(outcome.answer ? RequestOutcome::kAnswered : OutcomeOf(outcome.refusal.reason));
      if (!outcome.answer) return reactor.Finish(StatusOf(outcome.refusal));
      WriteAnswer(served->entry, served->model.output_size(), request.id(), outcome.answer->logits, response);
      reactor.Finish(RpcStatus::OK);
    });
  }

  serve::Service& service_;
  const std::string token_;
};

std::shared_ptr<::grpc::ServerCredentials> CredentialsOf(const TlsOptions& tls) {
  if (tls.certificate.empty()) return ::grpc::InsecureServerCredentials();
  ::grpc::SslServerCredentialsOptions options(tls.client_ca.empty()
                                                  ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                  : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({tls.key, tls.certificate});
  options.pem_root_certs = tls.client_ca;
  return ::grpc::SslServerCredentials(options);
}

}  // namespace

struct GrpcServer::Impl {
  Impl(Service& service, const std::string& token) : protocol(service, token) {}

  Protocol protocol;
  std::unique_ptr<::grpc::Server> server;
  int port = 0;
};

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<GrpcServer>> GrpcServer::Listen(const GrpcOptions& options, Service& service) {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);  // what is wrong is said by us
  auto impl = std::make_unique<Impl>(service, options.token);
  ::grpc::ServerBuilder builder;
  const bool v6 = options.address.find(':') != std::string::npos;
  builder.AddListeningPort(StrCat(v6 ? "[" : "", options.address, v6 ? "]" : "", ":", options.port),
                           CredentialsOf(options.tls), &impl->port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a port that is taken is an error
  constexpr int kMostCalls = 64;                            // of a connection, and of messages in memory
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostCalls);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300'000);
  builder.SetResourceQuota(::grpc::ResourceQuota("frond").Resize(kMostCalls * options.max_message_bytes));
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  builder.RegisterService(&impl->protocol);
  impl->server = builder.BuildAndStart();
  if (!impl->server || impl->port == 0) {
    return Error{ErrorCode::kIo, StrCat("cannot listen at ", options.address, ":", options.port, " for gRPC"),
                 "choose another --grpc-port, or stop what listens there"};
  }
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::~GrpcServer() { Shutdown(std::chrono::seconds(0)); }

int GrpcServer::port() const { return impl_->port; }

void GrpcServer::Shutdown(std::chrono::seconds limit) {
  if (!impl_->server) return;
  impl_->server->Shutdown(std::chrono::system_clock::now() + limit);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace frond::serve

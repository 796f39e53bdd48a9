// The Open Inference Protocol V2 over HTTP, with its binary tensor extension: what KServe's and Triton's clients speak.

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "src/base/format.h"
#include "src/serve/core/protocol.h"
#include "src/serve/http/routes.h"

namespace frond::serve {
namespace {

// Not ordered_json, whose objects take quadratic time to read.
using Json = nlohmann::json;

constexpr const char* kHeaderLength = "inference-header-content-length";

static_assert(std::endian::native == std::endian::little, "the extension's tensors are little-endian");

// The protocol's errors are a text.
Response Problem(unsigned status, const std::string& message) {
  return {
      status, "application/json", Json({{"error", message}}).dump(-1, ' ', false, Json::error_handler_t::replace), {}};
}

Response Document(const Json& json) { return {200, "application/json", json.dump(), {}}; }

// What an infer request asks for.
struct Inference {
  std::string id;
  Work work;
  bool binary_output = false;
};

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what, ""}; }

// "parameters" of a request or of one of its tensors.
const Json* Parameter(const Json& of, const char* name) {
  const auto parameters = of.find("parameters");
  if (parameters == of.end() || !parameters->is_object()) return nullptr;
  const auto found = parameters->find(name);
  return found == parameters->end() ? nullptr : &*found;
}

bool IsSet(const Json* parameter) { return parameter != nullptr && parameter->is_boolean() && parameter->get<bool>(); }

// Numbers, in an array or in arrays of arrays, without recursion.
Status ReadNumbers(const Json& data, size_t count, std::vector<float>& values) {
  std::vector<std::pair<const Json*, size_t>> open = {{&data, 0}};
  while (!open.empty()) {
    auto& [array, next] = open.back();
    if (!array->is_array()) return Wrong("the input's data must be an array of numbers");
    if (next == array->size()) {
      open.pop_back();
      continue;
    }
    const Json& element = (*array)[next++];
    if (element.is_array()) {
      if (open.size() == 4) return Wrong("the input's data are nested deeper than its shape");
      open.emplace_back(&element, 0);
    } else if (element.is_number() && values.size() < count) {
      values.push_back(element.get<float>());
    } else {
      return Wrong(element.is_number() ? "the input's data are longer than its shape"
                                       : "the input's data must be numbers");
    }
  }
  return {};
}

Status ReadInput(const Json& input, const Model& model, std::string_view binary, Work& work) {
  if (!input.is_object()) return Wrong("the input must be an object");
  const auto text = [&](const char* name) {
    const auto found = input.find(name);
    return found != input.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  std::vector<int64_t> shape;
  if (const auto extents = input.find("shape"); extents != input.end() && extents->is_array()) {
    for (const Json& extent : *extents) shape.push_back(extent.is_number_integer() ? extent.get<int64_t>() : -1);
  }
  FROND_RETURN_IF_ERROR(CheckInput(text("name"), text("datatype"), shape, model, work));
  const size_t count = InputFloats(work);
  if (const Json* bytes = Parameter(input, "binary_data_size")) {
    if (!bytes->is_number_unsigned() || bytes->get<uint64_t>() != count * sizeof(float) ||
        binary.size() != count * sizeof(float)) {
      return Wrong(StrCat("binary_data_size and the bytes behind the JSON must be ", count * sizeof(float),
                          ", four for each number of the shape; there are ", binary.size()));
    }
    work.tensor.resize(count);
    std::memcpy(work.tensor.data(), binary.data(), binary.size());
  } else {
    if (!binary.empty()) return Wrong("there are bytes behind the JSON, but no input has a binary_data_size");
    const auto data = input.find("data");
    if (data == input.end()) return Wrong("the input has no data");
    FROND_RETURN_IF_ERROR(ReadNumbers(*data, count, work.tensor));
    if (work.tensor.size() != count) {
      return Wrong(StrCat("the input's data are ", work.tensor.size(), " numbers, its shape says ", count));
    }
  }
  return CheckFinite(work.tensor);
}

Status ReadOutputs(const Json& document, bool& binary) {
  binary = IsSet(Parameter(document, "binary_data_output"));
  const auto outputs = document.find("outputs");
  if (outputs == document.end()) return {};
  if (!outputs->is_array() || outputs->size() > 1) return Wrong(StrCat("there is one output, '", kOutputName, "'"));
  for (const Json& output : *outputs) {
    if (!output.is_object() || output.value("name", Json()) != Json(kOutputName)) {
      return Wrong(StrCat("the output's name must be '", kOutputName, "'"));
    }
    if (Parameter(output, "classification") != nullptr) return Wrong("the classification extension is not supported");
    if (const Json* chosen = Parameter(output, "binary_data")) binary = IsSet(chosen);
  }
  return {};
}

Result<Inference> ReadInference(const Request& request, const Model& model, std::chrono::milliseconds timeout) {
  size_t header = request.body.size();
  if (const std::string length = request.Header(kHeaderLength); !length.empty()) {
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), header);
    if (error != std::errc() || end != length.data() + length.size() || header > request.body.size()) {
      return Wrong("Inference-Header-Content-Length is not the length of the JSON at the body's beginning");
    }
  }
  // What lies deeper than a tensor's numbers is not kept.
  constexpr int kDeepest = 8;
  const Json document = Json::parse(
      request.body.begin(), request.body.begin() + static_cast<std::ptrdiff_t>(header),
      [](int depth, Json::parse_event_t, const Json&) { return depth <= kDeepest; }, /*allow_exceptions=*/false);
  if (!document.is_object()) return Wrong("the body is no JSON object");
  const auto inputs = document.find("inputs");
  if (inputs == document.end() || !inputs->is_array() || inputs->size() != 1) {
    return Wrong(StrCat("inputs must be one tensor, '", kInputName, "'"));
  }
  Inference inference;
  if (const auto id = document.find("id"); id != document.end()) {
    if (!id->is_string()) return Wrong("id must be a string");
    inference.id = id->get<std::string>();
  }
  const std::string_view body(request.body);
  FROND_RETURN_IF_ERROR(ReadInput(inputs->front(), model, body.substr(header), inference.work));
  FROND_RETURN_IF_ERROR(ReadOutputs(document, inference.binary_output));
  std::optional<uint64_t> own;
  if (const Json* wish = Parameter(document, "timeout"); wish != nullptr && wish->is_number_unsigned() && *wish != 0) {
    own = wish->get<uint64_t>();
  }
  inference.work.deadline = DeadlineOf(timeout, own);
  inference.work.cancelled = request.cancelled;
  return inference;
}

// Numbers as the shortest text that reads as the same float.
std::string NumbersText(std::span<const float> values) {
  std::string text = "[";
  char digits[32];
  for (const float value : values) {
    if (text.size() > 1) text += ',';
    text.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  }
  return text + "]";
}

Response InferenceAnswer(const ModelEntry& entry, const std::string& id, int outputs, bool binary,
                         const std::vector<float>& logits) {
  Json document = {{"model_name", entry.name}, {"model_version", entry.version}};
  if (!id.empty()) document["id"] = id;
  const size_t bytes = logits.size() * sizeof(float);
  Json output = {
      {"name", kOutputName}, {"datatype", "FP32"}, {"shape", {logits.size() / static_cast<size_t>(outputs), outputs}}};
  if (binary) output["parameters"] = {{"binary_data_size", bytes}};
  std::string text = output.dump();
  if (!binary) {
    text.pop_back();
    text += R"(,"data":)" + NumbersText(logits) + "}";
  }
  std::string body = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  body.pop_back();
  body += R"(,"outputs":[)" + text + "]}";
  Response response{200, "application/json", std::move(body), {}};
  if (binary) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back("Inference-Header-Content-Length", StrCat(response.body.size()));
    response.body.append(reinterpret_cast<const char*>(logits.data()), bytes);
  }
  return response;
}

Response ProblemOf(const Refusal& refusal, const Scheduler& scheduler) {
  Response response = ErrorOf(refusal, scheduler);  // for its status and headers
  response.body = Problem(response.status, refusal.error.message).body;
  return response;
}

void Infer(Service& service, const std::shared_ptr<const ServedModel>& served, const Request& request,
           const Respond& respond) {
  Result<Inference> inference = ReadInference(request, served->model, service.timeout);
  if (!inference.ok()) return respond(Problem(400, inference.error().message));
  const int outputs = served->model.output_size();
  Scheduler& scheduler = *served->scheduler;
  // Held until it is submitted, else its end could be sooner.
  scheduler.Submit(std::move(inference->work), [served, id = inference->id, outputs, respond,
                                                binary = inference->binary_output](const Outcome& outcome) {
    if (outcome.answer && !std::ranges::all_of(outcome.answer->logits, [](float x) { return std::isfinite(x); })) {
      return respond(Problem(400, "the logits of this input are not finite"));
    }
    respond(outcome.answer ? InferenceAnswer(served->entry, id, outputs, binary, outcome.answer->logits)
                           : ProblemOf(outcome.refusal, *served->scheduler));
  });
}

Json Metadata(const ServedModel& served, const std::vector<std::string>& versions) {
  const Json input = {{"name", kInputName}, {"datatype", kDatatype}, {"shape", InputShape(served.model)}};
  const Json output = {{"name", kOutputName}, {"datatype", kDatatype}, {"shape", OutputShape(served.model)}};
  return {{"name", served.entry.name},
          {"versions", versions},
          {"platform", kPlatform},
          {"inputs", Json::array({input})},
          {"outputs", Json::array({output})}};
}

Response WrongMethod(const char* allowed) {
  Response response = MethodNotAllowed(allowed);
  response.body = Problem(405, StrCat("this path takes ", allowed)).body;
  return response;
}

// The protocol's extension for model repositories: /v2/repository/index and /v2/repository/models/NAME/load, the latter
// where it was allowed.
void OfRepository(Service& service, const std::vector<std::string>& parts, const Request& request,
                  const Respond& respond) {
  const bool index = parts.size() == 1 && parts[0] == "index";
  const bool load = parts.size() == 3 && parts[0] == "models" && parts[2] == "load";
  if (!index && !load) return respond(Problem(404, "there is nothing at this path"));
  if (request.method != "POST") return respond(WrongMethod("POST"));
  if (index) {
    Json models = Json::array();
    for (const auto& model : service.models->All()) {
      models.push_back({{"name", model->entry.name}, {"version", model->entry.version}, {"state", "READY"}});
    }
    return respond(Document(models));
  }
  if (!service.model_control)
    return respond(Problem(403, "models are not loaded by calls; start with --model-control"));
  if (!service.models->Find(parts[1], "")) return respond(Problem(404, "there is no such model"));
  const bool begun = service.loader.Start([models = service.models, name = parts[1], respond] {
    // Where its file lies is nobody's business.
    const bool loaded = models->Reload(name).ok();
    respond(loaded ? Document(Json::object()) : Problem(500, "the model cannot be loaded, and stays as it was"));
  });
  if (!begun) respond(Problem(409, "another model is being loaded"));
}

// /v2/models/NAME[/versions/VERSION][/ready|/infer]
void OfModel(Service& service, std::vector<std::string> parts, const Request& request, const Respond& respond) {
  const std::string name = parts.front();
  parts.erase(parts.begin());
  std::string version;
  if (parts.size() >= 2 && parts.front() == "versions") {
    version = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  const std::string verb = parts.empty() ? "" : parts.front();
  if (parts.size() > 1 || (!verb.empty() && verb != "ready" && verb != "infer")) {
    return respond(Problem(404, "there is nothing at this path"));
  }
  std::shared_ptr<const ServedModel> served = service.models->Find(name, version);
  if (!served) return respond(Problem(404, "there is no such model, or no such version of it"));
  const char* method = verb == "infer" ? "POST" : "GET";
  if (request.method != method && !(verb != "infer" && request.method == "HEAD")) {
    return respond(WrongMethod(method));
  }
  request.note->watch = verb == "infer" ? served->watch : nullptr;
  if (verb == "infer") request.note->model = served->entry.FullName();
  if (verb == "infer") return Infer(service, served, request, respond);
  if (verb == "ready") return respond(Document({{"name", name}, {"ready", true}}));
  respond(Document(Metadata(*served, VersionsOf(*service.models, name))));
}

}  // namespace

void InferenceProtocol(Service& service, const std::vector<std::string>& parts, const Request& request,
                       const Respond& respond) {
  if (parts.size() >= 2 && parts.front() == "models") {
    return OfModel(service, {parts.begin() + 1, parts.end()}, request, respond);
  }
  if (!parts.empty() && parts.front() == "repository") {
    return OfRepository(service, {parts.begin() + 1, parts.end()}, request, respond);
  }
  const bool health = parts.size() == 2 && parts.front() == "health" && (parts[1] == "live" || parts[1] == "ready");
  if (!health && !parts.empty()) return respond(Problem(404, "there is nothing at this path"));
  if (request.method != "GET" && request.method != "HEAD") {
    return respond(WrongMethod("GET"));
  }
  if (!health) {
    return respond(Document({{"name", kServerName},
                             {"version", FROND_VERSION},
                             {"extensions", {"binary_tensor_data", "model_repository"}}}));
  }
  if (parts[1] == "live") return respond(Document({{"live", true}}));
  const bool ready = service.ready;
  respond({ready ? 200U : 503U, "application/json", ready ? R"({"ready":true})" : R"({"ready":false})", {}});
}

}  // namespace frond::serve

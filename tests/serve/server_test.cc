// The service over a socket, with what clients send rightly and wrongly.

#include "src/serve/http/server.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "frond/classify.h"
#include "src/serve/http/page.h"
#include "src/serve/http/routes.h"
#include "tests/data/photo_files.h"
#include "tests/serve/http_client.h"
#include "tests/serve/service_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond::serve {
namespace {

using nlohmann::json;

class ServerTest : public ServiceFixture {
 protected:
  const Preprocessing& size() const { return model_->spec().preprocessing; }
  std::vector<float> Tensor(int count) const {
    std::vector<float> tensor(size_t{3} * static_cast<size_t>(count * size().height * size().width));
    for (size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<float>(i * 2654435761U % 1000) / 500 - 1;
    return tensor;
  }
  std::vector<float> Logits(const std::vector<float>& tensor, int count) const {
    std::vector<float> logits(static_cast<size_t>(count * model_->output_size()));
    Result<Session> session = Session::Create(*model_, {.threads = 1});
    EXPECT_TRUE(session->Run({tensor, count, size().height, size().width}, logits).ok());
    return logits;
  }
  json Input(int count) const {
    return {{"name", "input"}, {"datatype", "FP32"}, {"shape", {count, 3, size().height, size().width}}};
  }

  std::optional<Model> model_{*Model::Load(dir_.File("tiny.safetensors"))};
};

TEST_F(ServerTest, PhotosAreClassifiedAsByTheLibrary) {
  HttpClient client(Listen());
  Result<Classifier> classifier = Classifier::Create(*model_);
  const auto scores = classifier->Classify(*ReadImage(dir_.File("photo.png"), DecodeOptionsFor(size())), 2);
  ASSERT_TRUE(scores.ok());

  const Reply raw = client.Ask("POST", "/v1/classify?top=2", photo_, "Content-Type: image/png\r\n");
  ASSERT_EQ(raw.status, 200) << raw.body;
  const json document = json::parse(raw.body);
  EXPECT_EQ(document["model"]["name"], "tiny");
  EXPECT_EQ(document["results"].size(), 1U);
  const json& labels = document["results"][0]["labels"];
  ASSERT_EQ(labels.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(labels[i]["index"], (*scores)[i].index);
    EXPECT_EQ(labels[i]["label"], model_->labels()[static_cast<size_t>((*scores)[i].index)]);
    EXPECT_FLOAT_EQ(labels[i]["score"].get<float>(), (*scores)[i].score);
  }

  const std::string form = StrCat("--b\r\nContent-Disposition: form-data; name=p; filename=one.png\r\n\r\n", photo_,
                                  "\r\n--b\r\nContent-Disposition: form-data; name=p; filename=two.txt\r\n\r\nno photo",
                                  "\r\n--b\r\nContent-Disposition: form-data; name=p; filename=three\r\n\r\n\r\n--b--");
  const Reply several =
      client.Ask("POST", "/v1/classify?model=tiny&top=2", form, "Content-Type: multipart/form-data; boundary=b\r\n");
  ASSERT_EQ(several.status, 200) << several.body;
  const json results = json::parse(several.body)["results"];
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0]["path"], "one.png");
  EXPECT_EQ(results[0]["labels"], labels);
  EXPECT_EQ(results[1]["error"]["code"], "bad_format");
  EXPECT_EQ(results[2]["error"]["code"], "bad_format");

  EXPECT_EQ(client.Ask("POST", "/v1/classify", "no photo").status, 400);
  EXPECT_EQ(client.Ask("POST", "/v1/classify").status, 400);
  EXPECT_EQ(client.Ask("POST", "/v1/classify?top=0", photo_).status, 400);
  EXPECT_EQ(client.Ask("POST", "/v1/classify?model=absent", photo_).status, 404);
}

TEST_F(ServerTest, TensorsGoInAndLogitsComeOutAsTheSessions) {
  HttpClient client(Listen());
  const std::string infer = "/v2/models/tiny/infer";
  const std::vector<float> tensor = Tensor(2);
  const std::vector<float> expected = Logits(tensor, 2);

  json request = {{"id", "q"}, {"inputs", json::array({Input(2)})}};
  request["inputs"][0]["data"] = tensor;
  const Reply text = client.Ask("POST", "/v2/models/tiny/versions/1/infer", request.dump());
  ASSERT_EQ(text.status, 200) << text.body;
  const json document = json::parse(text.body);
  EXPECT_EQ(document["model_name"], "tiny");
  EXPECT_EQ(document["model_version"], "1");
  EXPECT_EQ(document["id"], "q");
  EXPECT_EQ(document["outputs"][0]["name"], "logits");
  EXPECT_EQ(document["outputs"][0]["shape"], json({2, model_->output_size()}));
  EXPECT_EQ(document["outputs"][0]["data"].get<std::vector<float>>(), expected);

  const auto bytes = static_cast<std::streamsize>(tensor.size() * sizeof(float));
  request["inputs"][0].erase("data");
  request["inputs"][0]["parameters"] = {{"binary_data_size", bytes}};
  request["outputs"] = {{{"name", "logits"}, {"parameters", {{"binary_data", true}}}}};
  const std::string head = request.dump();
  const std::string body =
      head + std::string(reinterpret_cast<const char*>(tensor.data()), tensor.size() * sizeof(float));
  const std::string length = StrCat("Inference-Header-Content-Length: ", head.size(), "\r\n");
  const Reply binary = client.Ask("POST", infer, body, length);
  ASSERT_EQ(binary.status, 200) << binary.body;
  const size_t json_size = std::strtoul(binary.Header("inference-header-content-length").c_str(), nullptr, 10);
  ASSERT_EQ(binary.body.size(), json_size + expected.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(binary.body.data() + json_size, expected.data(), expected.size() * sizeof(float)), 0);
  const json described = json::parse(binary.body.substr(0, json_size));
  EXPECT_EQ(described["outputs"][0]["parameters"]["binary_data_size"], expected.size() * sizeof(float));
}

TEST_F(ServerTest, WhatIsWrongWithATensorIsSaid) {
  HttpClient client(Listen());
  json good = {{"inputs", json::array({Input(1)})}};
  good["inputs"][0]["data"] = Tensor(1);
  const auto refused = [&](const std::function<void(json&)>& change, const std::string& what) {
    json request = good;
    change(request);
    const Reply reply = client.Ask("POST", "/v2/models/tiny/infer", request.dump());
    EXPECT_EQ(reply.status, 400) << what;
    EXPECT_NE(json::parse(reply.body)["error"].get<std::string>().find(what), std::string::npos) << reply.body;
  };
  refused([](json& r) { r = 3; }, "no JSON object");
  refused([](json& r) { r.erase("inputs"); }, "inputs must be one tensor");
  refused([](json& r) { r["inputs"].push_back(r["inputs"][0]); }, "inputs must be one tensor");
  refused([](json& r) { r["inputs"][0] = 5; }, "must be an object");
  refused([](json& r) { r["inputs"][0]["name"] = "x"; }, "name must be 'input'");
  refused([](json& r) { r["inputs"][0]["datatype"] = "INT8"; }, "datatype must be FP32");
  refused([](json& r) { r["inputs"][0]["shape"][0] = -1; }, "shape must be");
  refused([](json& r) { r["inputs"][0]["shape"][0] = uint64_t{1} << 62; }, "shape must be");
  refused([](json& r) { r["inputs"][0]["shape"][2] = 7; }, "shape must be");
  refused([](json& r) { r["inputs"][0]["data"].push_back(1); }, "longer than its shape");
  refused([](json& r) { r["inputs"][0]["data"].erase(0); }, "its shape says");
  refused([](json& r) { r["inputs"][0]["data"][1] = "x"; }, "must be numbers");
  refused([](json& r) { r["inputs"][0]["data"][1] = 1e300; }, "not finite");
  refused([](json& r) { r["inputs"][0].erase("data"); }, "no data");
  refused([](json& r) { r["inputs"][0]["parameters"] = {{"binary_data_size", 4}}; }, "binary_data_size");
  refused([](json& r) { r["outputs"] = {{{"name", "probabilities"}}}; }, "output's name");
  refused([](json& r) { r["id"] = 5; }, "id must be");
  const Reply length =
      client.Ask("POST", "/v2/models/tiny/infer", good.dump(), "Inference-Header-Content-Length: 99999999\r\n");
  EXPECT_EQ(length.status, 400);
  EXPECT_EQ(client.Ask("POST", "/v2/models/tiny/infer", "{").status, 400);
  EXPECT_EQ(client.Ask("POST", "/v2/models/tiny/infer", good.dump()).status, 200) << "and the connection is as before";
}

TEST_F(ServerTest, MetadataAndHealth) {
  HttpClient client(Listen());
  EXPECT_EQ(client.Ask("GET", "/v2/health/live").status, 200);
  EXPECT_EQ(client.Ask("GET", "/v2/health/ready").status, 200);
  EXPECT_EQ(client.Ask("GET", "/v2/models/tiny/ready").status, 200);
  EXPECT_EQ(client.Ask("GET", "/v2/models/tiny/versions/2/ready").status, 404);
  const json model = json::parse(client.Ask("GET", "/v2/models/tiny").body);
  EXPECT_EQ(model["inputs"][0]["shape"], json({-1, 3, size().height, size().width}));
  EXPECT_EQ(model["outputs"][0]["shape"], json({-1, model_->output_size()}));
  EXPECT_EQ(json::parse(client.Ask("GET", "/v2").body)["name"], "frond");
  const Reply method = client.Ask("POST", "/v2/models/tiny", "{}");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.Header("allow"), "GET");
  EXPECT_EQ(client.Ask("GET", "/v1/classify").status, 405);
  EXPECT_EQ(client.Ask("GET", "/etc/passwd").status, 404);
  EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_, "Content-Encoding: gzip\r\n").status, 415);
  service_.ready = false;
  EXPECT_EQ(client.Ask("GET", "/v2/health/ready").status, 503);
  EXPECT_EQ(client.Ask("GET", "/v2/health/live").status, 200);
}

TEST_F(ServerTest, CardsSayWhatTheModelsAre) {
  HttpClient client(Listen());
  const Reply reply = client.Ask("GET", "/v1/models");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json models = json::parse(reply.body)["models"];
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0]["name"], "tiny");
  EXPECT_EQ(models[0]["version"], "1");
  EXPECT_EQ(models[0]["arch"], model_->spec().name);
  EXPECT_EQ(models[0]["input"], json({{"height", size().height}, {"width", size().width}, {"fit", "crop"}}));
  ASSERT_EQ(models[0]["tasks"].size(), 1U);
  EXPECT_EQ(models[0]["tasks"][0]["labels"], json(model_->labels()));
  EXPECT_EQ(models[0]["tasks"][0]["calibrated"], model_->temperature() != 1);
  EXPECT_EQ(client.Ask("POST", "/v1/models").status, 405);
}

TEST_F(ServerTest, ThePageIsThereForEveryoneAndCallsNobodyElse) {
  HttpClient client(Listen({.token = "secret", .open_paths = OpenPaths()}));
  ASSERT_NE(FindPageFile("/"), nullptr);
  for (const PageFile& file : kPageFiles) {
    const Reply reply = client.Ask("GET", std::string(file.path));
    EXPECT_EQ(reply.status, 200) << file.path;
    EXPECT_EQ(reply.body, file.content) << file.path;
    EXPECT_EQ(reply.Header("content-type"), file.content_type);
    EXPECT_TRUE(reply.Header("content-security-policy").starts_with("default-src 'none';")) << file.path;
    EXPECT_EQ(reply.Header("x-content-type-options"), "nosniff");
    const bool for_ever = file.path.starts_with("/assets/");
    EXPECT_EQ(reply.Header("cache-control"), for_ever ? "public, max-age=31536000, immutable" : "no-cache");
  }
  // What is in the page by others asks for it.
  const std::string licenses = client.Ask("GET", "/licenses.txt").body;
  EXPECT_NE(licenses.find("preact"), std::string::npos);
  EXPECT_NE(licenses.find("uplot"), std::string::npos);
  EXPECT_NE(licenses.find("Permission is hereby granted"), std::string::npos);
  EXPECT_EQ(client.Ask("GET", "/?from=a-message").status, 200);
  EXPECT_EQ(client.Ask("GET", "/v1/models?x=/").status, 401);
  EXPECT_EQ(HttpClient(server_->port()).Ask("POST", "/", "x").status, 401);
}

TEST_F(ServerTest, AnotherSitesPageIsRefused) {
  HttpClient client(Listen());
  for (const char* site : {"cross-site", "same-site"}) {
    EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_, StrCat("Sec-Fetch-Site: ", site, "\r\n")).status, 403);
  }
  for (const char* site : {"same-origin", "none"}) {
    EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_, StrCat("Sec-Fetch-Site: ", site, "\r\n")).status, 200);
  }
}

TEST_F(ServerTest, ModelsAreLoadedByCallsWhereThatIsAllowed) {
  HttpClient client(Listen());
  const std::string load = "/v2/repository/models/tiny/load";
  EXPECT_EQ(json::parse(client.Ask("POST", "/v2/repository/index").body),
            json::parse(R"([{"name": "tiny", "version": "1", "state": "READY"}])"));
  const auto before = models_.Find("tiny", "");
  EXPECT_EQ(client.Ask("POST", load).status, 403);
  EXPECT_EQ(models_.Find("tiny", ""), before);
  service_.model_control = true;
  EXPECT_EQ(client.Ask("GET", load).status, 405);
  EXPECT_EQ(client.Ask("POST", "/v2/repository/models/absent/load").status, 404);
  std::filesystem::rename(dir_.File("tiny.safetensors"), dir_.File("away"));
  const Reply failed = client.Ask("POST", load);
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body.find(dir_.path().string()), std::string::npos) << failed.body;
  EXPECT_EQ(models_.Find("tiny", ""), before);
  std::filesystem::rename(dir_.File("away"), dir_.File("tiny.safetensors"));
}

TEST_F(ServerTest, AModelLoadedByACallIsAnother) {
  HttpClient client(Listen());
  service_.model_control = true;
  const ServedModel* before = models_.Find("tiny", "").get();
  EXPECT_EQ(client.Ask("POST", "/v2/repository/models/tiny/load").status, 200);
  EXPECT_NE(models_.Find("tiny", "").get(), before);
  EXPECT_EQ(client.Ask("POST", "/v1/classify", photo_).status, 200);
}

TEST_F(ServerTest, WhatIsTooLargeOrAmbiguousIsRefusedBeforeItIsRead) {
  const int port = Listen({.max_body_bytes = 1000, .max_header_bytes = 2000});
  const auto answer = [&](const std::string& text) {
    HttpClient client(port);
    client.Send(text);
    const Reply reply = client.Receive();
    EXPECT_TRUE(client.IsClosed()) << text.substr(0, 100);
    return reply.status;
  };
  const std::string post = "POST /v1/classify HTTP/1.1\r\nHost: here\r\n";
  EXPECT_EQ(answer(post + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(answer(post + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n"), 413);
  EXPECT_EQ(answer(post + "Transfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(0x400, 'x') + "\r\n"), 413);
  EXPECT_EQ(answer(post + "X: " + std::string(3000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(answer(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(answer(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), 400);
  EXPECT_EQ(answer(post + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(answer(post + "Transfer-Encoding: gzip\r\n\r\nGET /v2 HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(answer(post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(answer(post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(300'000, 'x')), 400);
  EXPECT_EQ(answer("GET /v2 HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(answer(post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(answer(post + "Bad Header: x\r\n\r\n"), 400);
  EXPECT_EQ(answer("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(answer(std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)), 400);
}

TEST_F(ServerTest, ContinueIsSaidToWhoWaitsForIt) {
  HttpClient client(Listen());
  client.Send(StrCat("POST /v1/classify HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: ",
                     photo_.size(), "\r\n\r\n"));
  EXPECT_EQ(client.Receive().status, 100);
  client.Send(photo_);
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(ServerTest, SlowAndSurplusClientsDoNotLast) {
  const int port = Listen({.max_connections = 2, .read_timeout = std::chrono::seconds(1)});
  HttpClient slow(port);
  slow.Send("POST /v1/classify HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nabc");
  HttpClient idle(port);
  EXPECT_EQ(idle.Ask("GET", "/v2/health/live").status, 200);
  HttpClient surplus(port);
  EXPECT_EQ(surplus.Receive().status, 503);
  EXPECT_TRUE(surplus.IsClosed());
  EXPECT_TRUE(slow.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
  while (server_->connections() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  HttpClient next(port);
  EXPECT_EQ(next.Ask("GET", "/v2/health/live").status, 200);
}

TEST_F(ServerTest, APhotoMayComeSlowlyButNotForEver) {
  const int port = Listen({.read_timeout = std::chrono::seconds(1), .slowest_bytes_per_s = photo_.size() / 2});
  // Sends the photo in `pieces`, one each `pause`; the status, 0 where the connection was closed without an answer.
  const auto send = [&](size_t pieces, std::chrono::milliseconds pause) {
    HttpClient client(port);
    client.Send(StrCat("POST /v1/classify HTTP/1.1\r\nHost: here\r\nContent-Length: ", photo_.size(), "\r\n\r\n"));
    for (size_t i = 0; i < pieces; ++i) {
      std::this_thread::sleep_for(pause);
      const size_t begin = i * photo_.size() / pieces;
      client.Send(photo_.substr(begin, (i + 1) * photo_.size() / pieces - begin));
    }
    return client.Receive().status;
  };
  EXPECT_EQ(send(4, std::chrono::milliseconds(500)), 200) << "2 s in all, twice the time-out";
  EXPECT_EQ(send(2, std::chrono::milliseconds(1500)), 0) << "nothing for longer than the time-out";
  EXPECT_EQ(send(10, std::chrono::milliseconds(500)), 0) << "more slowly than any network";
}

TEST_F(ServerTest, AnswersOnlyToItsNames) {
  const int port = Listen({.hosts = {"localhost", "127.0.0.1", "[::1]"}});
  const auto status = [&](const std::string& host) {
    HttpClient client(port);
    client.Send(StrCat("GET /v2 HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
    return client.Receive().status;
  };
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:8080"})
    EXPECT_EQ(status(host), 200) << host;
  for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
                           "[::2]:1", ":", "x:"}) {
    EXPECT_EQ(status(host), 421) << host;
  }
}

TEST_F(ServerTest, WithoutTheTokenNothingButHealthIsTold) {
  HttpClient client(Listen({.token = "secret", .open_paths = OpenPaths()}));
  EXPECT_EQ(client.Ask("GET", "/v2/health/ready").status, 200);
  EXPECT_EQ(client.Ask("GET", "/v2", {}, "Authorization: Bearer secret\r\n").status, 200);
  {
    HttpClient uploads(server_->port());
    uploads.Send("POST /v2/health/live HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(uploads.Receive().status, 401) << "before the body";
  }
  for (const char* wrong :
       {"", "Authorization: Bearer \r\n", "Authorization: Bearer secre\r\n", "Authorization: Bearer secrets\r\n",
        "Authorization: Basic secret\r\n", "Authorization: secret\r\n"}) {
    for (const char* path : {"/v2", "/v1/classify", "//v2/health/live", "/v2/health/live/../../v2",
                             "/v2?/v2/health/live", "/v2/models/tiny", "/%76%32"}) {
      HttpClient stranger(server_->port());
      const Reply reply = stranger.Ask("GET", path, {}, wrong);
      EXPECT_EQ(reply.status, 401) << wrong << path;
      EXPECT_EQ(reply.Header("www-authenticate"), "Bearer");
    }
  }
}

TEST_F(ServerTest, RequestsOfAConnectionAreAnsweredInTheirOrder) {
  HttpClient client(Listen());
  const std::string classify =
      StrCat("POST /v1/classify HTTP/1.1\r\nHost: here\r\nContent-Length: ", photo_.size(), "\r\n\r\n", photo_);
  client.Send(classify + "GET /v2/health/live HTTP/1.1\r\nHost: here\r\n\r\n" + classify +
              "GET /v2 HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.Receive().body.find("results"), std::string::npos);
  EXPECT_NE(client.Receive().body.find("live"), std::string::npos);
  EXPECT_NE(client.Receive().body.find("results"), std::string::npos);
  EXPECT_NE(client.Receive().body.find("frond"), std::string::npos);
  EXPECT_TRUE(client.IsClosed());
}

// Readiness that is stale, when two threads serve a connection by turns, once made one of them wait for ever.
TEST_F(ServerTest, ManyRequestsOfManyConnectionsAreAllAnswered) {
  const int port = Listen();
  const std::string classify =
      StrCat("POST /v1/classify HTTP/1.1\r\nHost: here\r\nContent-Length: ", photo_.size(), "\r\n\r\n", photo_);
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      HttpClient client(port);
      for (int request = 0; request < 500; ++request) {
        if (client.Ask("POST", "/v1/classify", photo_).status != 200) return;
        ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 4 * 500);
}

TEST(Leaving, IsToldToWhoMakesTheAnswer) {
  std::promise<std::pair<Request, Respond>> asked;
  ServerOptions options;
  options.port = 0;
  const auto server = Server::Listen(
      options, [&](Request request, const Respond& respond) { asked.set_value({std::move(request), respond}); });
  ASSERT_TRUE(server.ok());
  HttpClient client((*server)->port());
  client.Send("GET /here HTTP/1.1\r\nHost: here\r\n\r\n");
  const auto [request, respond] = asked.get_future().get();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(*request.cancelled);
  client.Close();
  while (!*request.cancelled) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  respond({});
  while ((*server)->connections() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(ServerTest, DrainingAnswersWhatIsUnderWayAndClosesTheRest) {
  const int port = Listen();
  HttpClient idle(port);
  EXPECT_EQ(idle.Ask("GET", "/v2/health/live").status, 200);
  HttpClient busy(port);
  busy.Send(StrCat("POST /v1/classify HTTP/1.1\r\nHost: here\r\nContent-Length: ", photo_.size(), "\r\n\r\n",
                   photo_.substr(0, 10)));
  while (server_->connections() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server_->Drain();
  EXPECT_TRUE(idle.IsClosed());
  busy.Send(photo_.substr(10));
  const Reply reply = busy.Receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("connection"), "close");
  EXPECT_TRUE(busy.IsClosed());
  EXPECT_FALSE(HttpClient(port).connected());
}

TEST(Listening, WhatCannotBeIsSaid) {
  const Handler none = [](const Request&, const Respond& respond) { respond({}); };
  EXPECT_EQ(Server::Listen({.address = "here"}, none).error().code, ErrorCode::kInvalidArgument);
  const auto first = Server::Listen({.port = 0}, none);
  ASSERT_TRUE(first.ok());
  const auto second = Server::Listen({.port = (*first)->port()}, none);
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace frond::serve

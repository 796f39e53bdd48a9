#ifndef FROND_TESTS_SERVE_SERVICE_FIXTURE_H_
#define FROND_TESTS_SERVE_SERVICE_FIXTURE_H_

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "src/serve/http/routes.h"
#include "src/serve/http/server.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace frond::serve {

// A service of the tiny model, "tiny" of version "1", and a photo to give it.
class ServiceFixture : public testing::Test {
 protected:
  ServiceFixture() : models_({.threads = 2}) {
    WriteTinyModel(dir_.File("tiny.safetensors"));
    EXPECT_TRUE(models_.Load({"tiny", "1", dir_.File("tiny.safetensors")}).ok());
    service_.models = &models_;
    service_.ready = true;
    WritePattern(dir_.File("photo.png"), 3, 60, 40);
    std::ostringstream text;
    text << std::ifstream(dir_.File("photo.png"), std::ios::binary).rdbuf();
    photo_ = text.str();
  }
  ~ServiceFixture() override {
    if (server_) server_->Stop();
    if (monitoring_) monitoring_->Stop();
  }

  // At any free port, which is returned.
  int Listen(ServerOptions options = {}) {
    options.port = 0;
    Result<std::unique_ptr<Server>> server = Server::Listen(
        options, [this](Request request, const Respond& respond) { Route(service_, std::move(request), respond); });
    EXPECT_TRUE(server.ok());
    server_ = std::move(*server);
    return server_->port();
  }

  TempDir dir_;
  std::string photo_;
  std::unique_ptr<Server> server_;  // outlive the models, whose last answers go to them
  std::unique_ptr<Monitoring> monitoring_;
  Repository models_;
  Service service_;
};

}  // namespace frond::serve

#endif  // FROND_TESTS_SERVE_SERVICE_FIXTURE_H_

// frond.tasks and frond.calibration of a model file, sound and hostile.

#include "src/weights/tasks.h"

#include <gtest/gtest.h>

#include "src/weights/import.h"
#include "src/weights/model_file.h"
#include "tests/support/temp_dir.h"
#include "tests/weights/weights_of.h"

namespace frond {
namespace {

Spec FiveClasses() { return OneBlockSpec(5); }

const std::vector<Task> kTasks = {{"crop", 0, 2}, {"kränk", 2, 3}};

class TasksTest : public testing::Test {
 protected:
  std::map<std::string, std::string> metadata = {{"frond.format", "1"}, {"frond.spec", SpecToJson(FiveClasses())}};
  WeightsOf weights{FiveClasses()};
  TempDir dir;
  std::string path = dir.File("model.safetensors");

  Status Write(const ModelInfo& info) {
    std::vector<TensorToWrite> tensors;
    for (const auto& tensor : weights.tensors) tensors.push_back({tensor.name, tensor.shape, tensor.values});
    return WriteModelFile(path, FiveClasses(), info, tensors);
  }
  Result<ModelFile> ReadRaw() {
    weights.Write(path, metadata);
    return ReadModelFile(path);
  }
  void ExpectRefused(const std::string& says) {
    const Result<ModelFile> model = ReadRaw();
    ASSERT_FALSE(model.ok()) << "was read: " << metadata["frond.tasks"] << metadata["frond.calibration"];
    EXPECT_EQ(ErrorCodeName(model.error().code), "bad_format") << model.error().ToString();
    EXPECT_NE(model.error().ToString().find(says), std::string::npos) << model.error().ToString();
  }
};

TEST_F(TasksTest, AreReadAsTheyWereWritten) {
  ASSERT_TRUE(Write({.temperatures = {1, 0.1 + 0.2}, .tasks = kTasks}).ok());
  const Result<ModelFile> model = ReadModelFile(path);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->info.tasks, kTasks);
  EXPECT_EQ(model->info.temperatures, (std::vector<double>{1, 0.1 + 0.2}));
  ASSERT_TRUE(Write({.tasks = kTasks}).ok());
  EXPECT_EQ(ReadModelFile(path)->info.temperatures, (std::vector<double>{1, 1}));
}

TEST_F(TasksTest, OneWithoutANameLeavesNothingInTheFile) {
  ASSERT_TRUE(Write({.temperatures = {2}, .tasks = UnnamedTask(5)}).ok());
  const Result<ModelFile> model = ReadModelFile(path);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->info.tasks, (std::vector<Task>{{"", 0, 5}}));
  EXPECT_FALSE(model->tensors.metadata.contains("frond.tasks"));
  EXPECT_EQ(model->tensors.metadata.at("frond.calibration"), R"({"temperature":2.0})");
  EXPECT_TRUE(UnnamedTask(0).empty());
}

TEST_F(TasksTest, OneWithANameKeepsIt) {
  ASSERT_TRUE(Write({.tasks = {{"crop", 0, 5}}}).ok());
  EXPECT_EQ(ReadModelFile(path)->info.tasks, (std::vector<Task>{{"crop", 0, 5}}));
}

TEST_F(TasksTest, SurviveAnImportOfOurOwnFile) {
  ASSERT_TRUE(Write({.tasks = kTasks}).ok());
  ASSERT_TRUE(ImportModel({path, "", "", dir.File("again.safetensors")}).ok());
  EXPECT_EQ(ReadModelFile(dir.File("again.safetensors"))->info.tasks, kTasks);
}

TEST_F(TasksTest, WhatDoesNotFitIsNotWritten) {
  const std::vector<std::vector<Task>> bad = {{{"a", 0, 2}, {"a", 2, 3}},
                                              {{"", 0, 2}, {"b", 2, 3}},
                                              {{"a", 0, 2}, {"b", 3, 2}},
                                              {{"a", 0, 2}, {"b", 2, 2}},
                                              {{"a", 0, 5}, {"b", 5, 0}},
                                              {{"a\n", 0, 5}},
                                              {{"a", 0, 6}},
                                              {{"", 0, 4}}};
  for (const std::vector<Task>& tasks : bad) {
    const Status status = Write({.tasks = tasks});
    ASSERT_FALSE(status.ok()) << TasksToJson(tasks);
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument) << status.error().ToString();
  }
  for (const std::vector<double>& temperatures : std::vector<std::vector<double>>{{1}, {1, 0}, {1, 2, 3}}) {
    EXPECT_FALSE(Write({.temperatures = temperatures, .tasks = kTasks}).ok());
  }
}

TEST_F(TasksTest, HostileTasksAreRefused) {
  metadata["frond.tasks"] = R"([{"name":"a","classes":2},{"name":"b","classes":3}])";
  ASSERT_TRUE(ReadRaw().ok()) << "the sound form is not read";
  const std::vector<std::pair<std::string, std::string>> hostile = {
      {"", "tasks are"},
      {"{}", "tasks are"},
      {"[]", "tasks are"},
      {"[1]", "task 0"},
      {"[[]]", "task 0"},
      {R"([{"name":"a"}])", "task 0"},
      {R"([{"name":1,"classes":5}])", "task 0"},
      {R"([{"name":"a","classes":"5"}])", "task 0"},
      {R"([{"name":"a","classes":5.0}])", "task 0"},
      {R"([{"name":"a","classes":5,"more":1}])", "task 0"},
      {R"([{"name":"a","classes":-5},{"name":"b","classes":10}])", "more classes"},
      {R"([{"name":"a","classes":4294967301}])", "more classes"},
      {R"([{"name":"a","classes":18446744073709551615}])", "more classes"},
      {R"([{"name":"a","classes":5},{"name":"b","classes":5}])", "classes"},
      {R"([{"name":"a","classes":4}])", "tasks of 4 classes"},
      {R"([{"name":"a","classes":5},{"name":"b","classes":0}])", "0 classes"},
      {R"([{"name":"","classes":5}])", "no name"},
      {R"([{"name":"a\u0000b","classes":5}])", "no name"},
      {R"([{"name":"\u001b[31m","classes":5}])", "no name"},
      {R"([{"name":"a","classes":2},{"name":"a","classes":3}])", "two tasks"},
      {R"([{"name":")" + std::string(257, 'x') + R"(","classes":5}])", "no name"},
      {std::string(100'000, '['), "tasks are"},
      {std::string(2'000'000, ' ') + R"([{"name":"a","classes":5}])", "tasks are"},
      {R"([{"name":"a","classes":5}])" + std::string(1, '\0'), "tasks are"},
  };
  for (const auto& [json, says] : hostile) {
    metadata["frond.tasks"] = json;
    ExpectRefused(says);
    ExpectRefused("frond.tasks");
  }
}

TEST_F(TasksTest, CalibrationIsOfEachTask) {
  metadata["frond.tasks"] = R"([{"name":"a","classes":2},{"name":"b","classes":3}])";
  metadata["frond.calibration"] = R"({"temperatures":[0.5,2]})";
  ASSERT_TRUE(ReadRaw().ok());
  EXPECT_EQ(ReadRaw()->info.temperatures, (std::vector<double>{0.5, 2}));
  for (const char* json : {"", "[]", "{}", R"({"temperature":1})", R"({"temperatures":1})", R"({"temperatures":[1]})",
                           R"({"temperatures":[1,0]})", R"({"temperatures":[1,"2"]})", R"({"temperatures":[1,1e400]})",
                           R"({"temperatures":[1,2,3]})"}) {
    metadata["frond.calibration"] = json;
    ExpectRefused("frond.calibration");
  }
  metadata.erase("frond.tasks");
  metadata["frond.calibration"] = R"({"temperatures":[1]})";
  ExpectRefused("frond.calibration");
}

}  // namespace
}  // namespace frond

#ifndef FROND_TESTS_TRAIN_TRAIN_PROGRAM_H_
#define FROND_TESTS_TRAIN_TRAIN_PROGRAM_H_

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/format.h"
#include "src/data/random.h"
#include "tests/cli/program.h"
#include "tests/data/photo_files.h"

namespace frond {

// `frond-train` on photos of three plain colours with some noise, which anything learns.
class TrainProgram : public Program {
 protected:
  void SetUp() override {
    const std::vector<std::pair<std::string, Colour>> classes = {
        {"blue", {40, 60, 200}}, {"green", {50, 190, 60}}, {"red", {200, 50, 40}}};
    int seed = 0;
    for (const auto& [name, colour] : classes) {
      for (int i = 0; i < kPhotos; ++i) WritePhoto(StrCat("data/", name, "/", i, ".png"), colour, seed++);
    }
    WriteText(dir.File("spec.json"), R"({"name": "tiny", "stem_channels": 8, "head_channels": 32, "num_classes": 3,
        "activation": "swish", "stages": [{"kind": "mbconv", "channels": 8, "se_ratio": 0.25},
        {"kind": "mbconv", "kernel": 5, "stride": 2, "expand_ratio": 4, "channels": 16, "layers": 2, "se_ratio": 0.25}]})");
  }
  void WritePhoto(const std::string& name, Colour colour, int seed) {
    WritePng(dir.File(name), 40, 40, [&](int x, int y) {
      Random random({static_cast<uint64_t>(seed), static_cast<uint64_t>(x), static_cast<uint64_t>(y)});
      Colour pixel = colour;
      for (uint8_t& part : pixel)
        part = static_cast<uint8_t>(std::clamp(part + static_cast<int>(random.Below(61)) - 30, 0, 255));
      return pixel;
    });
  }
  std::string Command(const std::string& out, const std::string& more = "") const {
    return StrCat(dir.File("data"), " --arch ", dir.File("spec.json"),
                  " --size 32 --freeze none --epochs 6 --batch 8 --lr 0.01", " --threads 1 --out ", dir.File(out), " ",
                  more);
  }
  Outcome Train(const std::string& out, const std::string& more = "") const { return Run(Command(out, more)); }
  std::string Bytes(const std::string& name) const { return Text(name); }
  // A model file's tensor, times `factor`.
  void Scale(const std::string& file, const std::string& tensor, float factor) const {
    std::string bytes = Text(file);
    uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    const nlohmann::json offsets = nlohmann::json::parse(bytes.substr(8, header))[tensor]["data_offsets"];
    for (size_t at = 8 + header + offsets[0].get<size_t>(); at < 8 + header + offsets[1].get<size_t>(); at += 4) {
      float value = 0;
      std::memcpy(&value, &bytes[at], 4);
      value *= factor;
      std::memcpy(&bytes[at], &value, 4);
    }
    WriteText(dir.File(file), bytes);
  }
  // Starts it, ends it after so many milliseconds; whether it was still running.
  bool RunAndKill(const std::string& command, int milliseconds) const {
    const pid_t child = fork();
    if (child == 0) {
      const std::string line =
          StrCat("exec ", FROND_PROGRAM, " ", command, " >", dir.File("out"), " 2>", dir.File("err"));
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
  }
  static constexpr int kPhotos = 14;
};

}  // namespace frond

#endif  // FROND_TESTS_TRAIN_TRAIN_PROGRAM_H_

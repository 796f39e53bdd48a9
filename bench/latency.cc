// latency MODEL [THREADS [RUNS [BATCH]]]: milliseconds of one batch at the model's own size,
// minimum and median over runs after a warm-up.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "frond/model.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: latency MODEL [THREADS [RUNS [BATCH]]]\n", stderr);
    return 2;
  }
  const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  const int runs = argc > 3 ? std::max(1, std::atoi(argv[3])) : 50;
  const int batch = argc > 4 ? std::max(1, std::atoi(argv[4])) : 1;
  const frond::Result<frond::Model> model = frond::Model::Load(argv[1]);
  if (!model.ok()) {
    std::fprintf(stderr, "latency: %s\n", model.error().ToString().c_str());
    return 1;
  }
  frond::Result<frond::Session> session = frond::Session::Create(*model, {threads});
  if (!session.ok()) {
    std::fprintf(stderr, "latency: %s\n", session.error().ToString().c_str());
    return 1;
  }
  const frond::Preprocessing& size = model->spec().preprocessing;
  std::vector<float> input(size_t{3} * batch * size.height * size.width);
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i * 2654435761U % 4001) / 1000.0f - 2.0f;
  std::vector<float> out(static_cast<size_t>(batch) * model->output_size());
  std::vector<double> times_ms;
  for (int run = -5; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const frond::Status status = session->Run({input, batch, size.height, size.width}, out);
    if (!status.ok()) {
      std::fprintf(stderr, "latency: %s\n", status.error().ToString().c_str());
      return 1;
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (run >= 0) times_ms.push_back(time.count());
  }
  std::sort(times_ms.begin(), times_ms.end());
  std::printf("%-28s %d threads, batch %d: min %.2f ms, median %.2f ms\n", model->spec().name.c_str(), threads, batch,
              times_ms.front(), times_ms[times_ms.size() / 2]);
  return 0;
}

#ifndef FROND_CLI_BENCH_PROTOCOL_H_
#define FROND_CLI_BENCH_PROTOCOL_H_

#include "frond/model.h"

namespace frond::cli {

// Speaks with a benchmark harness that compares runtimes: prints "ready"; then, for each line on standard input,
//   run K              runs K batches and prints the seconds they took
//   io IN.npy OUT.npy  reads N x 3 x H x W float32 images, keeps them for later runs, writes their logits, prints 0
// until the input ends. A line it cannot follow is answered with "error: ..." and ends the program with status 1.
int ServeBenchProtocol(const Model& model, Session& session, int batch);

}  // namespace frond::cli

#endif  // FROND_CLI_BENCH_PROTOCOL_H_

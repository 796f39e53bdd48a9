// frond train: hands over to frond-train, a program of its own, since libtorch is large.

#include <cstdlib>

#include "cli/hand_over.h"

namespace frond::cli {
namespace {

// OpenMP's threads spin while they wait for each other, GNU's for about a millisecond: beside another busy program one
// spins on a core that the other could run on. A few microseconds are enough where nothing else runs.
void SpinBriefly() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
}

}  // namespace

void AddTrain(CLI::App& app, Action& run) {
  AddCompanion(app, run,
               {"train", "Fine-tune on your own photos (`frond train --help` lists all options)", "frond-train",
                "FROND_TRAIN_PROGRAM", "training needs the program frond-train, which is not there",
                "install libtorch-dev (Debian) or set CMAKE_PREFIX_PATH to another libtorch, and build again: "
                "scripts/build release",
                SpinBriefly});
}

}  // namespace frond::cli

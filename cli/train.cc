// frond train: hands over to frond-train, a program of its own, since libtorch is large.

#include "cli/hand_over.h"

namespace frond::cli {

void AddTrain(CLI::App& app, Action& run) {
  AddCompanion(app, run,
               {"train", "Fine-tune on your own photos (`frond train --help` lists all options)", "frond-train",
                "FROND_TRAIN_PROGRAM", "training needs the program frond-train, which is not there",
                "install libtorch-dev (Debian) or set CMAKE_PREFIX_PATH to another libtorch, and build again: "
                "scripts/build release"});
}

}  // namespace frond::cli

// frond serve: hands over to frond-serve, a program of its own, since a server is more than a tablet needs.

#include "cli/hand_over.h"

namespace frond::cli {

void AddServe(CLI::App& app, Action& run) {
  AddCompanion(app, run,
               {"serve", "Serve models over HTTP (`frond serve --help` lists all options)", "frond-serve",
                "FROND_SERVE_PROGRAM", "serving needs the program frond-serve, which is not there",
                "install libboost1.81-dev and libssl-dev (Debian) and build again: scripts/build release", nullptr});
}

}  // namespace frond::cli

#ifndef FROND_SRC_WEIGHTS_IDENTIFY_H_
#define FROND_SRC_WEIGHTS_IDENTIFY_H_

#include <string>
#include <vector>

#include "frond/result.h"
#include "frond/spec.h"
#include "frond/task.h"
#include "src/weights/match.h"

namespace frond {

// What a file of weights turned out to be.
struct Identification {
  Spec spec;                          // num_classes as the weights have it
  std::string library;                // LibraryName, or "frond" for our own files
  std::vector<SourceTensor> tensors;  // canonical order; views into the TensorFile
  std::vector<std::string> labels;    // from the file or the config.json beside it; may be empty
  std::vector<Task> tasks;            // of our own files that name them; else empty
  std::vector<std::string> warnings;
};

// Which library's names, which family's shapes, which dialect. `path` is the
// file's own: timm's config.json is looked for beside it. `arch`, where not
// empty, sets the spec: a name that FindSpec knows or the path of a spec's JSON.
//
// The weights do not tell dialects apart. Unless arch, frond's own metadata or a
// config.json decide: efficientnet_pytorch and Keras mean tf_, torchvision means
// torchvision_, timm means the plain one, with a warning that names the other;
// Keras' own normalisation layer sets mean and deviation.
// Errors: kMismatch with up to five differences where no network fits.
Result<Identification> Identify(const TensorFile& file, const std::string& path, const std::string& arch);

// A spec by name, or by the path of a JSON file of at most 1 MiB.
Result<Spec> SpecFromNameOrFile(const std::string& name_or_path);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_IDENTIFY_H_

#ifndef FROND_SRC_WEIGHTS_MATCH_H_
#define FROND_SRC_WEIGHTS_MATCH_H_

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/weights/name_map.h"
#include "src/weights/tensor_file.h"

namespace frond {

// A file's tensors by name, after what training wrappers put in front of every
// name ("module.", "_orig_mod.", "model.", ...) is taken off and what carries no
// weights (batch counters, profilers' totals, Keras' preprocessing) is left out.
// Views into the file, which must outlive it.
class NameTable {
 public:
  explicit NameTable(const TensorFile& file);

  const StoredTensor* Find(const std::string& name) const;  // nullptr if absent
  const std::vector<std::pair<std::string, const StoredTensor*>>& entries() const {
    return entries_;
  }  // in the file's order

 private:
  std::vector<std::pair<std::string, const StoredTensor*>> entries_;
  std::unordered_map<std::string_view, const StoredTensor*> by_name_;
};

// The library that uses such names, from a few that no other has.
std::optional<Library> TellLibrary(const NameTable& table);

// The last linear layer: the library's own name for it or one that people give it when they replace it.
struct Classifier {
  std::string layer;
  int64_t num_classes = 0;  // 0 where the file has none
};
Classifier FindClassifier(const NameTable& table, Library library);

struct SourceTensor {
  NamedTensor wanted;
  const StoredTensor* stored = nullptr;
};

constexpr size_t kShownDifferences = 5;

// How well a file fits a network.
struct Match {
  std::vector<SourceTensor> tensors;     // in canonical order; complete where there are no differences
  std::vector<std::string> differences;  // the first kShownDifferences, one line each: missing, misshapen, then spare
  size_t difference_count = 0;
  size_t common = 0;  // tensors whose names and shapes agree
};

// `name` is the network's, for the lines. The network's number of classes must be the classifier's.
Match MatchNetwork(const NameTable& table, Library library, const Classifier& classifier, const Network& network,
                   std::string_view name);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_MATCH_H_

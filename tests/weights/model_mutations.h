#ifndef FROND_TESTS_WEIGHTS_MODEL_MUTATIONS_H_
#define FROND_TESTS_WEIGHTS_MODEL_MUTATIONS_H_

#include <functional>
#include <string>
#include <vector>

#include "frond/spec.h"

namespace frond::testing {

// A network of a few hundred weights with every kind of layer.
Spec TinySpec();

// A sound model file of TinySpec, in bytes.
std::string TinyModel();

// The same weights under another spec, whatever it says.
std::string TinyModelWithSpec(const std::string& spec_json);

// Calls `use` with damaged forms of TinyModel, the same on every run: cut short,
// bits flipped (half of them in the header), integers replaced. Some thousands;
// only every `step`-th of the cuts and replacements.
void ForEachDamagedModel(size_t step, const std::function<void(const std::string& file, const std::string& what)>& use);

// What a model file may claim to be.
struct HostileSpec {
  std::string json;
  std::string says;  // substring of the refusal; empty: either answer will do
};
std::vector<HostileSpec> HostileSpecs();

void WriteBytes(const std::string& path, const std::string& bytes);

}  // namespace frond::testing

#endif  // FROND_TESTS_WEIGHTS_MODEL_MUTATIONS_H_

#ifndef FROND_SRC_WEIGHTS_REFERENCE_H_
#define FROND_SRC_WEIGHTS_REFERENCE_H_

#include <string>
#include <vector>

#include "frond/reference.h"
#include "frond/result.h"
#include "src/weights/model_file.h"

namespace frond {

// A reference as the tensors `frond.reference.*`, and the metadata `frond.reference` about them (docs/model-file.md).
// Views are of `reference`, which must outlive them.
std::vector<TensorToWrite> ReferenceTensors(const TrainingReference& reference);
std::string ReferenceToJson(const TrainingReference& reference);

// The one of a checked model file; one without photos where it has none, or only embeddings, as earlier versions wrote.
// Errors: kBadFormat naming a tensor that is missing, of another shape than the spec and the others make it, or not
// finite.
Result<TrainingReference> ReadReference(const ModelFile& model);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_REFERENCE_H_

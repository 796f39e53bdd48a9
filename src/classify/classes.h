#ifndef FROND_SRC_CLASSIFY_CLASSES_H_
#define FROND_SRC_CLASSIFY_CLASSES_H_

#include "frond/model.h"
#include "frond/result.h"

namespace frond {

// Whether a model can name classes: kUnsupported for a feature extractor, with what to do instead.
Status RequireClasses(const Spec& spec);

}  // namespace frond

#endif  // FROND_SRC_CLASSIFY_CLASSES_H_

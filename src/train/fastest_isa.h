#ifndef FROND_SRC_TRAIN_FASTEST_ISA_H_
#define FROND_SRC_TRAIN_FASTEST_ISA_H_

#include "src/base/isa.h"

namespace frond {

// That of the trainer's own kernels: ChooseIsa's, scalar where FROND_ISA names none that this CPU has.
inline Isa FastestIsa() {
  static const Isa isa = [] {
    const Result<Isa> chosen = ChooseIsa();
    return chosen.ok() ? *chosen : Isa::kScalar;
  }();
  return isa;
}

}  // namespace frond

#endif  // FROND_SRC_TRAIN_FASTEST_ISA_H_

#include <cstdlib>

#include "src/base/format.h"
#include "src/kernels/kernels.h"
#include "src/kernels/simd.h"

namespace frond {

std::vector<const Kernels*> AvailableKernels() {
  std::vector<const Kernels*> tables = {&ScalarKernels()};
  for (const Kernels* table : SimdKernels()) tables.push_back(table);
  return tables;
}

Result<const Kernels*> ChooseKernels() {
  const std::vector<const Kernels*> tables = AvailableKernels();
  const char* wanted = std::getenv("FROND_ISA");
  if (wanted == nullptr || *wanted == '\0') return tables.back();
  std::string names;
  for (const Kernels* table : tables) {
    if (table->name == wanted) return table;
    names += StrCat(names.empty() ? "" : ", ", table->name);
  }
  return Error{ErrorCode::kInvalidArgument, StrCat("FROND_ISA is ", Quote(wanted), ", which this CPU does not run"),
               StrCat("set it to one of ", names, ", or unset it")};
}

}  // namespace frond

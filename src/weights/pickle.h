#ifndef FROND_SRC_WEIGHTS_PICKLE_H_
#define FROND_SRC_WEIGHTS_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "src/weights/pickle_globals.h"

namespace frond {

// What a pickle described, as data: nothing is imported, called or constructed.
enum class PickleKind : uint8_t {
  kNone,
  kBool,     // integer
  kInt,      // integer
  kFloat,    // real
  kText,     // text
  kTuple,    // children
  kList,     // children
  kDict,     // children: key, value, key, value, ...
  kGlobal,   // global, and its name in text
  kStorage,  // children: the persistent id's tuple without its first 'storage'
  kTensor,   // children: the arguments of the rebuild function in `global`
  kOpaque,   // understood and ignored: bytes, big integers, numpy scalars, Namespaces
};

// Lives in Pickle::values and points to others by index: a cycle is harmless,
// and freeing a deep structure is freeing one array.
struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  PickleGlobal global = PickleGlobal::kNone;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;  // into the pickle's bytes, as they stand there
  std::vector<uint32_t> children;
};

struct Pickle {
  std::vector<PickleValue> values;
  uint32_t root = 0;
  size_t bytes = 0;  // read, the STOP included; torch's legacy files hold several in a row

  const PickleValue& Root() const { return values[root]; }
  const PickleValue& Child(const PickleValue& parent, size_t i) const { return values[parent.children[i]]; }
};

// Runs the pickle at the front of `bytes` on a machine that knows a closed list of
// opcodes (protocols 2 to 5, what torch.save writes) and of globals. `bytes` must
// outlive the result. Bounded: 2^20 values, 2^23 opcodes and moved elements,
// 1,000 open marks. Errors: kBadFormat, kUnsupported (a foreign global, by name),
// kLimit.
Result<Pickle> ReadPickle(std::span<const std::byte> bytes);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_PICKLE_H_

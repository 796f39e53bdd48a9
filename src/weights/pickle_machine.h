#ifndef FROND_SRC_WEIGHTS_PICKLE_MACHINE_H_
#define FROND_SRC_WEIGHTS_PICKLE_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"
#include "src/weights/pickle.h"

namespace frond {

// The pickle machine's stack, marks, memo and values, with every bound in one
// place. Opcodes are decoded in pickle.cc; what REDUCE and BUILD mean for a
// global is in pickle_apply.cc.
class PickleMachine {
 public:
  static constexpr size_t kMaxValues = size_t{1} << 20;
  static constexpr size_t kMaxWork = size_t{1} << 23;
  static constexpr size_t kMaxMarks = 1000;

  // One opcode, or the move of `count` elements.
  Status Charge(size_t count);

  Status Push(PickleValue value);                       // a new value
  Status PushContainer(PickleKind kind, size_t count);  // a tuple of the top `count`
  Status PushExisting(uint32_t index);
  Status Pop(uint32_t& index);
  Status PopText(std::string_view& text);

  Status Mark();
  // Takes all values above the topmost mark off the stack, and the mark.
  Status PopToMark(std::vector<uint32_t>& items);

  Status Memoize();              // under the next free number
  Status MemoPut(uint32_t key);  // the top of the stack stays
  Status MemoGet(uint32_t key);

  // APPEND(S), SETITEM(S), ADDITEMS: into the value on top of the stack.
  Status AddTo(PickleKind kind, const std::vector<uint32_t>& items);

  Status PushGlobal(std::string_view module, std::string_view name);
  Status Reduce();        // callable, arguments tuple -> value
  Status NewObject();     // class, arguments tuple -> value
  Status Build();         // value, state -> value
  Status PersistentId();  // tuple -> storage

  // STOP: the one value left. Moves the values out.
  Status Finish(Pickle& pickle);

 private:
  PickleValue& Value(uint32_t index) { return values_[index]; }
  Status Apply(uint32_t callable, uint32_t arguments);
  Status ApplyRebuild(PickleGlobal global, std::vector<uint32_t> arguments);
  Status ApplyDict(const std::vector<uint32_t>& arguments);

  std::vector<PickleValue> values_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::vector<uint32_t> memo_;  // kUnset where nothing was put
  size_t work_ = 0;
};

// A kBadFormat error about the pickle.
Error BadPickle(const std::string& message);

}  // namespace frond

#endif  // FROND_SRC_WEIGHTS_PICKLE_MACHINE_H_

#include "src/weights/pickle_machine.h"

#include <limits>
#include <utility>

#include "src/base/format.h"

namespace frond {
namespace {

constexpr uint32_t kUnset = std::numeric_limits<uint32_t>::max();

Error TooLarge(const char* what) {
  return Error{ErrorCode::kLimit, StrCat("pickle has too many ", what),
               "save only the state_dict: torch.save(model.state_dict(), path)"};
}

}  // namespace

Error BadPickle(const std::string& message) {
  return Error{ErrorCode::kBadFormat, "pickle: " + message,
               "the file is truncated or damaged: copy or download it again"};
}

Status PickleMachine::Charge(size_t count) {
  if (count > kMaxWork - work_) return TooLarge("operations");
  work_ += count;
  return {};
}

Status PickleMachine::Push(PickleValue value) {
  if (values_.size() == kMaxValues) return TooLarge("values");
  values_.push_back(std::move(value));
  stack_.push_back(static_cast<uint32_t>(values_.size() - 1));
  return {};
}

Status PickleMachine::PushContainer(PickleKind kind, size_t count) {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - floor < count) return BadPickle("stack underflow");
  PickleValue value;
  value.kind = kind;
  value.children.assign(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return Push(std::move(value));
}

Status PickleMachine::PushExisting(uint32_t index) {
  stack_.push_back(index);  // bounded by the opcodes, which are charged
  return {};
}

Status PickleMachine::Pop(uint32_t& index) {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return BadPickle("stack underflow");
  index = stack_.back();
  stack_.pop_back();
  return {};
}

Status PickleMachine::PopText(std::string_view& text) {
  uint32_t index = 0;
  FROND_RETURN_IF_ERROR(Pop(index));
  if (Value(index).kind != PickleKind::kText) return BadPickle("a name that is not text");
  text = Value(index).text;
  return {};
}

Status PickleMachine::Mark() {
  if (marks_.size() == kMaxMarks) return TooLarge("nested containers");
  marks_.push_back(stack_.size());
  return {};
}

Status PickleMachine::PopToMark(std::vector<uint32_t>& items) {
  if (marks_.empty()) return BadPickle("no mark on the stack");
  FROND_RETURN_IF_ERROR(Charge(stack_.size() - marks_.back()));
  items.assign(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return {};
}

Status PickleMachine::Memoize() {
  // Picklers number without gaps, and MEMOIZE means "the memo's size".
  return MemoPut(static_cast<uint32_t>(memo_.size()));
}

Status PickleMachine::MemoPut(uint32_t key) {
  if (stack_.empty()) return BadPickle("stack underflow");
  if (key >= kMaxValues) return TooLarge("memo entries");
  if (key >= memo_.size()) memo_.resize(size_t{key} + 1, kUnset);
  memo_[key] = stack_.back();
  return {};
}

Status PickleMachine::MemoGet(uint32_t key) {
  if (key >= memo_.size() || memo_[key] == kUnset) return BadPickle(StrCat("memo entry ", key, " was never set"));
  return PushExisting(memo_[key]);
}

Status PickleMachine::AddTo(PickleKind kind, const std::vector<uint32_t>& items) {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) return BadPickle("stack underflow");
  PickleValue& target = Value(stack_.back());
  if (target.kind == PickleKind::kOpaque) return {};
  if (target.kind != kind)
    return BadPickle(kind == PickleKind::kDict ? "items for what is no dict" : "elements for what is no list");
  if (kind == PickleKind::kDict && items.size() % 2 != 0) return BadPickle("a key without a value");
  FROND_RETURN_IF_ERROR(Charge(items.size()));
  target.children.insert(target.children.end(), items.begin(), items.end());
  return {};
}

Status PickleMachine::Finish(Pickle& pickle) {
  if (stack_.size() != 1 || !marks_.empty())
    return BadPickle(StrCat("stopped with ", stack_.size(), " values on the stack"));
  pickle.root = stack_.back();
  pickle.values = std::move(values_);
  return {};
}

}  // namespace frond

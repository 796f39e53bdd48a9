// What globals of the closed list mean: calls become data, never calls.

#include <utility>

#include "src/base/format.h"
#include "src/weights/pickle_machine.h"

namespace frond {

Status PickleMachine::PushGlobal(std::string_view module, std::string_view name) {
  FROND_ASSIGN(const PickleGlobalRow row, FindPickleGlobal(module, name));
  PickleValue value;
  value.kind = PickleKind::kGlobal;
  value.global = row.global;
  value.text = name;
  return Push(std::move(value));
}

Status PickleMachine::Reduce() {
  uint32_t arguments = 0;
  uint32_t callable = 0;
  FROND_RETURN_IF_ERROR(Pop(arguments));
  FROND_RETURN_IF_ERROR(Pop(callable));
  return Apply(callable, arguments);
}

Status PickleMachine::NewObject() { return Reduce(); }  // for data, cls.__new__(cls, *args) and cls(*args) are one

Status PickleMachine::Apply(uint32_t callable, uint32_t arguments) {
  if (Value(callable).kind != PickleKind::kGlobal) return BadPickle("calls what is no global");
  if (Value(arguments).kind != PickleKind::kTuple) return BadPickle("calls with what is no tuple");
  const PickleGlobal global = Value(callable).global;
  const std::string_view name = Value(callable).text;
  const std::vector<uint32_t>& given = Value(arguments).children;
  FROND_RETURN_IF_ERROR(Charge(given.size()));
  switch (global) {
    case PickleGlobal::kDict: return ApplyDict(given);
    case PickleGlobal::kOpaque: {
      PickleValue value;
      value.kind = PickleKind::kOpaque;
      return Push(std::move(value));
    }
    case PickleGlobal::kRebuildTensor:
    case PickleGlobal::kRebuildTensorV3:
    case PickleGlobal::kRebuildParameter: return ApplyRebuild(global, given);
    case PickleGlobal::kRebuildFromType: {  // (function, type, arguments, state): a tensor with attributes
      if (given.size() != 4 || Value(given[0]).kind != PickleKind::kGlobal ||
          Value(given[2]).kind != PickleKind::kTuple) {
        return BadPickle("wrong arguments for _rebuild_from_type_v2");
      }
      FROND_RETURN_IF_ERROR(Charge(Value(given[2]).children.size()));
      return ApplyRebuild(Value(given[0]).global, Value(given[2]).children);
    }
    case PickleGlobal::kSize:
      if (given.size() != 1 || Value(given[0]).kind != PickleKind::kTuple)
        return BadPickle("wrong arguments for torch.Size");
      return PushExisting(given[0]);
    case PickleGlobal::kTypedStorage:
    case PickleGlobal::kUntypedStorage:
    case PickleGlobal::kDType:
    case PickleGlobal::kNone: break;
  }
  return BadPickle(StrCat("calls ", Quote(name), ", which is no function"));
}

Status PickleMachine::ApplyRebuild(PickleGlobal global, std::vector<uint32_t> arguments) {
  if (global == PickleGlobal::kRebuildParameter) {  // (tensor, requires_grad, hooks): the tensor is what counts
    if (arguments.empty() || Value(arguments[0]).kind != PickleKind::kTensor)
      return BadPickle("a Parameter of what is no tensor");
    return PushExisting(arguments[0]);
  }
  const bool v3 = global == PickleGlobal::kRebuildTensorV3;
  if (!v3 && global != PickleGlobal::kRebuildTensor)
    return BadPickle("rebuilds a tensor with what is no rebuild function");
  if (arguments.size() < (v3 ? 7u : 4u) || arguments.size() > 8 || Value(arguments[0]).kind != PickleKind::kStorage ||
      Value(arguments[1]).kind != PickleKind::kInt || Value(arguments[2]).kind != PickleKind::kTuple ||
      Value(arguments[3]).kind != PickleKind::kTuple) {
    return BadPickle("wrong arguments for a tensor: wants storage, offset, size, stride");
  }
  PickleValue value;
  value.kind = PickleKind::kTensor;
  value.global = global;
  value.children = std::move(arguments);
  return Push(std::move(value));
}

// OrderedDict(), OrderedDict([[key, value], ...]) as Python 2 wrote it,
// defaultdict(factory), defaultdict(factory, ...).
Status PickleMachine::ApplyDict(const std::vector<uint32_t>& arguments) {
  PickleValue dict;
  dict.kind = PickleKind::kDict;
  if (!arguments.empty() && Value(arguments.back()).kind == PickleKind::kList) {
    const std::vector<uint32_t>& pairs = Value(arguments.back()).children;
    FROND_RETURN_IF_ERROR(Charge(2 * pairs.size()));  // copied: else one list, called many times, is a bomb
    for (const uint32_t pair : pairs) {
      const PickleValue& item = Value(pair);
      if ((item.kind != PickleKind::kList && item.kind != PickleKind::kTuple) || item.children.size() != 2) {
        return BadPickle("a dict of what are no pairs");
      }
      dict.children.push_back(item.children[0]);
      dict.children.push_back(item.children[1]);
    }
  }
  return Push(std::move(dict));
}

Status PickleMachine::Build() {
  uint32_t state = 0;
  uint32_t target = 0;
  FROND_RETURN_IF_ERROR(Pop(state));
  FROND_RETURN_IF_ERROR(Pop(target));
  // A state dict's own attribute is _metadata (versions of modules); nothing in it changes a tensor.
  const PickleKind kind = Value(target).kind;
  if (kind != PickleKind::kDict && kind != PickleKind::kOpaque && kind != PickleKind::kTensor) {
    return BadPickle("sets the state of a plain value");
  }
  return PushExisting(target);
}

Status PickleMachine::PersistentId() {
  uint32_t index = 0;
  FROND_RETURN_IF_ERROR(Pop(index));
  const PickleValue& id = Value(index);
  const auto kind = [&](size_t i) { return Value(id.children[i]).kind; };
  // ('storage', type, key, location, element count), and in legacy files a view or None.
  if (id.kind != PickleKind::kTuple || id.children.size() < 5 || id.children.size() > 6 ||
      kind(0) != PickleKind::kText || Value(id.children[0]).text != "storage" || kind(1) != PickleKind::kGlobal ||
      kind(2) != PickleKind::kText || kind(4) != PickleKind::kInt) {
    return BadPickle("a persistent id that names no storage");
  }
  const PickleGlobal type = Value(id.children[1]).global;
  if (type != PickleGlobal::kTypedStorage && type != PickleGlobal::kUntypedStorage)
    return BadPickle("a storage of no storage type");
  PickleValue storage;
  storage.kind = PickleKind::kStorage;
  storage.children.assign(id.children.begin() + 1, id.children.end());
  return Push(std::move(storage));
}

}  // namespace frond

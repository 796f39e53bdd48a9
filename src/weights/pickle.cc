// Opcodes of the pickle machine: Python's Lib/pickletools.py describes each.

#include "src/weights/pickle.h"

#include <array>
#include <cstdio>
#include <utility>

#include "src/base/bit_cast.h"
#include "src/base/format.h"
#include "src/weights/convert_bytes.h"
#include "src/weights/pickle_machine.h"

namespace frond {
namespace {

constexpr uint64_t kMaxGlobalBytes = 256;

Error CutShort() { return BadPickle("ends before its STOP"); }

// Decodes one opcode after the other and hands it to the machine.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : reader_(bytes), bytes_(bytes) {}

  Result<Pickle> Run() {
    Pickle pickle;
    for (;;) {
      uint8_t opcode = 0;
      if (!reader_.Read(opcode)) return CutShort();
      if (opcode == '.') break;
      FROND_RETURN_IF_ERROR(machine_.Charge(1));
      FROND_RETURN_IF_ERROR(Step(opcode));
    }
    FROND_RETURN_IF_ERROR(machine_.Finish(pickle));
    pickle.bytes = reader_.position();
    return pickle;
  }

 private:
  Status Step(uint8_t opcode) {
    switch (opcode) {
      case 0x80: return Protocol();
      case 0x95: return Skip<uint64_t>();                               // FRAME: a hint about buffering
      case '(': return machine_.Mark();                                 // MARK
      case '0': return Drop();                                          // POP
      case '1': return machine_.PopToMark(items_);                      // POP_MARK
      case 'N': return PushKind(PickleKind::kNone);                     // NONE
      case 0x88: return PushInt(PickleKind::kBool, 1);                  // NEWTRUE
      case 0x89: return PushInt(PickleKind::kBool, 0);                  // NEWFALSE
      case 'J': return Int<int32_t>();                                  // BININT
      case 'K': return Int<uint8_t>();                                  // BININT1
      case 'M': return Int<uint16_t>();                                 // BININT2
      case 0x8a: return Long<uint8_t>();                                // LONG1
      case 0x8b: return Long<int32_t>();                                // LONG4
      case 'G': return BinFloat();                                      // BINFLOAT
      case 'X': return Text<uint32_t>(PickleKind::kText);               // BINUNICODE
      case 0x8c: return Text<uint8_t>(PickleKind::kText);               // SHORT_BINUNICODE
      case 0x8d: return Text<uint64_t>(PickleKind::kText);              // BINUNICODE8
      case 'T': return Text<uint32_t>(PickleKind::kText);               // BINSTRING: Python 2's str
      case 'U': return Text<uint8_t>(PickleKind::kText);                // SHORT_BINSTRING
      case 'B': return Text<uint32_t>(PickleKind::kOpaque);             // BINBYTES
      case 'C': return Text<uint8_t>(PickleKind::kOpaque);              // SHORT_BINBYTES
      case 0x8e: return Text<uint64_t>(PickleKind::kOpaque);            // BINBYTES8
      case 0x96: return Text<uint64_t>(PickleKind::kOpaque);            // BYTEARRAY8
      case ')': return PushKind(PickleKind::kTuple);                    // EMPTY_TUPLE
      case ']': return PushKind(PickleKind::kList);                     // EMPTY_LIST
      case '}': return PushKind(PickleKind::kDict);                     // EMPTY_DICT
      case 0x8f: return PushKind(PickleKind::kOpaque);                  // EMPTY_SET
      case 0x85: return machine_.PushContainer(PickleKind::kTuple, 1);  // TUPLE1
      case 0x86: return machine_.PushContainer(PickleKind::kTuple, 2);  // TUPLE2
      case 0x87: return machine_.PushContainer(PickleKind::kTuple, 3);  // TUPLE3
      case 't': return MarkedTuple();                                   // TUPLE
      case 'a': return AddTop(PickleKind::kList, 1);                    // APPEND
      case 's': return AddTop(PickleKind::kDict, 2);                    // SETITEM
      case 'e': return AddMarked(PickleKind::kList);                    // APPENDS
      case 'u': return AddMarked(PickleKind::kDict);                    // SETITEMS
      case 0x90: return AddMarked(PickleKind::kOpaque);                 // ADDITEMS
      case 0x91: return FrozenSet();                                    // FROZENSET
      case 'c': return Global();                                        // GLOBAL
      case 0x93: return StackGlobal();                                  // STACK_GLOBAL
      case 'R': return machine_.Reduce();                               // REDUCE
      case 0x81: return machine_.NewObject();                           // NEWOBJ
      case 'b': return machine_.Build();                                // BUILD
      case 'Q': return machine_.PersistentId();                         // BINPERSID
      case 0x94: return machine_.Memoize();                             // MEMOIZE
      case 'q': return WithKey<uint8_t>(&PickleMachine::MemoPut);       // BINPUT
      case 'r': return WithKey<uint32_t>(&PickleMachine::MemoPut);      // LONG_BINPUT
      case 'h': return WithKey<uint8_t>(&PickleMachine::MemoGet);       // BINGET
      case 'j': return WithKey<uint32_t>(&PickleMachine::MemoGet);      // LONG_BINGET
      default: break;
    }
    std::array<char, 8> hex = {};
    std::snprintf(hex.data(), hex.size(), "0x%02x", opcode);
    return Error{ErrorCode::kUnsupported,
                 StrCat("pickle: opcode ", hex.data(), " at byte ", reader_.position() - 1, " is not read"),
                 "save a state_dict with a current PyTorch: torch.save(model.state_dict(), path)"};
  }

  Status Protocol() {
    uint8_t version = 0;
    if (!reader_.Read(version)) return CutShort();
    if (version >= 2 && version <= 5) return {};
    return Error{ErrorCode::kUnsupported, StrCat("pickle protocol ", int{version}, " is not read"),
                 "save with protocol 2 to 5"};
  }

  Status PushKind(PickleKind kind) {
    PickleValue value;
    value.kind = kind;
    return machine_.Push(std::move(value));
  }
  Status PushInt(PickleKind kind, int64_t integer) {
    PickleValue value;
    value.kind = kind;
    value.integer = integer;
    return machine_.Push(std::move(value));
  }

  template <class T>
  Status Skip() {
    T ignored{};
    return reader_.Read(ignored) ? Status() : CutShort();
  }
  template <class T>
  Status Int() {
    T integer{};
    if (!reader_.Read(integer)) return CutShort();
    return PushInt(PickleKind::kInt, integer);
  }

  // Little-endian two's complement of any length; above 64 bits it is opaque,
  // since no size, offset or key is that large.
  template <class T>
  Status Long() {
    T length{};
    std::span<const std::byte> digits;
    if (!reader_.Read(length) || length < 0 || !reader_.Take(static_cast<uint64_t>(length), digits)) return CutShort();
    if (digits.size() > 8) {
      PickleValue value;
      value.kind = PickleKind::kOpaque;
      value.text = AsText(digits);  // torch's legacy magic number is told by its digits
      return machine_.Push(std::move(value));
    }
    uint64_t bits = !digits.empty() && (digits.back() & std::byte{0x80}) != std::byte{0} ? ~uint64_t{0} : 0;
    for (size_t i = digits.size(); i-- > 0;) bits = (bits << 8) | std::to_integer<uint64_t>(digits[i]);
    return PushInt(PickleKind::kInt, static_cast<int64_t>(bits));
  }

  Status BinFloat() {  // the one big-endian field of the format
    uint64_t bits = 0;
    if (!reader_.Read(bits)) return CutShort();
    PickleValue value;
    value.kind = PickleKind::kFloat;
    value.real = BitCast<double>(__builtin_bswap64(bits));
    return machine_.Push(std::move(value));
  }

  template <class T>
  Status Text(PickleKind kind) {
    T length{};
    PickleValue value;
    value.kind = kind;
    std::span<const std::byte> taken;
    if (!reader_.Read(length) || !reader_.Take(length, taken)) return CutShort();
    value.text = AsText(taken);
    return machine_.Push(std::move(value));
  }

  Status MarkedTuple() {
    FROND_RETURN_IF_ERROR(machine_.PopToMark(items_));
    PickleValue value;
    value.kind = PickleKind::kTuple;
    value.children = items_;
    return machine_.Push(std::move(value));
  }
  Status FrozenSet() {
    FROND_RETURN_IF_ERROR(machine_.PopToMark(items_));
    return PushKind(PickleKind::kOpaque);
  }
  Status Drop() {
    uint32_t ignored = 0;
    return machine_.Pop(ignored);
  }

  Status AddTop(PickleKind kind, size_t count) {
    items_.assign(count, 0);
    for (size_t i = count; i-- > 0;) FROND_RETURN_IF_ERROR(machine_.Pop(items_[i]));
    return machine_.AddTo(kind, items_);
  }
  Status AddMarked(PickleKind kind) {
    FROND_RETURN_IF_ERROR(machine_.PopToMark(items_));
    return machine_.AddTo(kind, items_);
  }

  // Two lines: module and name.
  Status Global() {
    std::array<std::string_view, 2> lines;
    for (std::string_view& line : lines) {
      const std::string_view rest = AsText(bytes_.subspan(reader_.position())).substr(0, kMaxGlobalBytes);
      const size_t length = rest.find('\n');
      if (length == std::string_view::npos) return BadPickle("a global's name without an end");
      line = rest.substr(0, length);
      std::span<const std::byte> consumed;
      if (!reader_.Take(length + 1, consumed)) return CutShort();
    }
    return machine_.PushGlobal(lines[0], lines[1]);
  }
  Status StackGlobal() {
    std::string_view module;
    std::string_view name;
    FROND_RETURN_IF_ERROR(machine_.PopText(name));
    FROND_RETURN_IF_ERROR(machine_.PopText(module));
    return machine_.PushGlobal(module.substr(0, kMaxGlobalBytes), name.substr(0, kMaxGlobalBytes));
  }

  template <class T>
  Status WithKey(Status (PickleMachine::*method)(uint32_t)) {
    T key{};
    if (!reader_.Read(key)) return CutShort();
    return (machine_.*method)(key);
  }

  ByteReader reader_;
  std::span<const std::byte> bytes_;
  PickleMachine machine_;
  std::vector<uint32_t> items_;  // scratch, kept for its capacity
};

}  // namespace

Result<Pickle> ReadPickle(std::span<const std::byte> bytes) { return Decoder(bytes).Run(); }

}  // namespace frond

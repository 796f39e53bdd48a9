// Pickles that lie: foreign globals, broken opcodes, bombs. Nothing of them runs.

#include <gtest/gtest.h>

#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

constexpr ErrorCode kBad = ErrorCode::kBadFormat;

TEST(HostilePickle, ForeignGlobalsAreRefusedByName) {
  const std::pair<const char*, const char*> globals[] = {
      {"os", "system"},
      {"posix", "system"},
      {"nt", "system"},
      {"subprocess", "Popen"},
      {"subprocess", "check_output"},
      {"builtins", "eval"},
      {"builtins", "exec"},
      {"builtins", "getattr"},
      {"builtins", "__import__"},
      {"builtins", "open"},
      {"__builtin__", "eval"},
      {"__builtin__", "apply"},
      {"runpy", "_run_code"},
      {"sys", "exit"},
      {"socket", "socket"},
      {"shutil", "rmtree"},
      {"pickle", "loads"},
      {"torch", "load"},
      {"torch.hub", "load"},
      {"torch.serialization", "load"},
      {"numpy", "load"},
      {"functools", "partial"},
      {"operator", "attrgetter"},
      {"operator", "methodcaller"},
      {"types", "CodeType"},
      {"types", "FunctionType"},
      {"marshal", "loads"},
      {"ctypes", "CDLL"},
      {"importlib", "import_module"},
      {"webbrowser", "open"},
      {"copy_reg", "_reconstructor"},
      {"__main__", "Model"},
      {"collections", "Counter"},
      {"torch._utils", "_rebuild_qtensor"},
      {"torch.nn.modules.container", "Sequential"},
      {"efficientnet_pytorch.model", "EfficientNet"},
      {"", ""},
      {"os", "system.x"},
      {"torch", "_utils._rebuild_tensor_v2"},
      {"torch._utils ", "_rebuild_tensor_v2"},
  };
  for (const auto& [module, name] : globals) {
    const std::string called = std::string(module) + "." + name;
    for (const int protocol : {2, 4}) {
      const std::string pickle =
          Pickler(protocol).Global(module, name).Text("touch /tmp/frond_was_here").Raw("\x85R").Stop();
      const Result<TensorFile> zipped = ReadCopy(ReadPyTorch, ZippedPickle(pickle));
      ExpectError(zipped, ErrorCode::kUnsupported, "refuses the pickle global '" + called + "'", called);
      EXPECT_NE(zipped.error().remedy.find("torch.save(model.state_dict()"), std::string::npos);
      ExpectError(ReadCopy(ReadPyTorch, TorchLegacy(pickle, {})), ErrorCode::kUnsupported, called, called);
      ExpectError(ReadCopy(ReadPyTorch, pickle), ErrorCode::kUnsupported, called, called + " as a bare pickle");
    }
  }
  ExpectError(ReadCopy(ReadPyTorch, ZippedPickle(Pickler().Global("torch.nn.modules.conv", "Conv2d").Stop())),
              ErrorCode::kUnsupported, "whole pickled model", "module");
}

TEST(HostilePickle, PicklesThatBreakTheMachine) {
  const auto raw = [](std::string_view ops) { return ZippedPickle("\x80\x02" + std::string(ops)); };
  std::string loops = "](q\x01";  // a list that holds itself
  ExpectAll({
      {"empty pickle", ZippedPickle(""), kBad, "ends before"},
      {"no STOP", raw("}"), kBad, "ends before"},
      {"nothing on the stack", raw("."), kBad, "0 values"},
      {"two values", raw("}}."), kBad, "2 values"},
      {"open mark", raw("}(."), kBad, "on the stack"},
      {"protocol 0", ZippedPickle("(dp0\n."), ErrorCode::kUnsupported, "opcode 0x64"},
      {"protocol 1 header", ZippedPickle("\x80\x01}."), ErrorCode::kUnsupported, "protocol 1"},
      {"protocol 6", ZippedPickle("\x80\x06}."), ErrorCode::kUnsupported, "protocol 6"},
      {"protocol cut", ZippedPickle("\x80"), kBad, "ends before"},
      {"INST", raw("(ios\nsystem\n."), ErrorCode::kUnsupported, "opcode 0x69"},
      {"OBJ", raw("(o."), ErrorCode::kUnsupported, "opcode 0x6f"},
      {"PERSID", raw("P0\n."), ErrorCode::kUnsupported, "opcode 0x50"},
      {"EXT1", raw("\x82\x01."), ErrorCode::kUnsupported, "opcode 0x82"},
      {"NEWOBJ_EX", raw("\x92."), ErrorCode::kUnsupported, "opcode 0x92"},
      {"NEXT_BUFFER", raw("\x97."), ErrorCode::kUnsupported, "opcode 0x97"},
      {"opcode 0xff", raw("\xff."), ErrorCode::kUnsupported, "opcode 0xff"},
      {"POP from nothing", raw("0."), kBad, "underflow"},
      {"TUPLE1 from nothing", raw("\x85."), kBad, "underflow"},
      {"TUPLE3 across a mark", raw("NN(N\x87."), kBad, "underflow"},
      {"TUPLE without mark", raw("Nt."), kBad, "no mark"},
      {"APPENDS without mark", raw("]e."), kBad, "no mark"},
      {"SETITEMS without mark", raw("}u."), kBad, "no mark"},
      {"POP_MARK without mark", raw("1."), kBad, "no mark"},
      {"APPEND to nothing", raw("Na."), kBad, "underflow"},
      {"APPEND to a dict", raw("}Na."), kBad, "no list"},
      {"SETITEM to a list", raw("]NNs."), kBad, "no dict"},
      {"SETITEM to a number", raw("K\x01NNs."), kBad, "no dict"},
      {"SETITEMS odd", raw("}(Nu."), kBad, "key without a value"},
      {"REDUCE of a number", raw("K\x01)R."), kBad, "no global"},
      {"REDUCE without tuple", raw("ccollections\nOrderedDict\nNR."), kBad, "no tuple"},
      {"REDUCE of a dtype", raw("ctorch\nfloat32\n)R."), kBad, "no function"},
      {"REDUCE of a storage type", raw("ctorch\nFloatStorage\n)R."), kBad, "no function"},
      {"REDUCE on nothing", raw("R."), kBad, "underflow"},
      {"NEWOBJ of a text", raw("X\x01\0\0\0a)\x81."), kBad, ""},
      {"BUILD on a number", raw("K\x01}b."), kBad, "plain value"},
      {"BUILD on nothing", raw("b."), kBad, "underflow"},
      {"BINGET unset", raw("h\x05."), kBad, "never set"},
      {"LONG_BINGET 2^32-1", raw("j\xff\xff\xff\xff."), kBad, "never set"},
      {"BINPUT on nothing", raw("q\x01."), kBad, "underflow"},
      {"LONG_BINPUT 2^32-1", raw("}r\xff\xff\xff\xff."), ErrorCode::kLimit, "memo"},
      {"memo hole", raw("}q\x09h\x03."), kBad, "never set"},
      {"BINUNICODE 2^32-1",
       raw("X\xff\xff\xff\xff"
           "abc."),
       kBad, "ends before"},
      {"BINUNICODE8 2^63", raw("\x8d" + Le<uint64_t>(uint64_t{1} << 63) + "abc."), kBad, "ends before"},
      {"BINBYTES8 2^64-1", raw("\x8e" + Le<uint64_t>(~uint64_t{0}) + "abc."), kBad, "ends before"},
      {"LONG4 negative", raw("\x8b\xff\xff\xff\xff."), kBad, "ends before"},
      {"LONG1 cut",
       raw("\x8a\x08"
           "abc"),
       kBad, "ends before"},
      {"BINFLOAT cut", raw("G123"), kBad, "ends before"},
      {"BININT cut", raw("J12"), kBad, "ends before"},
      {"FRAME cut",
       raw("\x95"
           "1234"),
       kBad, "ends before"},
      {"GLOBAL without line", raw("ccollections"), kBad, "without an end"},
      {"GLOBAL one line", raw("ccollections\nOrderedDict"), kBad, "without an end"},
      {"GLOBAL of a megabyte", raw("c" + std::string(1 << 20, 'a') + "\nb\n."), kBad, "without an end"},
      {"STACK_GLOBAL of numbers", raw("K\x01K\x02\x93."), kBad, "not text"},
      {"STACK_GLOBAL on nothing", raw("\x93."), kBad, "underflow"},
      {"marks, 1,001 deep", raw(std::string(1001, '(')), ErrorCode::kLimit, "nested"},
      {"marks, a million deep", raw(std::string(1 << 20, '(')), ErrorCode::kLimit, "nested"},
      {"2 million values", raw(std::string(1 << 21, '}')), ErrorCode::kLimit, "values"},
      {"10 million operations", raw("}" + std::string(10 << 20, '0')), kBad, "underflow"},
      {"16 million operations",
       raw("(" +
           [] {
             std::string s;
             for (int i = 0; i < (8 << 20); ++i) s += "N0";
             return s;
           }()),
       ErrorCode::kLimit, "pickle has too many"},
      {"list of itself",
       raw(loops + "h\x01"
                   "e."),
       kBad, "a list"},
      {"persistent id of a number", raw("K\x01Q."), kBad, "names no storage"},
      {"persistent id of nothing", raw("Q."), kBad, "underflow"},
      {"persistent id of an empty tuple", raw(")Q."), kBad, "names no storage"},
      {"root is None", raw("N."), kBad, "no dict"},
      {"root is a tuple", raw(")."), kBad, "a tuple"},
      {"root is empty", raw("}."), kBad, "no tensors"},
      {"root is a tensor", ZippedPickle(Pickler().Tensor({}).Stop()), kBad, "a single tensor"},
  });
}

TEST(HostilePickle, BombsOfReferences) {
  // d1 = {a: d0, b: d0}, d2 = {a: d1, b: d1}, ...: 2^depth paths in a few bytes.
  std::string doubling = "\x80\x02";
  doubling += Pickler().Dict().Text("w").Tensor({}).Raw("sq").Stop().substr(2);
  doubling.back() = '\x00';
  for (int i = 0; i < 40; ++i) {
    const std::string last(1, static_cast<char>(i));
    const std::string next(1, static_cast<char>(i + 1));
    doubling += "}(X" + Le<uint32_t>(1) + "ah" + last + "X" + Le<uint32_t>(1) + "bh" + last + "uq" + next;
  }
  std::string pops = "(" + doubling.substr(2);
  // Keep the last dict only: everything else is below a mark and dropped, then fetched from the memo.
  const std::string file = ZippedPickle("\x80\x02" + pops + "1h\x28.");
  ExpectError(ReadCopy(ReadPyTorch, file), ErrorCode::kLimit, "nested more than 8", "doubling dicts");

  // One list of 2,000 pairs, made into a dict 100,000 times: 200 million entries from a megabyte.
  std::string wide =
      "\x80\x02](NNeq\x03"
      "0](";
  for (int i = 0; i < 2000; ++i) wide += "h\x03";
  wide +=
      "eq\x01"
      "0ccollections\nOrderedDict\nq\x02"
      "0";
  for (int i = 0; i < 100000; ++i) wide += "h\x02h\x01\x85R0";
  ExpectError(ReadCopy(ReadPyTorch, ZippedPickle(wide + "}.")), ErrorCode::kLimit, "operations", "copied list");

  Pickler itself;
  itself.Dict().Raw("q\x01").Text("self").Raw("h\x01s");
  ExpectError(ReadCopy(ReadPyTorch, ZippedPickle(itself.Stop())), ErrorCode::kLimit, "nested", "dict of itself");
  Pickler wrapped;
  wrapped.Dict().Raw("q\x01").Text("state_dict").Raw("h\x01s");
  ExpectError(ReadCopy(ReadPyTorch, ZippedPickle(wrapped.Stop())), ErrorCode::kLimit, "nested", "state_dict is itself");
}

}  // namespace
}  // namespace frond::testing

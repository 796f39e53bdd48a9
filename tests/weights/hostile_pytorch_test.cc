// PyTorch files that lie: each is refused with its reason.

#include <gtest/gtest.h>

#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

constexpr ErrorCode kBad = ErrorCode::kBadFormat;
const std::string kData = Floats({1, 2, 3, 4, 5, 6});

std::string Zipped(const std::string& pickle) { return TorchZip(pickle, {{"0", kData}}); }

// A state dict of one tensor, described falsely.
std::string OneTensor(const Pickler::TensorArgs& args) {
  return Zipped(Pickler().Dict().Text("w").Tensor(args).Raw("s").Stop());
}

void ExpectAll(const std::vector<Hostile>& cases) {
  for (const Hostile& c : cases) ExpectError(ReadCopy(ReadPyTorch, c.file), c.code, c.says, c.title);
}

TEST(HostilePyTorch, ForeignGlobalsAreRefusedByName) {
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
      const Result<TensorFile> zipped = ReadCopy(ReadPyTorch, Zipped(pickle));
      ExpectError(zipped, ErrorCode::kUnsupported, "refuses the pickle global '" + called + "'", called);
      EXPECT_NE(zipped.error().remedy.find("torch.save(model.state_dict()"), std::string::npos);
      ExpectError(ReadCopy(ReadPyTorch, TorchLegacy(pickle, {})), ErrorCode::kUnsupported, called, called);
      ExpectError(ReadCopy(ReadPyTorch, pickle), ErrorCode::kUnsupported, called, called + " as a bare pickle");
    }
  }
  ExpectError(ReadCopy(ReadPyTorch, Zipped(Pickler().Global("torch.nn.modules.conv", "Conv2d").Stop())),
              ErrorCode::kUnsupported, "whole pickled model", "module");
}

TEST(HostilePyTorch, PicklesThatBreakTheMachine) {
  const auto raw = [](std::string_view ops) { return Zipped("\x80\x02" + std::string(ops)); };
  std::string loops = "](q\x01";  // a list that holds itself
  ExpectAll({
      {"empty pickle", Zipped(""), kBad, "ends before"},
      {"no STOP", raw("}"), kBad, "ends before"},
      {"nothing on the stack", raw("."), kBad, "0 values"},
      {"two values", raw("}}."), kBad, "2 values"},
      {"open mark", raw("}(."), kBad, "on the stack"},
      {"protocol 0", Zipped("(dp0\n."), ErrorCode::kUnsupported, "opcode 0x64"},
      {"protocol 1 header", Zipped("\x80\x01}."), ErrorCode::kUnsupported, "protocol 1"},
      {"protocol 6", Zipped("\x80\x06}."), ErrorCode::kUnsupported, "protocol 6"},
      {"protocol cut", Zipped("\x80"), kBad, "ends before"},
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
      {"root is a tensor", Zipped(Pickler().Tensor({}).Stop()), kBad, "a single tensor"},
  });
}

TEST(HostilePyTorch, BombsOfReferences) {
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
  const std::string file = Zipped("\x80\x02" + pops + "1h\x28.");
  ExpectError(ReadCopy(ReadPyTorch, file), ErrorCode::kLimit, "nested more than 8", "doubling dicts");

  std::string wide = "\x80\x02](";  // one list of pairs, made into a dict again and again
  for (int i = 0; i < 30000; ++i) wide += "]";
  wide +=
      "eq\x01"
      "0ccollections\nOrderedDict\nq\x02"
      "0";
  for (int i = 0; i < 100000; ++i) wide += "h\x02h\x01\x85R0";
  ExpectError(ReadCopy(ReadPyTorch, Zipped(wide + "}.")), kBad, "no pairs", "wide list");

  Pickler itself;
  itself.Dict().Raw("q\x01").Text("self").Raw("h\x01s");
  ExpectError(ReadCopy(ReadPyTorch, Zipped(itself.Stop())), ErrorCode::kLimit, "nested", "dict of itself");
  Pickler wrapped;
  wrapped.Dict().Raw("q\x01").Text("state_dict").Raw("h\x01s");
  ExpectError(ReadCopy(ReadPyTorch, Zipped(wrapped.Stop())), ErrorCode::kLimit, "nested", "state_dict is itself");
}

TEST(HostilePyTorch, TensorsThatLeaveTheirStorage) {
  const int64_t big = int64_t{1} << 62;
  ExpectAll({
      {"one element too many", OneTensor({.shape = {7}, .strides = {1}}), kBad, "'w': tensor of shape 7"},
      {"offset one too far", OneTensor({.offset = 1}), kBad, "reaches outside"},
      {"offset at the end", OneTensor({.offset = 6, .shape = {1}, .strides = {1}}), kBad, "reaches outside"},
      {"offset 2^63-1", OneTensor({.offset = INT64_MAX}), kBad, "reaches outside"},
      {"negative offset", OneTensor({.offset = -1}), kBad, "negative offset"},
      {"offset -2^63", OneTensor({.offset = INT64_MIN}), kBad, "negative offset"},
      {"stride too wide", OneTensor({.strides = {4, 1}}), kBad, "reaches outside"},
      {"stride 2^62", OneTensor({.shape = {5, 1}, .strides = {big, 1}}), kBad, "reaches outside"},
      {"stride wraps", OneTensor({.shape = {3, 2}, .strides = {INT64_MAX, 1}}), kBad, "reaches outside"},
      {"strides sum wraps", OneTensor({.shape = {2, 2, 2}, .strides = {INT64_MAX, INT64_MAX, 3}}), kBad,
       "reaches outside"},
      {"negative stride", OneTensor({.strides = {-3, 1}}), kBad, "negative stride"},
      {"negative size", OneTensor({.shape = {-2, 3}}), kBad, "negative size"},
      {"size 2^62", OneTensor({.shape = {big, 1}}), kBad, "too large"},
      {"sizes wrap", OneTensor({.shape = {int64_t{1} << 32, int64_t{1} << 32}, .strides = {0, 0}}), kBad, "too large"},
      {"expanded bomb", OneTensor({.shape = {int64_t{1} << 40}, .strides = {0}}), ErrorCode::kLimit, "expanded"},
      {"sizes but no strides", OneTensor({.strides = {}}), kBad, "2 sizes but 0 strides"},
      {"one stride too many", OneTensor({.strides = {3, 1, 1}}), kBad, "2 sizes but 3 strides"},
      {"17 dimensions", OneTensor({.shape = std::vector<int64_t>(17, 1), .strides = std::vector<int64_t>(17, 1)}), kBad,
       "17 dimensions"},
      {"storage claims more", OneTensor({.elements = 7}), kBad, "holds 24 bytes, the pickle says 28"},
      {"storage claims less", OneTensor({.elements = 5}), kBad, "holds 24 bytes"},
      {"storage claims nothing", OneTensor({.elements = 0}), kBad, "holds 24 bytes"},
      {"storage of -1", OneTensor({.elements = -1}), kBad, "claims -1"},
      {"storage of 2^62", OneTensor({.elements = big}), kBad, "claims"},
      {"storage of 2^63-1", OneTensor({.elements = INT64_MAX}), kBad, "claims"},
      {"storage of wider type", OneTensor({.storage = "DoubleStorage"}), kBad, "the pickle says 48"},
      {"missing storage", OneTensor({.key = "9"}), kBad, "storage '9' is missing"},
      {"storage key climbs", OneTensor({.key = "../../etc/passwd"}), kBad, "is missing"},
      {"storage key is the pickle", OneTensor({.key = "../data.pkl"}), kBad, "is missing"},
      {"empty storage key", OneTensor({.key = ""}), kBad, "is missing"},
      {"long storage key", OneTensor({.key = std::string(1 << 16, 'k')}), kBad, "too long"},
      {"complex storage", OneTensor({.storage = "ComplexFloatStorage"}), ErrorCode::kUnsupported,
       "torch.ComplexFloatStorage"},
      {"quantised storage", OneTensor({.storage = "QInt8Storage"}), ErrorCode::kUnsupported, "torch.QInt8Storage"},
      {"view outside", OneTensor({.view = {4, 3}}), kBad, "view at 4 of 3"},
      {"negative view", OneTensor({.view = {-1, 3}}), kBad, "view at -1"},
      {"view wraps", OneTensor({.view = {3, INT64_MAX}}), kBad, "view at 3"},
      {"view of one number", OneTensor({.view = {3}}), kBad, "no (key, offset, size)"},
      {"tensor larger than its view", OneTensor({.view = {1, 5}}), kBad, "of 5 elements"},
  });
}

TEST(HostilePyTorch, RebuildsWithWrongArguments) {
  const auto rebuild = [](const std::string& function, const std::string& arguments) {
    return Zipped(Pickler().Dict().Text("w").Global("torch._utils", function).Raw(arguments).Raw("Rs").Stop());
  };
  const std::string storage = Pickler()
                                  .Mark()
                                  .Text("storage")
                                  .Global("torch", "FloatStorage")
                                  .Text("0")
                                  .Text("cpu")
                                  .Int(6)
                                  .Tuple()
                                  .Raw("Q")
                                  .Stop();
  const std::string s = storage.substr(2, storage.size() - 3);
  const std::string untyped =
      s.substr(0, s.find("ctorch")) + "ctorch.storage\nUntypedStorage\n" + s.substr(s.find("Storage\n") + 8);
  ExpectAll({
      {"no arguments", rebuild("_rebuild_tensor_v2", ")"), kBad, "wrong arguments"},
      {"storage is None", rebuild("_rebuild_tensor_v2", "(NK\x01))t"), kBad, "wrong arguments"},
      {"offset is None", rebuild("_rebuild_tensor_v2", "(" + s + "N))t"), kBad, "wrong arguments"},
      {"offset is a boolean", rebuild("_rebuild_tensor_v2", "(" + s + "\x88))t"), kBad, "wrong arguments"},
      {"size is a list", rebuild("_rebuild_tensor_v2", "(" + s + "K\x01])t"), kBad, "wrong arguments"},
      {"size of None", rebuild("_rebuild_tensor_v2", "(" + s + "K\x01N\x85K\x01\x85t"), kBad, "no 64-bit integer"},
      {"size of text",
       rebuild("_rebuild_tensor_v2", "(" + s +
                                         "K\x01U\x01"
                                         "a\x85K\x01\x85t"),
       kBad, "no 64-bit integer"},
      {"size of 2^70",
       rebuild("_rebuild_tensor_v2",
               "(" + s + "K\x01" + std::string("\x8a\x09\0\0\0\0\0\0\0\0\x40", 11) + "\x85K\x01\x85t"),
       kBad, "no 64-bit integer"},
      {"nine arguments", rebuild("_rebuild_tensor_v2", "(" + s + "K\x00))NNNNNt"), kBad, ""},
      {"v3 without dtype", rebuild("_rebuild_tensor_v3", "(" + s + "K\x01))NNt"), kBad, "wrong arguments"},
      {"v3 with None", rebuild("_rebuild_tensor_v3", "(" + s + "K\x01))NNNt"), kBad, "no dtype"},
      {"v3 with uint16", rebuild("_rebuild_tensor_v3", "(" + s + "K\x01))NNctorch\nuint16\nt"), ErrorCode::kUnsupported,
       "uint16"},
      {"v2 of untyped", rebuild("_rebuild_tensor_v2", "(" + untyped + "K\x01))t"), kBad, "the pickle says 6"},
      {"parameter of nothing", rebuild("_rebuild_parameter", ")"), kBad, "Parameter of what"},
      {"parameter of a dict", rebuild("_rebuild_parameter", "}\x85"), kBad, "Parameter of what"},
      {"storage as tensor", Zipped(Pickler().Raw(s).Stop()), kBad, "bare storage"},
  });
}

TEST(HostilePyTorch, Names) {
  const auto named = [](std::string_view name) {
    return Zipped(Pickler().Dict().Text(name).Tensor({}).Raw("s").Stop());
  };
  ExpectAll({
      {"not UTF-8", named("\xff\xfe"), kBad, "UTF-8"},
      {"cut UTF-8", named("a\xc3"), kBad, "UTF-8"},
      {"control", named(std::string_view("a\0b", 3)), kBad, "UTF-8"},
      {"escape", named("\x1b[31m"), kBad, "UTF-8"},
      {"long", named(std::string(1025, 'a')), kBad, "longer"},
      {"twice", Zipped(Pickler().Dict().Mark().Text("w").Tensor({}).Text("w").Tensor({}).Raw("u").Stop()), kBad,
       "'w' appears twice"},
      {"twice by nesting",
       Zipped(Pickler().Dict().Mark().Text("a.b").Tensor({}).Text("a").Dict().Text("b").Tensor({}).Raw("su").Stop()),
       kBad, "'a.b' appears twice"},
      {"numbers only", Zipped(Pickler().Dict().Int(1).Tensor({}).Raw("s").Stop()), kBad, "no tensors"},
  });
}

TEST(HostilePyTorch, Containers) {
  const std::string good = Pickler().Dict().Text("w").Tensor({}).Raw("s").Stop();
  const std::string legacy = Pickler().Dict().Text("w").Tensor({.legacy = true}).Raw("s").Stop();
  const Storages one = {{"0", kData}};
  const std::string whole = TorchLegacy(legacy, one);
  std::string wrong_count = whole;
  wrong_count.replace(whole.size() - 32, 8, Le<int64_t>(5));
  std::string negative_count = whole;
  negative_count.replace(whole.size() - 32, 8, Le<int64_t>(-1));
  std::string huge_count = whole;
  huge_count.replace(whole.size() - 32, 8, Le<int64_t>(INT64_MIN));
  const ZipPart packed{
      .name = "archive/data.pkl", .contents = Deflate(good), .method = 8, .bytes = static_cast<int64_t>(good.size())};
  ExpectAll({
      {"empty", "", kBad, "empty"},
      {"big-endian", TorchZip(good, one, "big"), ErrorCode::kUnsupported, "byte order 'big'"},
      {"odd byte order", TorchZip(good, one, "LITTLE\x01"), ErrorCode::kUnsupported, "byte order"},
      {"no pickle", Zip({{"archive/version", "3"}}), kBad, "without data.pkl"},
      {"empty archive", Zip({}), kBad, ""},
      {"two pickles", Zip({{"a/data.pkl", good}, {"b/data.pkl", good}}), kBad, "two data.pkl"},
      {"compressed pickle", Zip({packed}), ErrorCode::kUnsupported, "compressed"},
      {"compressed storage",
       Zip({{"archive/data.pkl", good},
            {.name = "archive/data/0", .contents = Deflate(kData), .method = 8, .bytes = 24}}),
       ErrorCode::kUnsupported, "compressed"},
      {"TorchScript", Zip({{"m/data.pkl", good}, {"m/constants.pkl", "x"}, {"m/code/x.py", "x"}}),
       ErrorCode::kUnsupported, "TorchScript"},
      {"legacy: only the magic", whole.substr(0, 15), kBad, "ends before"},
      {"legacy: another magic", Pickler().Raw("\x8a\x0a\x6d\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19").Stop(),
       ErrorCode::kUnsupported, "torch.save did not"},
      {"legacy: a plain pickle", Pickler().Dict().Stop(), ErrorCode::kUnsupported, "torch.save did not"},
      {"legacy: big-endian", TorchLegacy(legacy, one, 4, false), ErrorCode::kUnsupported, "big"},
      {"legacy: no storages", TorchLegacy(legacy, {}), kBad, "is missing"},
      {"legacy: storage cut", whole.substr(0, whole.size() - 1), kBad, "ends inside storage '0'"},
      {"legacy: count cut", whole.substr(0, whole.size() - 25), kBad, "ends before storage"},
      {"legacy: wrong count", wrong_count, kBad, "has 5 elements"},
      {"legacy: negative count", negative_count, kBad, "has -1 elements"},
      {"legacy: count -2^63", huge_count, kBad, "elements, the pickle says 6"},
      {"legacy: foreign storage", TorchLegacy(legacy, {{"0", kData}, {"1", kData}}), kBad, "belongs to no tensor"},
      {"legacy: storage twice", TorchLegacy(legacy, {{"0", kData}, {"0", kData}}), kBad, "listed twice"},
      {"legacy: two descriptions",
       TorchLegacy(Pickler()
                       .Dict()
                       .Mark()
                       .Text("a")
                       .Tensor({.legacy = true})
                       .Text("b")
                       .Tensor({.elements = 5, .legacy = true})
                       .Raw("u")
                       .Stop(),
                   one),
       kBad, "two ways"},
      {"legacy: keys are a dict", whole.substr(0, whole.find(legacy)) + legacy + "\x80\x02}.", kBad,
       "list of storages"},
      {"legacy: key is a number",
       whole.substr(0, whole.find(legacy)) + legacy +
           "\x80\x02](K\x01"
           "e.",
       kBad, "not text"},
  });
}

}  // namespace
}  // namespace frond::testing

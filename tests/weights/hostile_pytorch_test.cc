// PyTorch files whose tensors, names or containers lie: each is refused with its reason.

#include <gtest/gtest.h>

#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

constexpr ErrorCode kBad = ErrorCode::kBadFormat;
const std::string kData = Floats({1, 2, 3, 4, 5, 6});

// A state dict of one tensor, described falsely.
std::string OneTensor(const Pickler::TensorArgs& args) {
  return ZippedPickle(Pickler().Dict().Text("w").Tensor(args).Raw("s").Stop());
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
    return ZippedPickle(Pickler().Dict().Text("w").Global("torch._utils", function).Raw(arguments).Raw("Rs").Stop());
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
      {"storage as tensor", ZippedPickle(Pickler().Raw(s).Stop()), kBad, "bare storage"},
  });
}

TEST(HostilePyTorch, Names) {
  const auto named = [](std::string_view name) {
    return ZippedPickle(Pickler().Dict().Text(name).Tensor({}).Raw("s").Stop());
  };
  ExpectAll({
      {"not UTF-8", named("\xff\xfe"), kBad, "UTF-8"},
      {"cut UTF-8", named("a\xc3"), kBad, "UTF-8"},
      {"control", named(std::string_view("a\0b", 3)), kBad, "UTF-8"},
      {"escape", named("\x1b[31m"), kBad, "UTF-8"},
      {"long", named(std::string(1025, 'a')), kBad, "longer"},
      {"twice", ZippedPickle(Pickler().Dict().Mark().Text("w").Tensor({}).Text("w").Tensor({}).Raw("u").Stop()), kBad,
       "'w' appears twice"},
      {"twice by nesting",
       ZippedPickle(
           Pickler().Dict().Mark().Text("a.b").Tensor({}).Text("a").Dict().Text("b").Tensor({}).Raw("su").Stop()),
       kBad, "'a.b' appears twice"},
      {"numbers only", ZippedPickle(Pickler().Dict().Int(1).Tensor({}).Raw("s").Stop()), kBad, "no tensors"},
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

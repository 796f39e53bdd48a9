// Good PyTorch files of both containers: names, shapes, strides, wrappers.

#include <gtest/gtest.h>

#include "src/weights/sniff.h"
#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"

namespace frond::testing {
namespace {

void ExpectGood(const Result<TensorFile>& file, const std::string& format) {
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  EXPECT_EQ(file->format, format);
  ASSERT_EQ(file->tensors.size(), 4u);
  EXPECT_EQ(file->tensors[0].name, "a.weight");
  EXPECT_EQ(file->tensors[0].shape, (Shape{2, 3}));
  EXPECT_EQ(ToFloat(file->tensors[0]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file->tensors[1].strides, (Shape{1, 2}));
  EXPECT_EQ(ToFloat(file->tensors[1]), (std::vector<float>{1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(ToFloat(*file->Find("a.bias")), (std::vector<float>{8, 9}));
  EXPECT_EQ(file->Find("a.steps")->dtype, DType::kInt64);
  EXPECT_EQ(ToFloat(*file->Find("a.steps")), std::vector<float>{11});
}

TEST(PyTorch, ReadsBothContainersInEveryProtocol) {
  for (const int protocol : {2, 3, 4, 5}) {
    ExpectGood(ReadCopy(ReadPyTorch, GoodTorchZip(protocol)), "pytorch-zip");
    ExpectGood(ReadCopy(ReadPyTorch, GoodTorchLegacy(protocol)), "pytorch-legacy");
  }
}

const std::string kData = Floats({1, 2, 3, 4, 5, 6});

Result<TensorFile> ReadPickled(Pickler& pickler) {
  return ReadCopy(ReadPyTorch, TorchZip(pickler.Stop(), {{"0", kData}}));
}

std::vector<std::string> Names(const Result<TensorFile>& file) {
  std::vector<std::string> names;
  if (!file.ok()) return {file.error().ToString()};
  for (const StoredTensor& tensor : file->tensors) names.push_back(tensor.name);
  return names;
}

TEST(PyTorch, PrefersPlainWeightsToAverages) {
  Pickler p;
  p.Dict().Mark();
  for (const char* wrapper : {"model_ema", "state_dict_ema", "model", "state_dict"}) {
    p.Text(wrapper).Dict().Text(std::string("in_") + wrapper).Tensor({}).Raw("s");
  }
  p.Text("best_accuracy").Tensor({}).Raw("u");
  EXPECT_EQ(Names(ReadPickled(p)), std::vector<std::string>{"in_state_dict"});
}

TEST(PyTorch, FallsBackToTheAverageAndToTheTopLevel) {
  Pickler average;
  average.Dict().Mark().Text("state_dict").Dict().Text("state_dict_ema").Dict().Text("w").Tensor({}).Raw("s").Raw("u");
  EXPECT_EQ(Names(ReadPickled(average)), std::vector<std::string>{"w"});
  Pickler nested;
  nested.Dict()
      .Text("module.features")
      .Dict()
      .Text("weight")
      .Tensor({})
      .Raw("s")
      .Raw("s")
      .Text("_orig_mod.bias")
      .Tensor({})
      .Raw("s");
  EXPECT_EQ(Names(ReadPickled(nested)), (std::vector<std::string>{"module.features.weight", "_orig_mod.bias"}));
}

TEST(PyTorch, ReadsParametersSharedTensorsAndMetadata) {
  Pickler p;
  p.OrderedDict()
      .Mark()
      .Text("w")
      .Global("torch._utils", "_rebuild_parameter")
      .Mark()
      .Tensor({})
      .Raw("\x88")
      .OrderedDict()
      .Tuple()
      .Raw("R");
  p.Raw("q\x09").Text("tied").Raw("h\x09").Raw("u");
  p.Dict().Text("_metadata").OrderedDict().Text("").Dict().Raw("s").Raw("s").Raw("b");
  const Result<TensorFile> file = ReadPickled(p);
  EXPECT_EQ(Names(file), (std::vector<std::string>{"w", "tied"}));
  EXPECT_EQ(file->tensors[0].bytes.data(), file->tensors[1].bytes.data());
}

TEST(PyTorch, HoldsTrainingStateOpaque) {
  Pickler p;
  p.Dict().Mark();
  p.Text("args")
      .Global("argparse", "Namespace")
      .Raw(")\x81")
      .Dict()
      .Text("lr")
      .Raw(std::string("G\x3f\xb9\x99\x99\x99\x99\x99\x9a", 9))
      .Raw("sb");
  p.Text("epoch").Global("numpy._core.multiarray", "scalar").Global("numpy", "dtype").Text("f8").Raw("\x89\x88\x87R");
  p.Global("_codecs", "encode").Text("x").Text("latin1").Raw("\x86R\x86R");
  p.Text("size").Global("torch", "Size").Ints({1, 2}).Raw("\x85R");
  p.Text("device").Global("torch", "device").Text("cpu").Raw("\x85R");
  p.Text("dtype").Global("torch", "float16");
  p.Text("counts")
      .Global("collections", "defaultdict")
      .Global("__builtin__", "list")
      .Raw("\x85R")
      .Text("k")
      .Raw(
          "](K\x01K\x02"
          "es");
  p.Text("big").Raw(std::string("\x8a\x09\0\0\0\0\0\0\0\0\x40", 11));
  p.Text("model").OrderedDict().Text("w").Tensor({}).Raw("s");
  EXPECT_EQ(Names(ReadPickled(p.Raw("u"))), std::vector<std::string>{"w"});
}

TEST(PyTorch, ReadsPython2DictsAndStrings) {
  Pickler p;
  p.Global("collections", "OrderedDict").Raw("](](").Raw("U\x01w").Tensor({}).Raw("ee\x85R");
  EXPECT_EQ(Names(ReadPickled(p)), std::vector<std::string>{"w"});
}

TEST(PyTorch, ReadsExpandedEmptyAndScalarTensors) {
  Pickler p;
  p.Dict().Mark();
  p.Text("expanded").Tensor({.offset = 1, .shape = {2, 3}, .strides = {0, 0}});
  p.Text("empty").Tensor({.offset = 6, .shape = {0, 3}, .strides = {3, 1}});
  p.Text("scalar").Tensor({.offset = 5, .shape = {}, .strides = {}});
  p.Text("rows").Tensor({.shape = {2, 2}, .strides = {3, 2}});
  const Result<TensorFile> file = ReadPickled(p.Raw("u"));
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  EXPECT_EQ(ToFloat(*file->Find("expanded")), std::vector<float>(6, 2.0f));
  EXPECT_TRUE(ToFloat(*file->Find("empty")).empty());
  EXPECT_EQ(ToFloat(*file->Find("scalar")), std::vector<float>{6});
  EXPECT_EQ(ToFloat(*file->Find("rows")), (std::vector<float>{1, 3, 4, 6}));
}

TEST(PyTorch, FollowsLegacyViews) {
  Pickler p;
  p.Dict().Text("w").Tensor({.offset = 1, .shape = {2}, .strides = {1}, .legacy = true, .view = {2, 3}}).Raw("s");
  const Result<TensorFile> file = ReadCopy(ReadPyTorch, TorchLegacy(p.Stop(), {{"0", kData}}));
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  EXPECT_EQ(ToFloat(file->tensors[0]), (std::vector<float>{4, 5}));
}

TEST(PyTorch, ReadsUntypedStoragesByDType) {
  Pickler p;
  p.Dict().Text("w").Global("torch._utils", "_rebuild_tensor_v3").Mark();
  p.Mark().Text("storage").Global("torch.storage", "UntypedStorage").Text("0").Text("cpu").Int(24).Tuple().Raw("Q");
  p.Int(1).Ints({2}).Ints({1}).Raw("\x89").OrderedDict().Global("torch", "float32").Tuple().Raw("Rs");
  const Result<TensorFile> file = ReadPickled(p);
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  EXPECT_EQ(ToFloat(file->tensors[0]), (std::vector<float>{2, 3}));
}

TEST(PyTorch, DeepButHonestNestingOfOtherStateIsHarmless) {
  Pickler p;
  p.Dict().Mark().Text("deep");
  for (int i = 0; i < 200000; ++i) p.Raw("]");
  for (int i = 1; i < 200000; ++i) p.Raw("a");
  p.Text("w").Tensor({}).Raw("u");
  EXPECT_EQ(Names(ReadPickled(p)), std::vector<std::string>{"w"});
}

TEST(PyTorch, ReadsZip64) {
  Pickler p;
  p.Dict().Text("w").Tensor({}).Raw("s");
  const Result<TensorFile> file = ReadCopy(ReadPyTorch, TorchZip(p.Stop(), {{"0", kData}}, "", {.zip64 = true}));
  EXPECT_EQ(Names(file), std::vector<std::string>{"w"});
}

TEST(Sniff, KnowsKerasAndHdf5) {
  EXPECT_TRUE(IsKerasArchive(AsBytes(Zip({{"config.json", "{}"}, {"model.weights.h5", "x"}}))));
  EXPECT_FALSE(IsKerasArchive(AsBytes(GoodTorchZip())));
  EXPECT_FALSE(IsKerasArchive(AsBytes("PK\x03\x04")));
  EXPECT_TRUE(IsHdf5(AsBytes("\x89HDF\r\n\x1a\n")));
  EXPECT_TRUE(IsHdf5(AsBytes(std::string(1024, '\0') + "\x89HDF\r\n\x1a\n")));
  EXPECT_FALSE(IsHdf5(AsBytes("\x89HDF\r\n")));
}

}  // namespace
}  // namespace frond::testing

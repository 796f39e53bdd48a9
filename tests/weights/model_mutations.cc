#include "tests/weights/model_mutations.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <utility>

#include "tests/support/temp_dir.h"
#include "tests/weights/file_builders.h"
#include "tests/weights/weights_of.h"

namespace frond::testing {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// An object with one field set to another JSON text, or added.
std::string Object(Fields fields, const std::string& name, const std::string& value) {
  bool known = false;
  std::string out;
  for (auto& [field, text] : fields) {
    if (field == name) {
      text = value;
      known = true;
    }
    out += (out.empty() ? "{\"" : ",\"") + field + "\":" + text;
  }
  return out + (known || name.empty() ? "}" : ",\"" + name + "\":" + value + "}");
}

std::string Stage(const std::string& name = "", const std::string& value = "") {
  return Object({{"kind", "\"mbconv\""},
                 {"kernel", "3"},
                 {"stride", "1"},
                 {"expand_ratio", "2"},
                 {"channels", "8"},
                 {"layers", "1"},
                 {"se_ratio", "0.25"}},
                name, value);
}

std::string Top(const std::string& name = "", const std::string& value = "") {
  return Object({{"name", "\"tiny\""},
                 {"stem_channels", "8"},
                 {"stages", "[" + Stage() + "]"},
                 {"head_channels", "8"},
                 {"num_classes", "2"}},
                name, value);
}

std::string InStage(const std::string& name, const std::string& value) {
  return Top("stages", "[" + Stage(name, value) + "]");
}

std::string InPreprocessing(const std::string& name, const std::string& value) {
  return Top("preprocessing", "{\"" + name + "\":" + value + "}");
}

std::string Repeat(const std::string& text, size_t count, const std::string& between = ",") {
  std::string out = text;
  for (size_t i = 1; i < count; ++i) out += between + text;
  return out;
}

}  // namespace

Spec TinySpec() { return SpecFromJson(Top()).value(); }

std::string TinyModelWithSpec(const std::string& spec_json) {
  const TempDir dir;
  const std::string path = dir.File("model.safetensors");
  WeightsOf(TinySpec())
      .Write(path, {{"frond.format", "1"}, {"frond.spec", spec_json}, {"frond.labels", R"(["cat", "dog"])"}});
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string TinyModel() { return TinyModelWithSpec(SpecToJson(TinySpec())); }

void ForEachDamagedModel(size_t step,
                         const std::function<void(const std::string& file, const std::string& what)>& use) {
  constexpr int kBitFlips = 2000;
  const std::string good = TinyModel();
  const size_t header_end = good.rfind('}');
  for (size_t n = 0; n < good.size(); n += step) use(good.substr(0, n), "first " + std::to_string(n));
  std::mt19937 random(3);
  for (int i = 0; i < kBitFlips; ++i) {
    std::string file = good;
    const size_t end = i % 2 == 0 ? header_end : good.size();
    file[random() % end] ^= static_cast<char>(1U << (random() % 8));
    use(file, "bit flip " + std::to_string(i));
  }
  const std::string values[] = {Le<uint64_t>(0),
                                Le<uint64_t>(~uint64_t{0}),
                                Le<uint64_t>(uint64_t{1} << 63),
                                Le<uint32_t>(0x7f800000),
                                "0",
                                "9",
                                "-1",
                                "1e9",
                                "99999999",
                                "\\u0000"};
  for (const std::string& value : values) {
    for (size_t at = 0; at + value.size() <= good.size(); at += step) {
      std::string file = good;
      file.replace(at, value.size(), value);
      use(file, "'" + value + "' at " + std::to_string(at));
    }
  }
}

std::vector<HostileSpec> HostileSpecs() {
  std::vector<HostileSpec> specs = {{"", "JSON"},
                                    {"null", "object"},
                                    {"[]", "object"},
                                    {"7", "object"},
                                    {"\"tiny\"", "object"},
                                    {"{}", "stages"},
                                    {Top() + "{}", "JSON"},
                                    {Top() + std::string(1, '\0') + "x", "JSON"},
                                    {Top().substr(0, Top().size() - 1), "JSON"},
                                    {std::string(60'000, '['), "JSON"},
                                    {std::string(1'000'000, '['), "bytes"},
                                    {Top("x", Repeat("[", 40'000, "") + Repeat("]", 40'000, "")), "bytes"},
                                    {Top("x", Repeat("[", 20, "") + Repeat("]", 20, "")), "JSON"},
                                    {Top("x", "1"), "'x'"},
                                    {Top("\\u0000\\u001b[31m", "1"), "no field"},
                                    {Top("name", "7"), "name"},
                                    {Top("name", R"("a\u0000b")"), "name"},
                                    {Top("name", R"("\u001b[31mred")"), "name"},
                                    {Top("name", R"("\n")"), "name"},
                                    {Top("name", R"("\ud800")"), "JSON"},
                                    {Top("name", "\"" + std::string(5000, 'n') + "\""), "name"},
                                    {Top("name", R"("quote \" backslash \\ slash \/ \u00e4")"), ""},
                                    {Top("name", R"("../../etc/passwd")"), ""},
                                    {Top("stem_channels", "0"), "stem_channels"},
                                    {Top("stem_channels", "-8"), "stem_channels"},
                                    {Top("stem_channels", "2147483648"), "stem_channels"},
                                    {Top("stem_channels", "18446744073709551615"), "stem_channels"},
                                    {Top("stem_channels", "8.5"), "stem_channels"},
                                    {Top("stem_channels", "\"8\""), "stem_channels"},
                                    {Top("stem_channels", "1e400"), "JSON"},
                                    {Top("stem_channels", "16"), "conv_stem"},
                                    {Top("head_channels", "2147483647"), "head_channels"},
                                    {Top("head_channels", "16384"), "conv_head"},
                                    {Top("num_classes", "-1"), "num_classes"},
                                    {Top("num_classes", "1000001"), "num_classes"},
                                    {Top("num_classes", "1000000"), "classes"},
                                    {Top("num_classes", "0"), "classes"},
                                    {Top("num_classes", "null"), "num_classes"},
                                    {Top("activation", "\"none\""), "activation"},
                                    {Top("activation", "{}"), "activation"},
                                    {Top("padding", "\"valid\""), "padding"},
                                    {Top("bn_epsilon", "0"), "bn_epsilon"},
                                    {Top("bn_epsilon", "-1e-5"), "bn_epsilon"},
                                    {Top("bn_epsilon", "1e308"), "bn_epsilon"},
                                    {Top("group_norm", "8"), "group_norm"},
                                    {Top("group_norm", "[8, 0]"), "group_norm"},
                                    {Top("group_norm", "{}"), ""},
                                    {Top("group_norm", R"({"channels_per_group": -1})"), "channels_per_group"},
                                    {Top("group_norm", R"({"channels_per_group": 16385})"), "channels_per_group"},
                                    {Top("group_norm", R"({"channels_per_group": 2147483648})"), "channels_per_group"},
                                    {Top("group_norm", R"({"channels_per_group": 7.5})"), "channels_per_group"},
                                    {Top("group_norm", R"({"channels_per_group": 8, "from_block": -1})"), "from_block"},
                                    {Top("group_norm", R"({"channels_per_group": 8, "from_block": 4})"), "from_block"},
                                    {Top("group_norm", R"({"groups": 8})"), "groups"},
                                    {Top("group_norm", R"({"channels_per_group": 8})"), "running_mean"},
                                    {Top("dropout", "NaN"), "JSON"},
                                    {Top("drop_path", "2"), "drop_path"},
                                    {Top("stages", "[]"), "stages"},
                                    {Top("stages", "{}"), "stages"},
                                    {Top("stages", "[null]"), "stages"},
                                    {Top("stages", "[" + Repeat(Stage(), 33) + "]"), "stages"},
                                    {Top("stages", "[" + Repeat("{}", 20'000) + "]"), "stages"},
                                    {Top("stages", "[" + Repeat(Stage("layers", "32"), 32) + "]"), ""},
                                    {Top("stages", "[" + Repeat(Stage("layers", "256"), 8) + "]"), "layers"},
                                    {InStage("kind", "\"conv\""), "kind"},
                                    {InStage("kind", "\"fused_mbconv\""), "se_ratio"},
                                    {InStage("kernel", "2"), "kernel"},
                                    {InStage("kernel", "1073741823"), "kernel"},
                                    {InStage("kernel", "5"), "conv_dw"},
                                    {InStage("stride", "0"), "stride"},
                                    {InStage("stride", "2"), ""},
                                    {InStage("expand_ratio", "0"), "expand_ratio"},
                                    {InStage("expand_ratio", "17"), "expand_ratio"},
                                    {InStage("channels", "2147483647"), "channels"},
                                    {InStage("layers", "2147483647"), "layers"},
                                    {InStage("se_ratio", "1e-300"), ""},
                                    {InStage("se_ratio", "-0.25"), "se_ratio"},
                                    {InStage("width", "1"), "width"},
                                    {InPreprocessing("height", "0"), "height"},
                                    {InPreprocessing("width", "1000000"), "width"},
                                    {InPreprocessing("std", "[1, 1, 0]"), "std"},
                                    {InPreprocessing("mean", "[1, 1]"), "mean"},
                                    {InPreprocessing("mean", "[[], {}, null]"), "mean"},
                                    {InPreprocessing("crop_pct", "1e-300"), "crop_pct"},
                                    {InPreprocessing("mode", "\"zoom\""), "mode"},
                                    {Top("preprocessing", "[]"), "preprocessing"}};
  return specs;
}

void WriteBytes(const std::string& path, const std::string& bytes) {
  // File systems flush a file that is cut to nothing and written again; a new one is left to the cache.
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace frond::testing

// Damaged and hostile Keras files through frond-hdf5: whatever becomes of that
// program, ours gives an answer, and soon.

#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/support/temp_dir.h"
#include "tests/weights/expect.h"
#include "tests/weights/file_builders.h"
#include "tests/weights/model_mutations.h"

namespace frond::testing {
namespace {

constexpr double kMaxSeconds = 20;  // 5 of CPU are allowed; the machine may be busy

class KerasMutations : public ::testing::TestWithParam<const char*> {
 protected:
  void Try(const std::string& file, const std::string& what) {
    const std::string path = dir.File("weights");
    WriteBytes(path, file);
    const auto start = std::chrono::steady_clock::now();
    const Result<TensorFile> read = ReadTensorFile(path);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_LE(took.count(), kMaxSeconds) << what;
    if (!read.ok()) {
      EXPECT_GT(read.error().message.size(), path.size() + 2) << what;
      return;
    }
    for (const StoredTensor& tensor : read->tensors)
      EXPECT_EQ(static_cast<int64_t>(ToFloat(tensor).size()), ElementCount(tensor.shape)) << what;
  }

  TempDir dir;
};

TEST_P(KerasMutations, AreAnswered) {
  const std::string path = std::string(FROND_GOLDEN_DIR) + "/" + GetParam();
  std::ifstream in(path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(in), {}};
  const Result<TensorFile> sound = ReadTensorFile(path);
  ASSERT_TRUE(sound.ok()) << sound.error().ToString();
  EXPECT_FALSE(sound->tensors.empty());

  for (const size_t n : {size_t{9}, size_t{96}, size_t{2048}, good.size() / 2, good.size() - 1})
    Try(good.substr(0, n), "first " + std::to_string(n));
  std::mt19937 random(4);
  for (int i = 0; i < 12; ++i) {
    std::string file = good;
    const size_t end = i % 2 == 0 ? 4096 : file.size();  // HDF5's own structures lie at the start
    for (int k = 0; k < 8; ++k) file[8 + random() % (end - 8)] ^= static_cast<char>(1U << (random() % 8));
    Try(file, "bit flips " + std::to_string(i));
  }
  for (const std::string& value : {Le<uint64_t>(0), Le<uint64_t>(~uint64_t{0}), Le<uint64_t>(uint64_t{1} << 40)}) {
    for (int i = 0; i < 3; ++i) {
      std::string file = good;
      file.replace(16 + random() % 4096 / 8 * 8, value.size(), value);
      Try(file, "integer " + std::to_string(i));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryForm, KerasMutations,
                         ::testing::Values("tiny_keras.h5", "tiny_keras.weights.h5", "tiny_keras.keras"),
                         [](const auto& form) {
                           std::string name = form.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

// An HDF5 file with the one dataset "layer/kernel:0" of float32.
void WriteDataset(const std::string& path, const std::vector<hsize_t>& extents, hid_t properties) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t group = H5Gcreate2(file, "layer", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t dataset = H5Dcreate2(group, "kernel:0", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  EXPECT_GE(dataset, 0);
  H5Dclose(dataset);
  H5Sclose(space);
  H5Gclose(group);
  H5Fclose(file);
}

TEST(HostileHdf5, ADatasetThatWasNeverAllocatedTakesNoMemory) {
  const TempDir dir;
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  const std::vector<hsize_t> chunk = {1024, 1024};
  H5Pset_chunk(properties, 2, chunk.data());
  WriteDataset(dir.File("bomb.h5"), {1 << 20, 1 << 10}, properties);
  H5Pclose(properties);
  ExpectError(ReadTensorFile(dir.File("bomb.h5")), ErrorCode::kBadFormat, "passes what a file of this size may hold",
              "4 GiB of nothing");
}

TEST(HostileHdf5, OtherFilesAreNotRead) {
  const TempDir dir;
  WriteBytes(dir.File("secret"), "12345678");
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(properties, dir.File("secret").c_str(), 0, 8);
  WriteDataset(dir.File("thief.h5"), {2}, properties);
  H5Pclose(properties);
  ExpectError(ReadTensorFile(dir.File("thief.h5")), ErrorCode::kBadFormat, "lies in another file", "external storage");
}

}  // namespace
}  // namespace frond::testing

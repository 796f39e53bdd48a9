#ifndef FROND_SRC_SPEC_LIMITS_H_
#define FROND_SRC_SPEC_LIMITS_H_

namespace frond {

// Bounds on what a file or a user may ask for. Each lies well above the largest
// published network (L2: 136 layers, 8,256 channels, 800 px; 21,843 classes in
// ImageNet-21k) and keeps all products of extents far inside 64 bits.
constexpr int kMaxSide = 8192;  // px, of an input
constexpr int kMaxClasses = 1'000'000;
constexpr int kMaxChannels = 16384;
constexpr int kMaxStages = 32;
constexpr int kMaxLayersInStage = 256;
constexpr int kMaxLayers = 1024;
constexpr int kMaxExpandRatio = 16;

}  // namespace frond

#endif  // FROND_SRC_SPEC_LIMITS_H_

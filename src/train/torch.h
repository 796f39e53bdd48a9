#ifndef FROND_SRC_TRAIN_TORCH_H_
#define FROND_SRC_TRAIN_TORCH_H_

// libtorch, and nothing else of the project includes its headers. Warnings inside them are not ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>
#include <torch/utils.h>
#pragma GCC diagnostic pop

#endif  // FROND_SRC_TRAIN_TORCH_H_

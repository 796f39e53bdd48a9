#ifndef FROND_SRC_TRAIN_C10D_H_
#define FROND_SRC_TRAIN_C10D_H_

// libtorch's c10d, as 1.13 and as 2.x have it. Gloo and NCCL are to be had where libtorch has them and the headers that
// its own include are there: those of libgloo-dev, of NCCL and of CUDA.

#include "src/train/torch.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wdeprecated-copy"
#include <torch/version.h>
#if defined(USE_C10D_GLOO) && __has_include(<gloo/context.h>)
#define FROND_HAS_GLOO 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#else
#define FROND_HAS_GLOO 0
#endif
#if FROND_HAS_GLOO && defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#define FROND_HAS_NCCL 1
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#else
#define FROND_HAS_NCCL 0
#endif
#pragma GCC diagnostic pop

#if FROND_HAS_GLOO
namespace frond {

// What Gloo's and NCCL's groups both are.
#if TORCH_VERSION_MAJOR >= 2
using ProcessGroup = c10d::Backend;
#else
using ProcessGroup = c10d::ProcessGroup;
#endif

}  // namespace frond
#endif

#endif  // FROND_SRC_TRAIN_C10D_H_

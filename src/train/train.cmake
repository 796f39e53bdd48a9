# The trainer, the only folder that includes libtorch.
if(FROND_HAS_TORCH)
  find_package(CLI11 REQUIRED)
  frond_layer(train
    SOURCES
      train/checkpoint.cc
      train/depthwise_conv.cc
      train/depthwise_gradient_simd.cc
      train/feed.cc
      train/finish.cc
      train/frozen_part.cc
      train/grad_checkpoint.cc
      train/group_norm.cc
      train/loss.cc
      train/lr_range.cc
      train/memory_estimate.cc
      train/metrics_log.cc
      train/model_card.cc
      train/module.cc
      train/norm_activation.cc
      train/norm_activation_simd.cc
      train/optimizer.cc
      train/options.cc
      train/pointwise_conv.cc
      train/setup.cc
      train/task_loss.cc
      train/tensor_io.cc
      train/trainer.cc
      train/trainer_passes.cc
    DEPS base tensor spec image weights kernels engine data evaluate
    LIBRARIES CLI11::CLI11 nlohmann_json::nlohmann_json)
  target_include_directories(frond_train SYSTEM PUBLIC ${TORCH_INCLUDE_DIRS})
  target_link_libraries(frond_train PUBLIC ${TORCH_LIBRARIES})
endif()

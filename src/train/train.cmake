# The trainer, the only folder that includes libtorch.
if(FROND_HAS_TORCH)
  find_package(CLI11 REQUIRED)
  frond_layer(train
    SOURCES
      train/checkpoint.cc
      train/compute.cc
      train/depthwise_conv.cc
      train/depthwise_gradient_simd.cc
      train/feed.cc
      train/finish.cc
      train/frozen_part.cc
      train/grad_checkpoint.cc
      train/gradient_buckets.cc
      train/group_norm.cc
      train/joint_audit.cc
      train/joint_batch.cc
      train/loss.cc
      train/lr_range.cc
      train/memory_estimate.cc
      train/metrics_log.cc
      train/model_card.cc
      train/module.cc
      train/norm_activation.cc
      train/norm_activation_simd.cc
      train/observe_photos.cc
      train/optimizer.cc
      train/options.cc
      train/overflow.cc
      train/peers.cc
      train/pointwise_conv.cc
      train/probe.cc
      train/setup.cc
      train/shared_memory_sums.cc
      train/sync_batch_norm.cc
      train/task_loss.cc
      train/tensor_io.cc
      train/trainer.cc
      train/trainer_passes.cc
      train/trainer_probe.cc
      train/trainer_peers.cc
      train/trainer_rescue.cc
      train/update.cc
      train/update_simd.cc
      train/world.cc
    DEPS base html tensor spec image weights kernels engine data evaluate monitor
    LIBRARIES CLI11::CLI11 nlohmann_json::nlohmann_json)
  target_include_directories(frond_train SYSTEM PUBLIC ${TORCH_INCLUDE_DIRS})
  # Its targets, not TORCH_LIBRARIES: there a wheel's package names the system's libc10 where there is one.
  target_link_libraries(frond_train PUBLIC torch torch_library)
  # at::parallel_for is a template: without OpenMP it is a plain loop. GCC's is the library that libtorch has its threads
  # from; Clang's would be a second one.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    find_package(OpenMP QUIET COMPONENTS CXX)
    if(OpenMP_CXX_FOUND)
      set_source_files_properties(train/depthwise_conv.cc train/update.cc PROPERTIES COMPILE_OPTIONS "${OpenMP_CXX_FLAGS}")
      target_link_options(frond_train PUBLIC ${OpenMP_CXX_FLAGS})
    endif()
  endif()
endif()

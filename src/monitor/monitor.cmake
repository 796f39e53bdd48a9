# What a model in use is watched with. In libfrond too, so it needs nothing but what that has.
frond_layer(monitor
  SOURCES
    monitor/alarm.cc
    monitor/drift_detector.cc
    monitor/drift_examples.cc
    monitor/drift_message.cc
    monitor/drift_reference.cc
    monitor/drift_window.cc
    monitor/eigen.cc
    monitor/kernel_test.cc
    monitor/latency_sketch.cc
    monitor/model_watch.cc
    monitor/monitor.cc
    monitor/observed_photo.cc
    monitor/photo_statistics.cc
    monitor/significance.cc
    monitor/traffic_key.cc
    monitor/traffic_summary.cc
    monitor/training_reference.cc
    monitor/watch_json.cc
  DEPS base tensor classify
  LIBRARIES nlohmann_json::nlohmann_json)

# What a model in use is watched with.
frond_layer(monitor
  SOURCES monitor/alarm.cc monitor/latency_sketch.cc monitor/sliding_latency.cc
  DEPS base)

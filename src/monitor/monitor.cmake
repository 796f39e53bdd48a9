# What a model in use is watched with.
frond_layer(monitor
  SOURCES monitor/latency_sketch.cc monitor/sliding_latency.cc
  DEPS base)

frond_layer(classify
  SOURCES classify/answer_json.cc classify/classifier.cc classify/predictor.cc classify/scores.cc
  DEPS base tensor spec image weights kernels engine
  LIBRARIES nlohmann_json::nlohmann_json)

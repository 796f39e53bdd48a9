frond_layer(evaluate
  SOURCES
    evaluate/calibration.cc
    evaluate/confusion.cc
    evaluate/evaluate_tasks.cc
    evaluate/evaluation.cc
    evaluate/evaluation_output.cc
    evaluate/fit_temperature.cc
    evaluate/match_tasks.cc
    evaluate/predict_dataset.cc
    evaluate/predictions_by_task.cc
    evaluate/report.cc
    evaluate/report_audit.cc
    evaluate/report_classes.cc
    evaluate/report_confusion.cc
    evaluate/report_curves.cc
    evaluate/report_gallery.cc
    evaluate/report_reliability.cc
  DEPS base html tensor spec image weights kernels engine classify data
  LIBRARIES nlohmann_json::nlohmann_json)

# What a model in use is watched with. The record store is SQLite's; without it opening one says what to install.
find_package(SQLite3 3.38)
set(SQLite3_FOUND ${SQLite3_FOUND} PARENT_SCOPE)  # the tests ask
if(SQLite3_FOUND)
  set(sqlite monitor/sqlite.cc)
  set(sqlite_library SQLite::SQLite3)
else()
  set(sqlite monitor/sqlite_none.cc)
  set(sqlite_library)
endif()

frond_layer(monitor
  SOURCES
    monitor/alarm.cc
    monitor/drift_detector.cc
    monitor/drift_message.cc
    monitor/drift_reference.cc
    monitor/drift_window.cc
    monitor/eigen.cc
    monitor/kernel_test.cc
    monitor/latency_sketch.cc
    monitor/model_watch.cc
    monitor/observed_photo.cc
    monitor/photo_statistics.cc
    monitor/record.cc
    monitor/record_limits.cc
    monitor/record_reader.cc
    monitor/record_reader_quality.cc
    monitor/record_schema.cc
    monitor/record_store.cc
    monitor/record_writer.cc
    monitor/significance.cc
    monitor/store_lock.cc
    monitor/store_report.cc
    monitor/store_report_json.cc
    monitor/store_report_page.cc
    monitor/store_report_quality.cc
    monitor/store_report_use.cc
    monitor/time_chart.cc
    monitor/traffic_summary.cc
    monitor/training_reference.cc
    ${sqlite}
  DEPS base html tensor classify
  LIBRARIES nlohmann_json::nlohmann_json ${sqlite_library})

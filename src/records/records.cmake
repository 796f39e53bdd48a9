# What a service answered, in a file. That is SQLite's; without it opening one says what to install.
find_package(SQLite3 3.38)
set(SQLite3_FOUND ${SQLite3_FOUND} PARENT_SCOPE)  # the tests ask
if(SQLite3_FOUND)
  set(sqlite records/sqlite.cc)
  set(sqlite_library SQLite::SQLite3)
else()
  set(sqlite records/sqlite_none.cc)
  set(sqlite_library)
endif()

frond_layer(records
  SOURCES
    records/record.cc
    records/record_limits.cc
    records/record_reader.cc
    records/record_reader_quality.cc
    records/record_schema.cc
    records/record_store.cc
    records/record_writer.cc
    records/store_lock.cc
    records/store_report.cc
    records/store_report_json.cc
    records/store_report_page.cc
    records/store_report_photos.cc
    records/store_report_quality.cc
    records/store_report_use.cc
    records/time_chart.cc
    records/traffic_days.cc
    ${sqlite}
  DEPS base html image monitor
  LIBRARIES nlohmann_json::nlohmann_json ${sqlite_library})

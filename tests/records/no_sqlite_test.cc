// A build without SQLite, made here by linking src/records/sqlite_none.cc: what is missing is said, nothing else fails.

#include <gtest/gtest.h>

#include "src/records/record_reader.h"
#include "src/records/record_store.h"

namespace frond {
namespace {

TEST(WithoutSqlite, OpeningSaysWhatToInstall) {
  for (const Error& error : {RecordStore::Open("store.db").error(), RecordReader::Open("store.db").error()}) {
    EXPECT_EQ(error.code, ErrorCode::kUnsupported);
    EXPECT_NE(error.remedy.find("libsqlite3-dev"), std::string::npos);
  }
}

}  // namespace
}  // namespace frond

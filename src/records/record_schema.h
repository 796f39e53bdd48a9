#ifndef FROND_SRC_RECORDS_RECORD_SCHEMA_H_
#define FROND_SRC_RECORDS_RECORD_SCHEMA_H_

#include <cstdint>
#include <string>

#include "frond/result.h"
#include "src/records/sqlite.h"

namespace frond {

// "FRND": what tells a store from other programs' databases, where SQLite and file(1) look for it.
constexpr int64_t kStoreApplicationId = 0x46524e44;
// Of the tables, as SQLite's user_version. A store of a higher one is neither written nor read.
// A table that was added later is made where it is missing and read where it is there: it makes no new version, since
// who does not know it may go on reading and writing the others.
constexpr int64_t kStoreVersion = 1;

// Whether an open database is a store of this version. Errors: kBadFormat for a damaged file, another program's, an
// empty one; kUnsupported for a newer version.
Status CheckStore(const Database& database, const std::string& path);

// A database to be written: checked, or where it is empty made a store. Write-ahead log, incremental vacuum.
Result<Database> OpenStoreForWriting(const std::string& path);

}  // namespace frond

#endif  // FROND_SRC_RECORDS_RECORD_SCHEMA_H_

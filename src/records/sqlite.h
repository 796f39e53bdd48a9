#ifndef FROND_SRC_RECORDS_SQLITE_H_
#define FROND_SRC_RECORDS_SQLITE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frond/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace frond {

// SQLite, as little of it as the record store needs. sqlite.cc includes the library; sqlite_none.cc stands for it where
// there is none. For one thread at a time. Errors carry the database's path: kIo (full, not to be written to, in use),
// kBadFormat (damaged, no database), kLimit (memory), kUnsupported (no SQLite in this build).

// One statement, prepared; must not outlive its database.
class SqlStatement {
 public:
  // The next parameter, from the first on after each Reset. A real that is not finite is NULL. Texts and bytes are
  // not copied: they must live until the statement has run.
  SqlStatement& Bind(int64_t value);
  SqlStatement& Bind(double value);
  SqlStatement& Bind(std::string_view text);
  SqlStatement& Bind(std::span<const std::byte> bytes);
  SqlStatement& BindNull();
  SqlStatement& Bind(const std::optional<double>& value) { return value ? Bind(*value) : BindNull(); }

  Result<bool> Step();  // true: there is a row
  Status Run();         // to the end, then Reset
  void Reset();

  // Of the row, by column from 0. NULL is 0, NaN, "" and none.
  int64_t Int(int column) const;
  double Real(int column) const;
  std::optional<double> Optional(int column) const;
  std::string Text(int column) const;
  std::string Blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  SqlStatement(sqlite3_stmt* statement, std::string path) : statement_(statement), path_(std::move(path)) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string path_;
  int next_ = 1;
  int bad_ = 0;  // the first code that binding gave
};

class Database {
 public:
  enum class Mode { kRead, kWrite };

  // Whether this build has SQLite.
  static Status Available();
  // kWrite makes a file that is not there. Nothing is read yet: that a file is no database is found by the first query.
  static Result<Database> Open(const std::string& path, Mode mode);

  Status Run(const char* statements);
  Result<SqlStatement> Prepare(std::string_view statement) const;
  Result<int64_t> Number(std::string_view query) const;  // of its first row's first column
  int64_t LastId() const;                                // of the last row inserted
  int64_t Changes() const;                               // rows that the last statement changed
  bool InTransaction() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

}  // namespace frond

#endif  // FROND_SRC_RECORDS_SQLITE_H_

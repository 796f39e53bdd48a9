// In place of sqlite.cc where the build has no SQLite. Nothing but Available and Open is ever reached.
#include <limits>

#include "src/records/sqlite.h"

namespace frond {
namespace {

Error NoSqlite() {
  return {ErrorCode::kUnsupported, "the record store needs SQLite, which this build has not",
          "install libsqlite3-dev (Debian) and build again: scripts/build release"};
}

}  // namespace

void SqlStatement::Finalize::operator()(sqlite3_stmt* /*statement*/) const {}
void Database::Close::operator()(sqlite3* /*database*/) const {}

SqlStatement& SqlStatement::Bind(int64_t /*value*/) { return *this; }
SqlStatement& SqlStatement::Bind(double /*value*/) { return *this; }
SqlStatement& SqlStatement::Bind(std::string_view /*text*/) { return *this; }
SqlStatement& SqlStatement::Bind(std::span<const std::byte> /*bytes*/) { return *this; }
SqlStatement& SqlStatement::BindNull() { return *this; }
Result<bool> SqlStatement::Step() { return NoSqlite(); }
Status SqlStatement::Run() { return NoSqlite(); }
void SqlStatement::Reset() {
  next_ = 1;
  bad_ = 0;
}
int64_t SqlStatement::Int(int /*column*/) const { return 0; }
double SqlStatement::Real(int /*column*/) const { return std::numeric_limits<double>::quiet_NaN(); }
std::optional<double> SqlStatement::Optional(int /*column*/) const { return std::nullopt; }
std::string SqlStatement::Text(int /*column*/) const { return ""; }
std::string SqlStatement::Blob(int /*column*/) const { return ""; }

Status Database::Available() { return NoSqlite(); }
Result<Database> Database::Open(const std::string& /*path*/, Mode /*mode*/) { return NoSqlite(); }
Status Database::Run(const char* /*statements*/) { return NoSqlite(); }
Result<SqlStatement> Database::Prepare(std::string_view /*statement*/) const { return NoSqlite(); }
Result<int64_t> Database::Number(std::string_view /*query*/) const { return NoSqlite(); }
int64_t Database::LastId() const { return 0; }
int64_t Database::Changes() const { return 0; }
bool Database::InTransaction() const { return false; }

}  // namespace frond

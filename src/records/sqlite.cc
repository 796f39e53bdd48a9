#include "src/records/sqlite.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "src/base/format.h"

namespace frond {
namespace {

// For another process that reads, or that makes its index of the log anew.
constexpr int kBusyMs = 2000;

std::string Reason(sqlite3* database) {
  const int code = sqlite3_system_errno(database);
  return code != 0 ? StrCat(sqlite3_errmsg(database), " (", std::strerror(code), ")") : sqlite3_errmsg(database);
}

Error ErrorOf(int code, sqlite3* database, const std::string& path) {
  const std::string reason = database == nullptr ? sqlite3_errstr(code) : Reason(database);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kIo, StrCat("cannot write ", path, ": the disk is full"), "free space on its disk"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return {ErrorCode::kIo, StrCat("cannot open or write ", path, ": ", reason),
              "check that its folder exists and that this user may write to both"};
    case SQLITE_IOERR:
      return {ErrorCode::kIo, StrCat("cannot read or write ", path, ": ", reason),
              "check its disk, and that it has room"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kIo, StrCat(path, " is in use: ", reason), "end the other program that writes to it"};
    case SQLITE_NOTADB:
      return {ErrorCode::kBadFormat, StrCat(path, " is no record store: ", reason),
              "give another path, or move the file away"};
    case SQLITE_CORRUPT:
      return {ErrorCode::kBadFormat, StrCat(path, " is damaged: ", reason),
              "move it away and start again; `sqlite3 FILE .recover` prints what can be read of it"};
    case SQLITE_NOMEM: return {ErrorCode::kLimit, StrCat("no memory for ", path), "free memory"};
    default:
      return {ErrorCode::kIo, StrCat(path, ": ", reason), "if this happens again, report it as a defect of frond"};
  }
}

// `path` as SQLite's URI, in which %, ? and # mean something.
std::string ImmutableUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

SqlStatement& SqlStatement::Bind(int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), next_++, value);
  if (bad_ == 0) bad_ = code;
  return *this;
}

SqlStatement& SqlStatement::Bind(double value) {
  if (!std::isfinite(value)) return BindNull();
  const int code = sqlite3_bind_double(statement_.get(), next_++, value);
  if (bad_ == 0) bad_ = code;
  return *this;
}

SqlStatement& SqlStatement::Bind(std::string_view text) {
  // An empty view may have no data, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.get(), next_++, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (bad_ == 0) bad_ = code;
  return *this;
}

SqlStatement& SqlStatement::Bind(std::span<const std::byte> bytes) {
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  const int code = sqlite3_bind_blob64(statement_.get(), next_++, data, bytes.size(), SQLITE_STATIC);
  if (bad_ == 0) bad_ = code;
  return *this;
}

SqlStatement& SqlStatement::BindNull() {
  const int code = sqlite3_bind_null(statement_.get(), next_++);
  if (bad_ == 0) bad_ = code;
  return *this;
}

Result<bool> SqlStatement::Step() {
  const int code = bad_ != 0 ? bad_ : sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = ErrorOf(code, sqlite3_db_handle(statement_.get()), path_);
  Reset();
  return error;
}

Status SqlStatement::Run() {
  while (true) {
    FROND_ASSIGN(const bool row, Step());
    if (!row) break;
  }
  Reset();
  return {};
}

void SqlStatement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
  bad_ = 0;
}

int64_t SqlStatement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double SqlStatement::Real(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

std::optional<double> SqlStatement::Optional(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_double(statement_.get(), column);
}

std::string SqlStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr ? "" : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::string SqlStatement::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return bytes == nullptr ? ""
                          : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

Status Database::Available() { return {}; }

Result<Database> Database::Open(const std::string& path, Mode mode) {
  const int flags = (mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  // As a path, not as one of the names that SQLite gives a meaning (":memory:", "file:...").
  std::string name = path.starts_with('/') ? path : "./" + path;
  // A store at rest in a folder that this user may not write to: there can be no index of a log beside it, nor any log.
  if (mode == Mode::kRead && access((path + "-wal").c_str(), F_OK) != 0) {
    const std::string folder = name.substr(0, name.rfind('/') + 1);
    if (access(folder.c_str(), W_OK) != 0) name = ImmutableUri(name);
  }
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  Database database(raw, path);
  if (code != SQLITE_OK) return ErrorOf(code, raw, path);
  sqlite3_busy_timeout(raw, kBusyMs);
  if (mode == Mode::kWrite && sqlite3_db_readonly(raw, "main") == 1) return ErrorOf(SQLITE_READONLY, nullptr, path);
  return database;
}

Status Database::Run(const char* statements) {
  const int code = sqlite3_exec(database_.get(), statements, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status() : ErrorOf(code, database_.get(), path_);
}

Result<SqlStatement> Database::Prepare(std::string_view statement) const {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), statement.data(), static_cast<int>(statement.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return ErrorOf(code, database_.get(), path_);
  return SqlStatement(raw, path_);
}

Result<int64_t> Database::Number(std::string_view query) const {
  FROND_ASSIGN(SqlStatement statement, Prepare(query));
  FROND_ASSIGN(const bool row, statement.Step());
  return row ? statement.Int(0) : 0;
}

int64_t Database::LastId() const { return sqlite3_last_insert_rowid(database_.get()); }
int64_t Database::Changes() const { return sqlite3_changes64(database_.get()); }
bool Database::InTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

}  // namespace frond

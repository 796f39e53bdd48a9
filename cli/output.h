#ifndef FROND_CLI_OUTPUT_H_
#define FROND_CLI_OUTPUT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"

namespace frond::cli {

// Exit statuses, fixed: others call them.
constexpr int kExitOk = 0;
constexpr int kExitInput = 1;  // a file, a name or a value is at fault
constexpr int kExitUsage = 2;  // the command line is

// "frond: message" and the remedy on standard error, control characters but line ends replaced; with --json a document
// {"error": {"code", "message", "remedy"}} on standard output. Returns kExitInput.
int Fail(const Error& error, bool json);
int FailUsage(std::string_view message, bool json);  // code "usage"; returns kExitUsage

// "frond: warning: message" on standard error.
void Warn(std::string_view message);

// Text from a file made fit for a terminal and one line: control characters become '?'.
std::string Clean(std::string_view text);

// Writes a document to standard output; kExitInput where that fails (a full disk, a closed pipe).
int Print(std::string_view text);

// "5.29 M", "386 M", "20.2 MB": three significant digits, powers of 1000.
std::string Count(int64_t value);
std::string Bytes(int64_t value);

// Rows of cells under a header, columns aligned: texts (column 0 and those named) left, numbers right.
std::string Table(const std::vector<std::vector<std::string>>& rows, size_t left_columns = 1);

}  // namespace frond::cli

#endif  // FROND_CLI_OUTPUT_H_

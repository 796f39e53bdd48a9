#ifndef FROND_SRC_DATA_CSV_H_
#define FROND_SRC_DATA_CSV_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "frond/result.h"

namespace frond {

// A record of a CSV; a quoted field may hold line ends, so records and lines are counted apart.
struct CsvRecord {
  std::vector<std::string> fields;
  size_t line = 1;  // in which it begins
};

// RFC 4180, and what programs make of it: lines end in LF or CRLF, a byte order mark is skipped, empty lines too, and
// where the first line has no comma but semicolons or tabs (Excel in much of Europe), these separate. Errors, by line:
// kInvalidArgument for a quote that is not closed or not doubled; kBadFormat for bytes that are no text in UTF-8's or
// Latin-1's order (a zero byte: UTF-16, or no text at all).
Result<std::vector<CsvRecord>> ParseCsv(std::string_view text);

// Without the spaces, tabs and line ends at either end, which people leave around fields.
std::string TrimSpaces(std::string_view text);

}  // namespace frond

#endif  // FROND_SRC_DATA_CSV_H_

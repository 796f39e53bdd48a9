#ifndef FROND_SRC_DATA_CSV_COLUMNS_H_
#define FROND_SRC_DATA_CSV_COLUMNS_H_

#include <optional>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/data/csv.h"

namespace frond {

// Which field of a line of a data set's CSV says what.
struct CsvColumns {
  size_t path = 0;
  std::vector<std::string> tasks;  // their names, as written; {""} for a column `label`
  std::vector<size_t> labels;      // the column of each task
  std::optional<size_t> split;
  std::optional<size_t> group;
};

// From the header, in any case of letters. Errors: kBadFormat where no column names the photo or a label;
// kInvalidArgument for two columns that mean the same, `label` beside `label:NAME`, and a task's name that is empty or
// no printable UTF-8 of at most 256 bytes.
Result<CsvColumns> FindCsvColumns(const CsvRecord& header);

}  // namespace frond

#endif  // FROND_SRC_DATA_CSV_COLUMNS_H_

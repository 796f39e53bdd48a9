#include "src/data/csv.h"

#include <algorithm>

#include "src/base/format.h"

namespace frond {
namespace {

char SeparatorOf(std::string_view text) {
  const std::string_view header = text.substr(0, text.find_first_of("\r\n"));
  for (const char separator : {',', ';', '\t'}) {
    if (header.find(separator) != std::string_view::npos) return separator;
  }
  return ',';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), separator_(SeparatorOf(text)) {}

  Result<std::vector<CsvRecord>> Run() {
    std::vector<CsvRecord> records;
    while (at_ < text_.size()) {
      CsvRecord record;
      record.line = line_;
      do {
        record.fields.emplace_back();
        FROND_RETURN_IF_ERROR(Field(record.fields.back()));
      } while (Take(separator_));
      const bool empty_line = record.fields.size() == 1 && record.fields[0].empty();
      TakeLineEnd();
      if (!empty_line) records.push_back(std::move(record));
    }
    return records;
  }

 private:
  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool AtLineEnd() const { return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n"; }

  void TakeLineEnd() {
    Take('\r');
    if (Take('\n')) ++line_;
  }

  Status Field(std::string& field) {
    if (Take('"')) return Quoted(field);
    while (!AtLineEnd() && text_[at_] != separator_) {
      if (text_[at_] == '"') {
        return Broken("has a quote inside a field", "put the whole field in quotes and double the quotes inside");
      }
      field += text_[at_++];
    }
    return {};
  }

  Status Quoted(std::string& field) {
    const size_t first_line = line_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '"') {
        if (c == '\n') ++line_;
        field += c;
      } else if (Take('"')) {
        field += '"';
      } else if (AtLineEnd() || text_[at_] == separator_) {
        return {};
      } else {
        return Broken("has text after a closing quote", "double the quotes inside a field");
      }
    }
    line_ = first_line;
    return Broken("opens a quote that is never closed", "close it, or double the quotes inside a field");
  }

  Error Broken(std::string_view what, std::string_view remedy) const {
    return {ErrorCode::kInvalidArgument, StrCat("line ", line_, " ", what), std::string(remedy)};
  }

  std::string_view text_;
  char separator_;
  size_t at_ = 0;
  size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> ParseCsv(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
    return Error{ErrorCode::kBadFormat, StrCat("line ", line, " holds a zero byte: this is no text"),
                 "save it as CSV in UTF-8"};
  }
  return Parser(text).Run();
}

std::string TrimSpaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kSpaces) - first + 1));
}

}  // namespace frond

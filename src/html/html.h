#ifndef FROND_SRC_HTML_HTML_H_
#define FROND_SRC_HTML_HTML_H_

#include <string>
#include <string_view>
#include <vector>

namespace frond {

// Any bytes as text of an element or of a quoted attribute: Printable, with & < > " ' escaped.
std::string HtmlText(std::string_view text);

// A table whose cells are HTML already. Headers' first column is left, those from `numbers_from` on are right.
struct HtmlTable {
  std::string caption;  // text
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;  // the first cell of each names the row
  size_t numbers_from = 1;

  // In a box that scrolls sideways where the screen is narrow.
  std::string ToHtml() const;
};

struct HtmlSection {
  std::string id;
  std::string title;  // text
  std::string body;   // HTML
};

// A whole document with a list of its sections, which loads nothing and runs nothing: its policy forbids both.
std::string HtmlPage(std::string_view title, std::string_view head, const std::vector<HtmlSection>& sections);

// `body` behind a line that opens it.
std::string HtmlDetails(std::string_view summary, std::string_view body);

}  // namespace frond

#endif  // FROND_SRC_HTML_HTML_H_

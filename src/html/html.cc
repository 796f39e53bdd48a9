#include "src/html/html.h"

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/html/html_style.h"

namespace frond {

std::string HtmlText(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string HtmlTable::ToHtml() const {
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><caption>" + HtmlText(caption) + "</caption>";
  const auto number = [&](size_t column) { return column >= numbers_from ? " class=\"num\"" : ""; };
  if (!headers.empty()) {
    out += "<thead><tr>";
    for (size_t c = 0; c < headers.size(); ++c) {
      out += StrCat("<th scope=\"col\"", number(c), ">", HtmlText(headers[c]), "</th>");
    }
    out += "</tr></thead>";
  }
  out += "<tbody>";
  for (const auto& row : rows) {
    out += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      out += c == 0 ? StrCat("<th scope=\"row\">", row[c], "</th>") : StrCat("<td", number(c), ">", row[c], "</td>");
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string HtmlDetails(std::string_view summary, std::string_view body) {
  return StrCat("<details><summary>", HtmlText(summary), "</summary>\n", body, "</details>\n");
}

std::string HtmlPage(std::string_view title, std::string_view head, const std::vector<HtmlSection>& sections) {
  std::string out = StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
      HtmlText(title), "</title>\n<style>", kHtmlStyle, "</style>\n</head>\n<body>\n<header>\n<h1>", HtmlText(title),
      "</h1>\n", head);
  if (sections.size() > 1) {
    out += "<nav aria-label=\"Sections\"><ul>";
    for (const HtmlSection& section : sections) {
      out += StrCat("<li><a href=\"#", section.id, "\">", HtmlText(section.title), "</a></li>");
    }
    out += "</ul></nav>\n";
  }
  out += "</header>\n<main>\n";
  for (const HtmlSection& section : sections) {
    out += StrCat("<section id=\"", section.id, "\" aria-labelledby=\"", section.id, "-title\">\n<h2 id=\"", section.id,
                  "-title\">", HtmlText(section.title), "</h2>\n", section.body, "</section>\n");
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace frond

#ifndef FROND_SRC_SERVE_HTTP_METRICS_TEXT_H_
#define FROND_SRC_SERVE_HTTP_METRICS_TEXT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace frond::serve {

// Writes what Prometheus scrapes: its text format 0.0.4, or OpenMetrics 1.0 for who asks for that. The two differ in
// how a counter's family is named, and in the end.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  explicit MetricsText(bool open_metrics) : open_metrics_(open_metrics) {}

  // Begins a family, whose samples follow; a counter's name ends in "_total". `unit` is that of the name, if any.
  void Family(std::string_view name, std::string_view type, std::string_view help, std::string_view unit = "");
  // Of the family begun last; `suffix` is a histogram's "_bucket", "_sum" or "_count".
  void Sample(const Labels& labels, double value, std::string_view suffix = "");

  std::string_view content_type() const;
  std::string Take() &&;

 private:
  const bool open_metrics_;
  std::string name_;
  std::string text_;
};

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_METRICS_TEXT_H_

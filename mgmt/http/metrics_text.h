// MetricsText: writes the text format that Prometheus reads (version 0.0.4), family by family.
// No I/O, no state but the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::mgmt {

enum class MetricKind : uint8_t { counter, gauge, histogram };

using MetricLabels = std::vector<std::pair<std::string_view, std::string>>;

class MetricsText {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  /// Begins a family; its samples follow. A counter's name ends in _total.
  void family(std::string_view name, MetricKind kind, std::string_view help);
  void sample(const MetricLabels& labels, double value);
  void sample(const MetricLabels& labels, uint64_t value);
  /// Of a histogram: `upper` in its unit, and how many were at most that long.
  void bucket(const MetricLabels& labels, double upper, uint64_t cumulative);
  /// Ends the buckets of these labels.
  void buckets_end(const MetricLabels& labels, uint64_t count);

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, const MetricLabels& labels, const std::string& value);

  std::string text_;
  std::string name_;
};

}  // namespace tidemark::mgmt

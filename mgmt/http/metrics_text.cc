#include "mgmt/http/metrics_text.h"

#include <fmt/format.h>

#include <array>

namespace tidemark::mgmt {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"counter", "gauge", "histogram"};

std::string escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return escaped;
}

MetricLabels with_bound(const MetricLabels& labels, std::string bound) {
  MetricLabels all = labels;
  all.emplace_back("le", std::move(bound));
  return all;
}

}  // namespace

void MetricsText::family(std::string_view name, MetricKind kind, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                       kKinds[static_cast<size_t>(kind)]);
}

void MetricsText::line(std::string_view suffix, const MetricLabels& labels,
                       const std::string& value) {
  text_ += name_;
  text_ += suffix;
  char separator = '{';
  for (const auto& [name, label] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", separator, name, escaped(label));
    separator = ',';
  }
  text_ += labels.empty() ? " " : "} ";
  text_ += value + "\n";
}

void MetricsText::sample(const MetricLabels& labels, double value) {
  line("", labels, fmt::format("{}", value));
}

void MetricsText::sample(const MetricLabels& labels, uint64_t value) {
  line("", labels, std::to_string(value));
}

void MetricsText::bucket(const MetricLabels& labels, double upper, uint64_t cumulative) {
  line("_bucket", with_bound(labels, fmt::format("{}", upper)), std::to_string(cumulative));
}

void MetricsText::buckets_end(const MetricLabels& labels, uint64_t count) {
  line("_bucket", with_bound(labels, "+Inf"), std::to_string(count));
  line("_count", labels, std::to_string(count));
}

}  // namespace tidemark::mgmt

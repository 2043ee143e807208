#include "gateway/measure/latency_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "schemas/words/formatted.hpp"

namespace karst::tool {
namespace {

constexpr std::array<const char*, 4> colours{"#1f6feb", "#d1495b", "#2a9d8f", "#8d6a9f"};

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      default: result += c;
    }
  }
  return result;
}

/// "850 ns", "12 µs", "3 ms", "2 s".
std::string duration_text(double ns) {
  static constexpr std::array<const char*, 4> units{"ns", "µs", "ms", "s"};
  std::size_t unit = 0;
  while (ns >= 999.5 && unit + 1 < units.size()) {
    ns /= 1'000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %s", ns, units[unit]);
  return text;
}

/// A rectangle of the picture with a logarithmic latency axis. Unit: pixels.
struct Panel {
  double left = 80;
  double right = 880;
  double top;
  double bottom;
  double decade_min;  // of nanoseconds
  double decade_max;

  [[nodiscard]] double y(double ns) const {
    const double decade = std::log10(std::max(ns, 1.0));
    const double share = (decade - decade_min) / (decade_max - decade_min);
    return bottom - std::clamp(share, 0.0, 1.0) * (bottom - top);
  }
  [[nodiscard]] double x(double share) const { return left + share * (right - left); }
};

/// From the decade of the least to that of the greatest.
void fit(Panel& panel, double ns_min, double ns_max) {
  panel.decade_min = std::floor(std::log10(std::max(ns_min, 1.0)));
  panel.decade_max = std::max(std::ceil(std::log10(std::max(ns_max, 1.0))), panel.decade_min + 1);
}

void draw_frame(const Panel& panel, std::string& to) {
  for (double decade = panel.decade_min; decade <= panel.decade_max; ++decade) {
    const double y = panel.y(std::pow(10.0, decade));
    append_formatted(to, "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
                     panel.left, panel.right, y, y);
    append_formatted(to, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                     panel.left - 8, y + 4, duration_text(std::pow(10.0, decade)).c_str());
  }
}

void draw_tick(const Panel& panel, double x, const std::string& label, std::string& to) {
  append_formatted(to, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>\n",
                   x, x, panel.top, panel.bottom);
  append_formatted(to, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>\n", x,
                   panel.bottom + 18, label.c_str());
}

void draw_legend(const Panel& panel, std::size_t place, const std::string& name, std::string& to) {
  const double y = panel.top + 16 + 18 * static_cast<double>(place);
  append_formatted(to,
                   "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                   "stroke-width=\"3\"/>\n",
                   panel.left + 12, panel.left + 34, y - 4, y - 4, colours[place]);
  append_formatted(to, "<text x=\"%.0f\" y=\"%.1f\">%s</text>\n", panel.left + 40, y,
                   escaped(name).c_str());
}

void draw_line(const std::string& points, const char* colour, std::string& to) {
  to += "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"";
  to += colour;
  to += "\" points=\"" + points + "\"/>\n";
}

/// How many nines worth showing: up to the last whose rest is at least one sample.
int nines_of(const LatencyPlot& plot) {
  std::uint64_t most = 1;
  for (const LatencyCurve& curve : plot.curves) most = std::max(most, curve.histogram->count());
  return std::clamp(static_cast<int>(std::log10(static_cast<double>(most))), 1, 7);
}

void draw_percentiles(const LatencyPlot& plot, std::string& to) {
  Panel panel{.top = 84, .bottom = 384, .decade_min = 0, .decade_max = 1};
  double least = static_cast<double>(LatencyHistogram::longest_ns);
  double most = 1;
  for (const LatencyCurve& curve : plot.curves) {
    if (curve.histogram->count() == 0) continue;
    least = std::min(least, static_cast<double>(curve.histogram->percentile_ns(1)));
    most = std::max(most, static_cast<double>(curve.histogram->max_ns()));
  }
  fit(panel, least, most);
  draw_frame(panel, to);
  const int nines = nines_of(plot);
  for (int nine = 0; nine <= nines; ++nine) {
    char label[32];
    std::snprintf(label, sizeof label, "%.*f %%", std::max(nine - 2, 0),
                  100.0 - 100.0 * std::pow(10.0, -nine));
    draw_tick(panel, panel.x(static_cast<double>(nine) / nines), nine == 0 ? "0 %" : label, to);
  }
  constexpr int steps_per_nine = 40;
  for (std::size_t i = 0; i < std::min(plot.curves.size(), colours.size()); ++i) {
    const LatencyCurve& curve = plot.curves[i];
    std::string points;
    for (int step = 0; step <= nines * steps_per_nine && curve.histogram->count() > 0; ++step) {
      const double rest = std::pow(10.0, -static_cast<double>(step) / steps_per_nine);
      const auto ns = static_cast<double>(curve.histogram->percentile_ns(100.0 * (1.0 - rest)));
      append_formatted(points, "%.1f,%.1f ",
                       panel.x(static_cast<double>(step) / (nines * steps_per_nine)), panel.y(ns));
    }
    draw_line(points, colours[i], to);
    draw_legend(panel, i, curve.name, to);
  }
}

void draw_times(const LatencyPlot& plot, std::string& to) {
  const std::vector<LatencyHistogram>& times = *plot.times;
  Panel panel{.top = 440, .bottom = 640, .decade_min = 0, .decade_max = 1};
  double least = static_cast<double>(LatencyHistogram::longest_ns);
  double most = 1;
  for (const LatencyHistogram& interval : times) {
    if (interval.count() == 0) continue;
    least = std::min(least, static_cast<double>(interval.percentile_ns(50)));
    most = std::max(most, static_cast<double>(interval.max_ns()));
  }
  fit(panel, least, most);
  draw_frame(panel, to);
  constexpr std::size_t labels = 10;
  for (std::size_t i = 0; i <= labels; ++i) {
    const double share = static_cast<double>(i) / labels;
    char label[32];
    std::snprintf(label, sizeof label, "%.3g s",
                  share * static_cast<double>(times.size()) * plot.interval_s);
    draw_tick(panel, panel.x(share), label, to);
  }
  static constexpr std::array<std::pair<const char*, double>, 3> lines{
      {{"median", 50.0}, {"99 %", 99.0}, {"maximum", 100.0}}};
  for (std::size_t line = 0; line < lines.size(); ++line) {
    std::string points;
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i].count() == 0) continue;
      const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(times.size());
      append_formatted(points, "%.1f,%.1f ", panel.x(share),
                       panel.y(static_cast<double>(times[i].percentile_ns(lines[line].second))));
    }
    draw_line(points, colours[line], to);
    draw_legend(panel, line, lines[line].first, to);
  }
}

}  // namespace

std::string svg(const LatencyPlot& plot) {
  std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"920\" height=\"680\" "
      "viewBox=\"0 0 920 680\">\n<style>text { font: 12px sans-serif; fill: #24292f } "
      ".grid { stroke: #d0d7de; stroke-width: 1 }</style>\n"
      "<rect width=\"920\" height=\"680\" fill=\"#ffffff\"/>\n";
  text += "<text x=\"80\" y=\"34\" style=\"font-size: 18px\">" + escaped(plot.title) + "</text>\n";
  text += "<text x=\"80\" y=\"58\">" + escaped(plot.subtitle) + "</text>\n";
  draw_percentiles(plot, text);
  draw_times(plot, text);
  return text + "</svg>\n";
}

}  // namespace karst::tool

#include "gateway/sim/cluster_svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace karst::tool {
namespace {

// Room around the plot. Unit: px
constexpr double margin_left = 58;
constexpr double margin_right = 12;
constexpr double margin_above = 12;
constexpr double margin_below = 26;

template <typename... T>
[[nodiscard]] std::string print(const char* format, T... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

/// The least of 1, 2, 2.5, 5 and 10 times a power of ten that is not below `value`.
[[nodiscard]] double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= value * 0.999'999) return factor * power;
  }
  return 10 * power;
}

/// The plane of a plot: columns and values to pixels.
struct Plane {
  const PlotFrame& frame;
  std::size_t columns;
  double top;
  double step;  // between two lines of the grid

  [[nodiscard]] double width() const { return frame.width - margin_left - margin_right; }
  [[nodiscard]] double x(double column) const {
    return margin_left + width() * column / static_cast<double>(std::max<std::size_t>(columns, 1));
  }
  [[nodiscard]] double y(double value) const {
    return margin_above + (frame.height - margin_above - margin_below) * (1 - value / top);
  }
};

[[nodiscard]] Plane plane_of(const PlotFrame& frame, std::size_t columns, double greatest) {
  const double top = std::max(greatest, frame.top) <= 0 ? 1 : std::max(greatest, frame.top);
  const double step = round_up(top / 4);
  return {frame, columns, std::ceil(top / step - 1e-9) * step, step};
}

[[nodiscard]] std::string begin(const PlotFrame& frame) {
  return print("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", frame.width,
               frame.height) +
         escaped(frame.title) + "\">";
}

[[nodiscard]] std::string hour_axis(const Plane& plane) {
  const double hours = static_cast<double>(plane.columns) * plane.frame.hours_per_column;
  const double room = plane.width() / 55;  // labels that fit
  double step = 1;
  for (const double it : {1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0, 336.0, 672.0}) {
    step = it;
    if (hours / it <= room) break;
  }
  std::string svg;
  const double y = plane.frame.height - margin_below + 16;
  for (double hour = 0; hour <= hours; hour += step) {
    const double x = plane.x(hour / plane.frame.hours_per_column);
    const bool is_day = step >= 24;
    svg += print("<text x=\"%.1f\" y=\"%.1f\" class=\"axis\" text-anchor=\"middle\">%s%.0f</text>",
                 x, y, is_day ? "day " : "", is_day ? hour / 24 : hour);
  }
  return svg;
}

[[nodiscard]] std::string value_axis(const Plane& plane) {
  std::string svg;
  for (double value = 0; value <= plane.top * 1.000'001; value += plane.step) {
    const double y = plane.y(value);
    svg += print("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>",
                 margin_left, plane.frame.width - margin_right, y, y);
    svg += print("<text x=\"%.1f\" y=\"%.1f\" class=\"axis\" text-anchor=\"end\">", margin_left - 6,
                 y + 4) +
           short_number(value) + (value == 0 ? "" : escaped(plane.frame.unit)) + "</text>";
  }
  return svg;
}

/// "hour 13" or "hours 13 to 24" of a column.
[[nodiscard]] std::string hours_of(const PlotFrame& frame, std::size_t column) {
  const std::size_t first = column * frame.hours_per_column + 1;
  if (frame.hours_per_column == 1) return "hour " + std::to_string(first);
  return "hours " + std::to_string(first) + " to " +
         std::to_string(first + frame.hours_per_column - 1);
}

[[nodiscard]] std::string poly(const Plane& plane, const std::vector<double>& values) {
  std::string points;
  bool is_open = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] <= 0) {
      is_open = false;
      continue;
    }
    points += print("%s%.1f %.1f", is_open ? " L" : " M", plane.x(static_cast<double>(i) + 0.5),
                    plane.y(values[i]));
    is_open = true;
  }
  return points;
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string short_number(double value) {
  if (value >= 1e6) return print("%.3g M", value / 1e6);
  if (value >= 1e4) return print("%.3g k", value / 1e3);
  return print("%.4g", value);
}

std::string legend(const std::vector<PlotSeries>& series) {
  std::string html = "<p class=\"legend\">";
  for (const PlotSeries& it : series) {
    html += "<span><i style=\"background:" + it.colour + "\"></i>" + escaped(it.name) + "</span>";
  }
  return html + "</p>";
}

std::string stacked_bars(const PlotFrame& frame, const std::vector<PlotSeries>& series,
                         const PlotSeries& line) {
  const std::size_t columns = series.empty() ? 0 : series.front().values.size();
  std::vector<double> sums(columns, 0);
  for (const PlotSeries& it : series) {
    for (std::size_t i = 0; i < columns; ++i) sums[i] += it.values[i];
  }
  double greatest = columns == 0 ? 0 : *std::max_element(sums.begin(), sums.end());
  for (const double value : line.values) greatest = std::max(greatest, value);
  const Plane plane = plane_of(frame, columns, greatest);
  std::string svg = begin(frame) + value_axis(plane) + hour_axis(plane);
  const double gap = plane.x(1) - plane.x(0) > 4 ? 1 : 0;
  std::vector<double> base(columns, 0);
  for (const PlotSeries& it : series) {
    svg += "<g fill=\"" + it.colour + "\">";
    for (std::size_t i = 0; i < columns; ++i) {
      if (it.values[i] <= 0) continue;
      const auto column = static_cast<double>(i);
      const double y = plane.y(base[i] + it.values[i]);
      svg += print("<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>",
                   plane.x(column) + gap / 2, y, plane.x(column + 1) - plane.x(column) - gap,
                   plane.y(base[i]) - y) +
             escaped(it.name) + ", " + hours_of(frame, i) + ": " + short_number(it.values[i]) +
             "</title></rect>";
      base[i] += it.values[i];
    }
    svg += "</g>";
  }
  if (!line.values.empty()) {
    svg += "<path d=\"" + poly(plane, line.values) + "\" class=\"line\" stroke=\"" + line.colour +
           "\" stroke-dasharray=\"5 4\"><title>" + escaped(line.name) + "</title></path>";
  }
  return svg + "</svg>";
}

std::string band_line(const PlotFrame& frame, const PlotSeries& line,
                      const std::vector<double>& low, const std::vector<double>& high,
                      double level) {
  double greatest = level;
  for (const double value : high) greatest = std::max(greatest, value);
  const Plane plane = plane_of(frame, line.values.size(), greatest);
  std::string svg = begin(frame) + value_axis(plane) + hour_axis(plane);
  svg += "<g fill=\"" + line.colour + "\" opacity=\"0.22\">";
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    if (line.values[i] <= 0) continue;
    const auto column = static_cast<double>(i);
    const double y = plane.y(high[i]);
    svg += print("<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>",
                 plane.x(column), y, plane.x(column + 1) - plane.x(column),
                 std::max(plane.y(low[i]) - y, 1.0)) +
           hours_of(frame, i) +
           print(": %.4g to %.4g, mean %.4g</title></rect>", low[i], high[i], line.values[i]);
  }
  svg += "</g>";
  svg += print("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" class=\"level\"/>",
               margin_left, frame.width - margin_right, plane.y(level), plane.y(level));
  svg += "<path d=\"" + poly(plane, line.values) + "\" class=\"line\" stroke=\"" + line.colour +
         "\"/>";
  return svg + "</svg>";
}

std::string heat_map(const PlotFrame& frame, const std::vector<PlotSeries>& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows.front().values.size();
  const Plane plane = plane_of(frame, columns, 1);
  const double room = frame.height - margin_above - margin_below;
  const double height = room / static_cast<double>(std::max<std::size_t>(rows.size(), 1));
  std::string svg = begin(frame) + hour_axis(plane);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const double y = margin_above + height * static_cast<double>(row);
    svg += print("<text x=\"%.1f\" y=\"%.1f\" class=\"axis\" text-anchor=\"end\">", margin_left - 6,
                 y + height / 2 + 4) +
           escaped(rows[row].name) + "</text>";
    for (std::size_t i = 0; i < columns; ++i) {
      const double value = std::clamp(rows[row].values[i], 0.0, 1.0);
      const auto column = static_cast<double>(i);
      svg += print("<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                   "fill=\"%s\" fill-opacity=\"%.3f\"><title>",
                   plane.x(column), y + 1, plane.x(column + 1) - plane.x(column) + 0.3,
                   height - 2, rows[row].colour.c_str(), 0.06 + 0.94 * value) +
             escaped(rows[row].name) + ", " + hours_of(frame, i) +
             print(": %.1f %%</title></rect>", 100 * rows[row].values[i]);
    }
  }
  return svg + "</svg>";
}

std::string log_bars(const PlotFrame& frame, const PlotSeries& bars,
                     const std::vector<std::string>& names) {
  const double greatest = *std::max_element(bars.values.begin(), bars.values.end());
  const double decades = std::max(std::ceil(std::log10(std::max(greatest, 10.0))), 1.0);
  const double width = frame.width - margin_left - margin_right - 70;
  const double height =
      (frame.height - margin_above - margin_below) / static_cast<double>(names.size());
  std::string svg = begin(frame);
  for (double decade = 0; decade <= decades; ++decade) {
    const double x = margin_left + width * decade / decades;
    svg += print("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>", x, x,
                 margin_above, frame.height - margin_below);
    svg += print("<text x=\"%.1f\" y=\"%.1f\" class=\"axis\" text-anchor=\"middle\">", x,
                 frame.height - margin_below + 16) +
           short_number(std::pow(10, decade)) + escaped(frame.unit) + "</text>";
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double y = margin_above + height * static_cast<double>(i);
    const double length = width * std::log10(std::max(bars.values[i], 1.0)) / decades;
    svg += print("<text x=\"%.1f\" y=\"%.1f\" class=\"axis\" text-anchor=\"end\">", margin_left - 6,
                 y + height / 2 + 4) +
           escaped(names[i]) + "</text>";
    svg += print(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\" "
        "fill=\"%s\"/>",
        margin_left, y + 4, length, height - 8, bars.colour.c_str());
    svg += print("<text x=\"%.1f\" y=\"%.1f\" class=\"value\">", margin_left + length + 6,
                 y + height / 2 + 4) +
           short_number(bars.values[i]) + escaped(frame.unit) + "</text>";
  }
  return svg + "</svg>";
}

}  // namespace karst::tool
